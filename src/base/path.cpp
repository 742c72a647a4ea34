#include "base/path.h"
#include "base/limits.h"

namespace sr {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The length of the UTF-8 sequence at the start of `text`, 0 when there is none. Overlong forms, surrogates and what
// lies beyond U+10FFFF are none.
std::size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xc2 && byte(0) <= 0xdf) return follows(1) ? 2 : 0;
  if ((byte(0) & 0xf0) == 0xe0) {
    if (!follows(1) || !follows(2)) return 0;
    if ((byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) >= 0xa0)) return 0;
    return 3;
  }
  if (byte(0) >= 0xf0 && byte(0) <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if ((byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) >= 0x90)) return 0;
    return 4;
  }
  return 0;
}

// Control characters, in ASCII and in the C1 block (U+0080 to U+009F).
bool is_control(std::string_view sequence) {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (first < 0x20 || first == 0x7f) return true;
  return first == 0xc2 && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

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
  std::string_view rest = decoded;
  while (!rest.empty()) {
    const auto length = utf8_sequence(rest);
    if (length == 0 || is_control(rest.substr(0, length))) return fail(Code::invalid, "path contains non-printable characters");
    rest.remove_prefix(length);
  }
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
