#include "text/hcl_lexer.h"
#include <algorithm>
#include <optional>
#include "text/hcl.h"
#include "base/utf8.h"

namespace sr::hcl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
// All of non-ASCII counts as letters: only keys can hold them, and none of it has a meaning of its own.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t run(std::string_view text, std::size_t from, bool (*is)(char)) {
  while (from < text.size() && is(text[from])) ++from;
  return from;
}

}  // namespace

std::unexpected<Error> fail_at(int line, std::string message) {
  return fail(Code::invalid, "line " + std::to_string(line) + ": " + std::move(message));
}

Result<std::string> normalized(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  int line = 1;
  while (!text.empty()) {
    if (text[0] == '\0') return fail_at(line, "unexpected null character");
    const auto rune = utf8::decode(text);
    if (!rune.valid) return fail_at(line, "not valid UTF-8");
    if (text[0] == '\n') {
      while (kept.ends_with('\r')) kept.pop_back();  // all of them: what is normalized stays as it is
      ++line;
    }
    kept += text.substr(0, rune.size);
    text.remove_prefix(rune.size);
  }
  return kept;
}

std::unexpected<Error> Lexer::error(std::string_view problem, std::size_t offset) const {
  return fail_at(line_ + static_cast<int>(std::ranges::count(source_.substr(at_, offset), '\n')), std::string(problem));
}

Result<Token> Lexer::next() {
  while (at_ < source_.size() && is_space(source_[at_])) line_ += source_[at_++] == '\n';
  Token token{.line = line_, .at = at_};
  if (at_ == source_.size()) return token;
  const std::size_t size = TRY(size_of_token(token.kind));
  token.text = source_.substr(at_, size);
  if (token.text == "true" || token.text == "false") token.kind = Kind::boolean;
  line_ += static_cast<int>(std::ranges::count(token.text, '\n'));
  at_ += size;
  return token;
}

Result<std::size_t> Lexer::size_of_token(Kind& kind) const {
  const char c = source_[at_];
  const char second = at_ + 1 < source_.size() ? source_[at_ + 1] : '\0';
  const auto one = [&](Kind of) { return kind = of, std::size_t{1}; };
  if (is_letter(c)) {
    kind = Kind::identifier;
    return run(source_, at_, [](char l) { return is_letter(l) || is_digit(l) || l == '-' || l == '.'; }) - at_;
  }
  if (is_digit(c) || ((c == '-' || c == '.') && is_digit(second))) return kind = Kind::number, size_of_number();
  switch (c) {
    case '"': return kind = Kind::string, size_of_string();
    case '<': return kind = Kind::heredoc, size_of_heredoc();
    case '#':
    case '/': return kind = Kind::comment, size_of_comment();
    case '{': return one(Kind::open_brace);
    case '}': return one(Kind::close_brace);
    case '[': return one(Kind::open_bracket);
    case ']': return one(Kind::close_bracket);
    case ',': return one(Kind::comma);
    case '=': return one(Kind::assign);
    default: return error("illegal character");
  }
}

Result<std::size_t> Lexer::size_of_comment() const {
  const std::string_view rest = source_.substr(at_);
  if (rest.starts_with("/*")) {
    const std::size_t end = rest.find("*/", 2);
    if (end == std::string_view::npos) return error("comment not terminated");
    return end + 2;
  }
  if (rest[0] == '/' && !rest.starts_with("//")) return error("expected '/' for comment");
  return std::min(rest.find('\n'), rest.size());
}

Result<std::size_t> Lexer::size_of_number() const {
  const std::string_view rest = source_.substr(at_);
  const std::size_t first = rest[0] == '-' ? 1 : 0;
  if (rest.substr(first).starts_with("0x") || rest.substr(first).starts_with("0X")) {
    const std::size_t end = run(rest, first + 2, is_hex);
    if (end == first + 2) return error("illegal hexadecimal number");
    return end;
  }
  std::size_t end = run(rest, first, is_digit);
  const std::string_view whole = rest.substr(first, end - first);
  bool integer = true;
  if (end < rest.size() && rest[end] == '.') end = run(rest, end + 1, is_digit), integer = false;
  if (end < rest.size() && (rest[end] == 'e' || rest[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < rest.size() && (rest[exponent] == '+' || rest[exponent] == '-')) ++exponent;
    end = run(rest, exponent, is_digit), integer = false;
    if (end == exponent) return error("illegal exponent");
  }
  if (integer && whole.starts_with('0') && whole.find_first_of("89") != std::string_view::npos) return error("illegal octal number");
  return end;
}

// Between `${` and its brace everything is text, quotes and newlines too; backslashes still hide the next character.
Result<std::size_t> Lexer::size_of_string() const {
  const std::string_view rest = source_.substr(at_);
  std::size_t braces = 0;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    const char c = rest[i];
    if (braces == 0) {
      if (c == '"') return i + 1;
      if (c == '\n') break;
      if (c == '$' && i + 1 < rest.size() && rest[i + 1] == '{') ++braces, ++i;
    } else if (c == '{') {
      ++braces;
    } else if (c == '}') {
      --braces;
    }
    if (c == '\\') ++i;
  }
  return error("literal not terminated");
}

