#include "text/yaml_scalar.h"
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include "base/utf8.h"

namespace sr::yaml {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// YAML 1.1 reads all of these as booleans, nulls, numbers or a merge.
constexpr std::string_view words[] = {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n", "N", "no", "No", "NO", "false", "False",
                                      "FALSE", "off", "Off", "OFF", "", "~", "null", "Null", "NULL", ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF",
                                      "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", "<<"};

// Takes 1 to `most` digits from the front.
std::optional<int> take_number(std::string_view& text, std::size_t most) {
  std::size_t size = 0;
  while (size < std::min(most, text.size()) && is_digit(text[size])) ++size;
  int value = 0;
  if (size == 0) return std::nullopt;
  std::from_chars(text.data(), text.data() + size, value);
  text.remove_prefix(size);
  return value;
}
bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}
bool take_up_to(std::string_view& text, int most) {
  const auto value = take_number(text, 2);
  return value && *value <= most;
}
bool is_zone(std::string_view text) {
  if (text == "Z") return true;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return false;
  text.remove_prefix(1);
  return take_up_to(text, 24) && take(text, ':') && take_up_to(text, 60);
}
// "2006-1-2", alone, with a time behind a space, or as RFC 3339.
bool is_timestamp(std::string_view text) {
  if (text.size() < 5 || !std::ranges::all_of(text.substr(0, 4), is_digit) || text[4] != '-') return false;
  const int year = *take_number(text, 4);
  text.remove_prefix(1);
  const auto month = take_number(text, 2);
  if (!month || !take(text, '-')) return false;
  const auto day = take_number(text, 2);
  if (!day) return false;
  using namespace std::chrono;
  if (!year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(*month)), std::chrono::day(static_cast<unsigned>(*day))).ok()) return false;
  if (text.empty()) return true;
  const char separator = text[0];
  if (separator != 'T' && separator != 't' && separator != ' ') return false;
  text.remove_prefix(1);
  if (!take_up_to(text, 23) || !take(text, ':') || !take_up_to(text, 59) || !take(text, ':') || !take_up_to(text, 59)) return false;
  if (text.size() >= 2 && (text[0] == '.' || text[0] == ',') && is_digit(text[1])) {
    text.remove_prefix(1);
    while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
  }
  return separator == ' ' ? text.empty() : is_zone(text);
}

// strconv.ParseInt or ParseUint with base 0.
bool is_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.size() > 2 && text[0] == '0') {
    const char letter = static_cast<char>(text[1] | 0x20);
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    if (base != 10) text.remove_prefix(2);
  }
  if (base == 10 && text.size() > 1 && text[0] == '0') base = 8;
  std::uint64_t value;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return problem == std::errc() && end == text.data() + text.size() && (!negative || value <= std::uint64_t{1} << 63);
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, and not beyond a double.
bool is_float(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  double value;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || problem == std::errc::invalid_argument || (!is_digit(text[0]) && text[0] != '.')) return false;
  return problem == std::errc() || text.contains("e-") || text.contains("E-");
}

// [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?
bool is_base60(std::string_view text) {
  const auto skip = [&](auto is) { while (!text.empty() && is(text[0])) text.remove_prefix(1); };
  const auto digit_or_line = [](char c) { return is_digit(c) || c == '_'; };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text[0])) return false;
  skip(digit_or_line);
  if (!text.starts_with(':')) return false;
  while (take(text, ':'))
    if (!take_up_to(text, 59)) return false;
  if (take(text, '.')) skip(digit_or_line);
  return text.empty();
}

bool reads_as_something_else(std::string_view text) {
  if (std::ranges::find(words, text) != std::end(words)) return true;
  const char first = text[0];
  if (first == '.') return is_float(text);
  if (!is_digit(first) && first != '-' && first != '+') return false;
  if (is_timestamp(text) || is_base60(text)) return true;
  std::string plain(text);
  std::erase(plain, '_');
  return is_integer(plain) || is_float(plain);
}

