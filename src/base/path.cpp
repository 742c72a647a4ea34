#include "base/path.h"
#include "base/limits.h"
#include "base/utf8.h"

namespace sr {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::string> percent_decode(std::string_view encoded) {
  if (!encoded.contains('%')) return std::string(encoded);
  std::string decoded;
  decoded.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      decoded += encoded[i];
      continue;
    }
    const int high = i + 2 < encoded.size() ? hex_digit(encoded[i + 1]) : -1;
    const int low = i + 2 < encoded.size() ? hex_digit(encoded[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(Code::invalid, "invalid URL escape in path");
    decoded += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return decoded;
}

Result<ApiPath> ApiPath::parse(std::string_view encoded, NamespaceId space) {
  if (encoded.size() > limits::path_bytes) return fail(Code::invalid, "path is too long");
  return from_decoded(TRY(percent_decode(encoded)), std::move(space));
}

Result<ApiPath> ApiPath::from_decoded(std::string decoded, NamespaceId space) {
  if (decoded.size() > limits::path_bytes) return fail(Code::invalid, "path is too long");
  if (!utf8::is_printable(decoded)) return fail(Code::invalid, "path contains non-printable characters");
  for (std::size_t start = 0; start < decoded.size();) {
    const auto end = std::min(decoded.find('/', start), decoded.size());
    const auto segment = std::string_view(decoded).substr(start, end - start);
    if (segment == "..") return fail(Code::invalid, "path cannot contain parent references");
    if (segment == "." || segment.empty()) return fail(Code::invalid, "path cannot contain empty or \".\" segments");
    start = end + 1;
  }
  return ApiPath(std::move(decoded), std::move(space));
}

}  // namespace sr
