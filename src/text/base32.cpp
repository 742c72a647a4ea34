#include "text/base32.h"
#include <array>
#include <cstdint>
#include <string>

namespace sr::base32 {
namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

constexpr auto values = [] {
  std::array<std::int8_t, 256> all{};
  all.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[i];
    all[static_cast<unsigned char>(c)] = static_cast<std::int8_t>(i);
    if (c >= 'A') all[static_cast<unsigned char>(c - 'A' + 'a')] = static_cast<std::int8_t>(i);
  }
  return all;
}();

std::unexpected<Error> refusal(std::size_t at) { return fail(Code::invalid, "illegal base32 data at input byte " + std::to_string(at)); }

// Digits come in groups of eight, which are five bytes; a last group has as many as its bytes need.
constexpr bool is_whole(std::size_t digits_of_group) { return digits_of_group != 1 && digits_of_group != 3 && digits_of_group != 6; }
constexpr std::size_t groups(std::size_t count) { return (count + 7) / 8; }

}  // namespace

void encode(Buffer& out, std::string_view bytes) {
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 5; held -= 5) out += digits[bits >> (held - 5) & 31];
  }
  if (held > 0) out += digits[bits << (5 - held) & 31];
}

Result<void> decode(Buffer& out, std::string_view text) {
  const std::size_t size = text.find_last_not_of('=') + 1;  // 0 when there is nothing else
  if (groups(text.size()) != groups(size)) return refusal(size);
  out.reserve(out.size() + size * 5 / 8);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const int value = values[static_cast<unsigned char>(text[i])];
    if (value < 0) return refusal(i);
    bits = bits << 5 | static_cast<std::uint32_t>(value);
    held += 5;
    if (held >= 8) out += static_cast<char>(bits >> (held -= 8));
  }
  if (!is_whole(size % 8)) return refusal(size);
  return {};
}

}  // namespace sr::base32