// What libyaml's emitter finds out about a text before it chooses a style.
struct Analysis {
  bool plain = true, single_quoted = true, literal = true, multiline = false;
};
Analysis analyze(std::string_view text) {
  bool indicators = text.starts_with("---") || text.starts_with("..."), special = false;
  bool break_space = false, space_break = false;
  const auto is_blank = [&](std::size_t at) { return at >= text.size() || text[at] == ' ' || text[at] == '\t'; };
  bool after_blank = true, after_space = false, after_break = false;
  Analysis analysis;
  for (std::size_t at = 0, size; at < text.size(); at += size) {
    const std::string_view rest = text.substr(at);
    size = utf8::decode(rest).size;
    const bool before_blank = is_blank(at + size);
    if (at == 0) {
      if (std::string_view("#,[]{}&*!|>'\"%@`").contains(rest[0])) indicators = true;
      if ((rest[0] == '?' || rest[0] == ':' || rest[0] == '-') && before_blank) indicators = true;
    } else if ((rest[0] == ':' && before_blank) || (rest[0] == '#' && after_blank)) {
      indicators = true;
    }
    if (!is_printable(rest)) special = true;
    const bool space = rest[0] == ' ', line_break = break_size(rest) > 0;
    break_space |= space && after_break;
    space_break |= line_break && after_space;
    analysis.multiline |= line_break;
    const bool at_edge = at == 0 || at + size == text.size();
    if ((space || line_break) && at_edge) analysis.plain = false;
    if (space && at + size == text.size()) analysis.literal = false;
    after_space = space, after_break = line_break;
    after_blank = is_blank(at) || line_break;
  }
  if (break_space) analysis.plain = analysis.single_quoted = false;
  if (space_break || special) analysis.plain = analysis.single_quoted = analysis.literal = false;
  if (indicators || analysis.multiline) analysis.plain = false;
  return analysis;
}

}  // namespace

std::size_t break_size(std::string_view text) {
  if (text[0] == '\n' || text[0] == '\r') return 1;
  if (text.starts_with("\u0085")) return 2;
  return text.starts_with("\u2028") || text.starts_with("\u2029") ? 3 : 0;
}

bool is_printable(std::string_view text) {
  const char32_t c = utf8::decode(text).value;
  if (c < 0x80) return c == '\n' || (c >= 0x20 && c <= 0x7E);
  return c >= 0xA0 && c <= 0xFFFD && c != 0xFEFF;
}

Style style_of(std::string_view text, Place place) {
  const Analysis analysis = analyze(text);
  // Within single quotes and literals the line breaks of Unicode would be read as others; go-yaml loses them.
  const bool odd_breaks = text.contains("\u2028") || text.contains("\u2029");
  if (odd_breaks || (place == Place::key && analysis.multiline)) return Style::double_quoted;
  if (text.contains('\n')) return analysis.literal ? Style::literal : Style::double_quoted;
  if (reads_as_something_else(text)) return Style::double_quoted;
  return analysis.plain ? Style::plain : analysis.single_quoted ? Style::single_quoted : Style::double_quoted;
}

std::string number(std::string_view json) {
  std::uint64_t whole;
  const std::string_view digits = json.substr(json.starts_with('-') ? 1 : 0);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
  if (problem == std::errc() && end == digits.data() + digits.size() && (digits.size() == json.size() || whole <= std::uint64_t{1} << 63))
    return std::string(whole == 0 ? digits : json);
  double value = 0;
  if (std::from_chars(json.data(), json.data() + json.size(), value).ec == std::errc::result_out_of_range) {
    if (!json.contains("e-") && !json.contains("E-") && !digits.starts_with("0.")) return std::string(json);
    value = json.size() > digits.size() ? -0.0 : 0.0;
  }
  // strconv.FormatFloat with 'g': an exponent below 1e-4 and from 1e6 on.
  char text[32];
  const auto scientific = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  const std::string_view printed(text, static_cast<std::size_t>(scientific.ptr - text));
  int exponent = 0;
  const std::string_view power = printed.substr(printed.find('e') + 1);
  std::from_chars(power.data() + (power.starts_with('+') ? 1 : 0), power.data() + power.size(), exponent);
  if (exponent < -4 || exponent >= 6) return std::string(printed);
  const auto fixed = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return {text, fixed.ptr};
}

bool comes_before(std::string_view a, std::string_view b) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; };
  const std::size_t at = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
  if (at == a.size() || at == b.size()) return a.size() < b.size();
  const bool a_letter = is_letter(a[at]), b_letter = is_letter(b[at]);
  const bool smaller = static_cast<unsigned char>(a[at]) < static_cast<unsigned char>(b[at]);
  if (a_letter && b_letter) return smaller;
  if (a_letter || b_letter) return b_letter;
  // Both numbers begin at their first difference; a digit before it, if not 0, keeps zeros from being leading ones.
  std::uint64_t a_number = 0, b_number = 0;
  if (a[at] == '0' || b[at] == '0')
    for (std::size_t i = at; i > 0 && is_digit(a[i - 1]); --i)
      if (a[i - 1] != '0') a_number = b_number = 1;
  std::size_t a_end = at, b_end = at;
  for (; a_end < a.size() && is_digit(a[a_end]); ++a_end) a_number = a_number * 10 + static_cast<std::uint64_t>(a[a_end] - '0');
  for (; b_end < b.size() && is_digit(b[b_end]); ++b_end) b_number = b_number * 10 + static_cast<std::uint64_t>(b[b_end] - '0');
  if (a_number != b_number) return static_cast<std::int64_t>(a_number) < static_cast<std::int64_t>(b_number);
  return a_end != b_end ? a_end < b_end : smaller;
}

}  // namespace sr::yaml
