#include "text/json_string.h"
#include <bit>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#include "base/utf8.h"

namespace sr::json {
namespace {

constexpr std::uint64_t every_byte(unsigned char byte) { return 0x0101010101010101u * byte; }

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits behind `\u`, or -1.
int code_unit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void append_rune(Buffer& out, char32_t rune) {
  char bytes[4];
  const std::size_t size = utf8::encode(rune, bytes);
  out.append({bytes, size});
}

char unescaped(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;  // quote, backslash, slash
  }
}

// Decodes the escape at the front and returns its length.
std::size_t decode_escape(Buffer& out, std::string_view raw) {
  if (raw[1] != 'u') {
    out += unescaped(raw[1]);
    return 2;
  }
  const int unit = code_unit(raw);
  if (unit >= 0xD800 && unit < 0xDC00) {
    const int low = code_unit(raw.substr(6));
    if (low >= 0xDC00 && low < 0xE000) {
      append_rune(out, 0x10000 + (static_cast<char32_t>(unit - 0xD800) << 10) + static_cast<char32_t>(low - 0xDC00));
      return 12;
    }
  }
  append_rune(out, static_cast<char32_t>(unit));  // a lone surrogate is written as U+FFFD
  return 6;
}

struct Run {
  std::size_t size;
  bool ended;  // by a byte that is not plain; otherwise by a rest that is too short
};

// Printable ASCII other than `special`, sixteen bytes at a step.
template <char... special> Run wide_run(std::string_view text) {
  const char* at = text.data();
  [[maybe_unused]] const char* const end = at + text.size();
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i hits = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));  // as a signed number every byte beyond ASCII is below the space
    ((hits = _mm_or_si128(hits, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(special)))), ...);
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hits));
    if (mask != 0) return {static_cast<std::size_t>(at - text.data()) + static_cast<std::size_t>(std::countr_zero(mask)), true};
  }
#endif
  return {static_cast<std::size_t>(at - text.data()), false};
}

}  // namespace

std::size_t html_plain_run(std::string_view text) { return wide_run<'"', '\\', '<', '>', '&'>(text).size; }

std::size_t plain_run(std::string_view text) {
  const Run wide = wide_run<'"', '\\'>(text);
  if (wide.ended) return wide.size;
  std::size_t at = wide.size;
  if constexpr (std::endian::native == std::endian::little) {
    // Eight bytes a step. Each term sets the top bit of the bytes it looks for; a borrow can only set bits above a true
    // hit, so the lowest one is right.
    for (; text.size() - at >= 8; at += 8) {
      std::uint64_t eight;
      std::memcpy(&eight, text.data() + at, 8);
      const std::uint64_t quote = eight ^ every_byte('"'), backslash = eight ^ every_byte('\\');
      const std::uint64_t hits = (eight | ((eight - every_byte(0x20)) & ~eight) | ((quote - every_byte(1)) & ~quote) |
                                  ((backslash - every_byte(1)) & ~backslash)) & every_byte(0x80);
      if (hits != 0) return at + static_cast<std::size_t>(std::countr_zero(hits)) / 8;
    }
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

RawString scan_string(std::string_view text) {
  RawString string;
  std::size_t& at = string.size;
  bool ascii = true;
  for (;;) {
    at += plain_run(text.substr(at));
    if (at == text.size()) return string.problem = RawString::Problem::unterminated, string;
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '"') break;
    if (byte >= 0x80) {
      ascii = false;
      while (at < text.size() && static_cast<unsigned char>(text[at]) >= 0x80) ++at;
      continue;
    }
    if (byte != '\\') return string.problem = RawString::Problem::control_character, string;
    string.plain = false;
    if (at + 1 == text.size()) return string.problem = RawString::Problem::unterminated, string;
    if (text[at + 1] == 'u' ? code_unit(text.substr(at)) < 0 : std::string_view("\"\\/bfnrt").find(text[at + 1]) == std::string_view::npos)
      return string.problem = RawString::Problem::bad_escape, string;
    at += text[at + 1] == 'u' ? 6 : 2;
  }
  if (!ascii && string.plain) string.plain = utf8::is_valid(text.substr(0, at));
  return string;
}

void decode_string(Buffer& out, std::string_view raw) {
  out.reserve(out.size() + raw.size());
  while (!raw.empty()) {
    std::size_t taken = plain_run(raw);
    out.append(raw.substr(0, taken));
    raw.remove_prefix(taken);
    if (raw.empty()) return;
    if (raw[0] == '\\') {
      taken = decode_escape(out, raw);
    } else {
      const utf8::Rune rune = utf8::decode(raw);
      append_rune(out, rune.value);
      taken = rune.size;
    }
    raw.remove_prefix(taken);
  }
}

}  // namespace sr::json