// Ends with the first line that holds its anchor alone; white space before it counts as nothing, even without the dash.
Result<std::size_t> Lexer::size_of_heredoc() const {
  const std::string_view rest = source_.substr(at_);
  if (!rest.starts_with("<<")) return error("heredoc expected second '<', didn't see it");
  const std::size_t first = rest.substr(2).starts_with('-') ? 3 : 2;
  const std::size_t last = run(rest, first, [](char c) { return is_letter(c) || is_digit(c); });
  if (last == rest.size()) return error("heredoc not terminated");
  if (rest[last] != '\n') return error("invalid characters in heredoc anchor");
  const std::string_view anchor = rest.substr(first, last - first);
  if (anchor.empty()) return error("zero-length heredoc anchor");
  for (std::size_t line = last + 1; line <= rest.size();) {
    const std::size_t end = std::min(rest.find('\n', line), rest.size());
    std::string_view text = rest.substr(line, end - line);
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\v\f"), text.size()));
    if (text == anchor) return end;
    line = end + 1;
  }
  return error("heredoc not terminated");
}

namespace {

// Takes `count` digits of base 8 or 16 from the front, or nothing.
std::optional<std::uint32_t> take_digits(std::string_view& text, std::size_t count, std::uint32_t base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, count)) {
    if (!is_hex(c)) return std::nullopt;
    const auto digit = static_cast<std::uint32_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  text.remove_prefix(count);
  return value;
}

// Decodes what stands behind a backslash.
bool append_escape(std::string& out, std::string_view& text) {
  if (text.empty()) return false;
  static constexpr std::string_view letters = "abfnrtv\\\"", meanings = "\a\b\f\n\r\t\v\\\"";
  if (const std::size_t i = letters.find(text[0]); i != std::string_view::npos) {
    out += meanings[i];
    text.remove_prefix(1);
    return true;
  }
  if (text[0] >= '0' && text[0] <= '7') {
    const auto byte = take_digits(text, 3, 8);
    if (!byte || *byte > 255) return false;
    out += static_cast<char>(*byte);
    return true;
  }
  const std::size_t digits = text[0] == 'x' ? 2 : text[0] == 'u' ? 4 : text[0] == 'U' ? 8 : 0;
  if (digits == 0) return false;
  text.remove_prefix(1);
  const auto value = take_digits(text, digits, 16);
  if (!value || *value > 0x10FFFF) return false;
  char bytes[4];
  if (digits == 2) out += static_cast<char>(*value);  // a byte, not a character
  else out.append(bytes, utf8::encode(*value, bytes));
  return true;
}

Result<std::string> decoded_string(const Token& token) {
  std::string_view text = token.text.substr(1, token.text.size() - 2);
  std::string out;
  out.reserve(text.size());
  std::size_t braces = 0;
  while (!text.empty()) {
    const char c = text[0];
    if (braces == 0 && text.starts_with("${")) {
      braces = 1;
      out += "${";
      text.remove_prefix(2);
      continue;
    }
    text.remove_prefix(1);
    if (braces > 0) {
      braces += c == '{';
      braces -= c == '}';
    } else if (c == '\\') {
      if (!append_escape(out, text)) return fail_at(token.line, "illegal char escape");
      continue;
    }
    out += c;
  }
  if (braces > 0) return fail_at(token.line, "literal not terminated");
  return out;
}

// With the dash, the white space before the closing anchor is taken off every line; when a line has less of it, none is
// taken off.
std::string decoded_heredoc(std::string_view text) {
  const bool indented = text.substr(2).starts_with('-');
  const std::size_t anchor = text.find('\n') - (indented ? 3 : 2);
  text.remove_prefix(text.find('\n') + 1);
  text.remove_suffix(anchor);
  if (!indented) return std::string(text);
  const std::string_view prefix = text.substr(text.rfind('\n') + 1);
  std::string out;
  for (std::string_view rest = text; rest != prefix;) {
    if (!rest.starts_with(prefix)) return std::string(text.substr(0, text.size() - prefix.size()));
    const std::size_t end = rest.find('\n');
    out += rest.substr(prefix.size(), end + 1 - prefix.size());
    rest.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace

Result<std::string> decoded(const Token& token) { return token.kind == Kind::heredoc ? decoded_heredoc(token.text) : decoded_string(token); }

}  // namespace sr::hcl
