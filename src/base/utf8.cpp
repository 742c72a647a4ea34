#include "base/utf8.h"
#include <cstdint>
#include <cstring>

namespace sr::utf8 {

Rune decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  std::size_t size = 0;
  char32_t value = 0, least = 0;
  if (first >= 0xC2 && first < 0xE0) size = 2, value = first & 0x1F, least = 0x80;
  else if (first >= 0xE0 && first < 0xF0) size = 3, value = first & 0x0F, least = 0x800;
  else if (first >= 0xF0 && first < 0xF5) size = 4, value = first & 0x07, least = 0x10000;
  else return {};
  if (text.size() < size) return {};
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3F);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
  return {value, size, true};
}

bool is_valid(std::string_view text) {
  while (!text.empty()) {
    std::uint64_t eight;
    if (text.size() >= sizeof eight && (std::memcpy(&eight, text.data(), sizeof eight), (eight & 0x8080808080808080u) == 0)) {
      text.remove_prefix(sizeof eight);
      continue;
    }
    const Rune rune = decode(text);
    if (!rune.valid) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

std::size_t encode(char32_t rune, char* out) {
  if (rune > 0x10FFFF || (rune >= 0xD800 && rune < 0xE000)) rune = 0xFFFD;
  const auto tail = [&](unsigned shift) { return static_cast<char>(0x80 | (rune >> shift & 0x3F)); };
  if (rune < 0x80) return out[0] = static_cast<char>(rune), 1;
  if (rune < 0x800) return out[0] = static_cast<char>(0xC0 | rune >> 6), out[1] = tail(0), 2;
  if (rune < 0x10000) return out[0] = static_cast<char>(0xE0 | rune >> 12), out[1] = tail(6), out[2] = tail(0), 3;
  return out[0] = static_cast<char>(0xF0 | rune >> 18), out[1] = tail(12), out[2] = tail(6), out[3] = tail(0), 4;
}

}  // namespace sr::utf8
