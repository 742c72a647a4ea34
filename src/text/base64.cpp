#include "text/base64.h"
#include <array>
#include "text/base64_wide.h"

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

enum class Leniency : std::uint8_t { none, as_go };

// Go names the byte: the one that is wrong, or where the group begins that ends too soon.
std::unexpected<Error> refusal(std::size_t at) { return fail(Code::invalid, "illegal base64 data at input byte " + std::to_string(at)); }

class Decoder {
 public:
  Decoder(std::string_view text, Form form, Leniency leniency)
      : text_(text), values_(is_url(form) ? url_values : standard_values), url_(is_url(form)), padded_(is_padded(form)), leniency_(leniency) {}

  // Writes from `to` on, where there is room for a group more than the text can hold; says how much.
  Result<std::size_t> run(char* to) {
    char* const start = to;
    while (!ended_) {
      const std::size_t taken = wide::decode(to, text_.size() / 4 * 3 + 3 - static_cast<std::size_t>(to - start), text_.substr(at_), url_);
      at_ += taken, to += taken / 4 * 3;
      whole_groups(to);
      TRY(one_group(to));
    }
    return static_cast<std::size_t>(to - start);
  }

 private:
  int value(std::size_t at) const { return values_[static_cast<unsigned char>(text_[at])]; }

  void whole_groups(char*& to) {
    for (; text_.size() - at_ >= 4; at_ += 4) {
      const int a = value(at_), b = value(at_ + 1), c = value(at_ + 2), d = value(at_ + 3);
      if ((a | b | c | d) < 0) return;
      write(to, static_cast<std::uint32_t>(a << 18 | b << 12 | c << 6 | d), 3);
    }
  }

  // A group that has line breaks, padding or the end in it.
  Result<void> one_group(char*& to) {
    std::uint32_t bits = 0;
    unsigned digits = 0;
    while (digits < 4) {
      skip_breaks();
      if (at_ == text_.size()) return end(to, bits, digits);
      const int digit = value(at_);
      if (digit < 0) return pad(to, bits, digits);
      bits = bits << 6 | static_cast<std::uint32_t>(digit);
      ++digits, ++at_;
    }
    write(to, bits, 3);
    return {};
  }
  Result<void> end(char*& to, std::uint32_t bits, unsigned digits) {
    ended_ = true;
    if (digits == 0) return {};
    if (digits == 1 || padded_) return refusal(at_ - digits);
    return last(to, bits, digits);
  }
  Result<void> pad(char*& to, std::uint32_t bits, unsigned digits) {
    if (text_[at_] != '=' || !padded_ || digits < 2) return refusal(at_);
    ++at_;
    if (digits == 2) {
      skip_breaks();
      if (at_ == text_.size() || text_[at_] != '=') return refusal(at_ == text_.size() ? at_ : at_ - 1);
      ++at_;
    }
    skip_breaks();
    if (at_ < text_.size()) return refusal(at_);
    ended_ = true;
    return last(to, bits, digits);
  }
  Result<void> last(char*& to, std::uint32_t bits, unsigned digits) {
    if (leniency_ == Leniency::none && (bits & (digits == 2 ? 0xF : 0x3)) != 0) return refusal(at_);
    write(to, bits << 6 * (4 - digits), digits - 1);
    return {};
  }
  void skip_breaks() {
    while (leniency_ == Leniency::as_go && at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  static void write(char*& to, std::uint32_t bits, unsigned count) {
    for (unsigned i = 0; i < count; ++i) *to++ = static_cast<char>(bits >> (16 - 8 * i));
  }

  const std::string_view text_;
  const std::array<std::int8_t, 256>& values_;
  const bool url_, padded_;
  const Leniency leniency_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

Result<void> decode_as(Buffer& out, std::string_view text, Form form, Leniency leniency) {
  const std::size_t before = out.size();
  char* to = out.extend(text.size() / 4 * 3 + 3);
  const auto written = Decoder(text, form, leniency).run(to);
  out.truncate(before + written.value_or(0));
  if (!written) return std::unexpected(written.error());
  return {};
}

}  // namespace

void encode(Buffer& out, std::string_view bytes, Form form) {
  const std::string_view digits = is_url(form) ? url_digits : standard_digits;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  const std::size_t whole = bytes.size() / 3 * 3, rest = bytes.size() - whole;
  char* at = out.extend(bytes.size() / 3 * 4 + (rest == 0 ? 0 : is_padded(form) ? 4 : rest + 1));
  const std::size_t taken = wide::encode(at, bytes, is_url(form));
  at += taken / 3 * 4;
  for (std::size_t i = taken; i < whole; i += 3) {
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
