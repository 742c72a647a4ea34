#include "text/hex.h"

namespace sr::hex {
namespace {

constexpr char digits[] = "0123456789abcdef";

int value_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void encode(Buffer& out, std::string_view bytes) {
  char* at = out.extend(bytes.size() * 2);
  for (const char c : bytes) *at++ = digits[static_cast<unsigned char>(c) >> 4], *at++ = digits[static_cast<unsigned char>(c) & 15];
}
std::string encode(std::string_view bytes) {
  Buffer out;
  encode(out, bytes);
  return std::string(out.view());
}
std::string encode_with_colons(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (!out.empty()) out += ':';
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

Result<void> decode(Buffer& out, std::string_view text) {
  if (text.size() % 2 != 0) return fail(Code::invalid, "hexadecimal text of odd length");
  out.reserve(out.size() + text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = value_of(text[i]), low = value_of(text[i + 1]);
    if (high < 0 || low < 0) return fail(Code::invalid, "not a hexadecimal digit");
    out += static_cast<char>(high << 4 | low);
  }
  return {};
}
Result<std::string> decode(std::string_view text) {
  Buffer out;
  TRY(decode(out, text));
  return std::string(out.view());
}

}  // namespace sr::hex
