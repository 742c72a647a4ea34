#include "text/base64.h"
#include <array>

namespace sr::base64 {
namespace {

constexpr std::string_view standard_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr auto values_of(std::string_view digits) {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i) values[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr auto standard_values = values_of(standard_digits);
constexpr auto url_values = values_of(url_digits);

bool is_url(Form form) { return form == Form::url || form == Form::url_raw; }
bool is_padded(Form form) { return form == Form::standard || form == Form::url; }

std::unexpected<Error> refusal() { return fail(Code::invalid, "illegal base64 data"); }

enum class Leniency : std::uint8_t { none, as_go };

Result<void> decode_as(Buffer& out, std::string_view text, Form form, Leniency leniency) {
  const auto& values = is_url(form) ? url_values : standard_values;
  out.reserve(out.size() + text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  unsigned digits = 0, padding = 0;  // of the group of four under way
  bool ended = false;
  for (const char c : text) {
    if (leniency == Leniency::as_go && (c == '\n' || c == '\r')) continue;
    if (ended) return refusal();
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) {
      if (c != '=' || !is_padded(form) || digits < 2) return refusal();
      ++padding;
      ended = digits + padding == 4;
      continue;
    }
    if (padding > 0) return refusal();
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    if (++digits == 4) {
      out += static_cast<char>(bits >> 16);
      out += static_cast<char>(bits >> 8);
      out += static_cast<char>(bits);
      digits = 0, bits = 0;
    }
  }
  if (digits == 0) return {};
  if (digits == 1 || (is_padded(form) && !ended)) return refusal();
  const std::uint32_t unused = digits == 2 ? bits & 0xF : bits & 0x3;
  if (leniency == Leniency::none && unused != 0) return refusal();
  bits <<= 6 * (4 - digits);
  out += static_cast<char>(bits >> 16);
  if (digits == 3) out += static_cast<char>(bits >> 8);
  return {};
}

}  // namespace

void encode(Buffer& out, std::string_view bytes, Form form) {
  const std::string_view digits = is_url(form) ? url_digits : standard_digits;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  const std::size_t whole = bytes.size() / 3 * 3, rest = bytes.size() - whole;
  char* at = out.extend(bytes.size() / 3 * 4 + (rest == 0 ? 0 : is_padded(form) ? 4 : rest + 1));
  for (std::size_t i = 0; i < whole; i += 3) {
    const std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *at++ = digits[bits >> 18], *at++ = digits[bits >> 12 & 63], *at++ = digits[bits >> 6 & 63], *at++ = digits[bits & 63];
  }
  if (rest == 0) return;
  const std::uint32_t bits = byte(whole) << 16 | (rest == 2 ? byte(whole + 1) << 8 : 0);
  *at++ = digits[bits >> 18], *at++ = digits[bits >> 12 & 63];
  if (rest == 2) *at++ = digits[bits >> 6 & 63];
  if (!is_padded(form)) return;
  if (rest == 1) *at++ = '=';
  *at = '=';
}

std::string encode(std::string_view bytes, Form form) {
  Buffer out;
  encode(out, bytes, form);
  return std::string(out.view());
}

Result<void> decode(Buffer& out, std::string_view text, Form form) { return decode_as(out, text, form, Leniency::none); }
Result<std::string> decode(std::string_view text, Form form) {
  Buffer out;
  TRY(decode(out, text, form));
  return std::string(out.view());
}
Result<void> decode_as_go(Buffer& out, std::string_view text, Form form) { return decode_as(out, text, form, Leniency::as_go); }
Result<std::string> decode_as_go(std::string_view text, Form form) {
  Buffer out;
  TRY(decode_as_go(out, text, form));
  return std::string(out.view());
}

}  // namespace sr::base64
