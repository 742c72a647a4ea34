#include "pattern.h"
#include <algorithm>
#include <regex>

namespace sr::api_test {
namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Pattern> whole() {
    Pattern pattern = TRY(value());
    if (peek() != '\0') return fail(Code::invalid, "more text after the pattern: " + std::string(rest(20)));
    return pattern;
  }

 private:
  char peek() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").contains(text_[at_])) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  std::string_view rest(std::size_t most) const { return text_.substr(std::min(at_, text_.size()), most); }
  bool take(char wanted) {
    if (peek() != wanted) return false;
    ++at_;
    return true;
  }

  Result<Pattern> value() {
    switch (peek()) {
      case '{': return object(false);
      case '[': return array(true);
      case '"': return string();
      default: return word();
    }
  }

  // A quoted JSON string, decoded by the JSON parser itself.
  Result<std::string> quoted() {
    peek();
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
    if (at_ >= text_.size() || text_[at_] != '"' || end >= text_.size()) {
      return fail(Code::invalid, "expected a string at: " + std::string(rest(20)));
    }
    Arena arena;
    const json::Value* decoded = TRY(json::parse(arena, text_.substr(at_, end + 1 - at_)));
    at_ = end + 1;
    return std::string(decoded->text);
  }

  Result<Pattern> string() {
    std::string text = TRY(quoted());
    if (text.starts_with('~')) return Pattern{.kind = Pattern::Kind::string_like, .text = text.substr(1)};
    if (text.starts_with('#')) return Pattern{.kind = Pattern::Kind::number_like, .text = text.substr(1)};
    return Pattern{.kind = Pattern::Kind::string, .text = std::move(text)};
  }

  Result<Pattern> object(bool exact) {
    Pattern pattern{.kind = Pattern::Kind::object, .exact = exact};
    if (!take('{')) return fail(Code::invalid, "expected { at: " + std::string(rest(20)));
    if (take('}')) return pattern;
    do {
      pattern.keys.push_back(TRY(quoted()));
      if (!take(':')) return fail(Code::invalid, "expected : after \"" + pattern.keys.back() + '"');
      pattern.items.push_back(TRY(value()));
    } while (take(','));
    if (!take('}')) return fail(Code::invalid, "expected , or } at: " + std::string(rest(20)));
    return pattern;
  }

  Result<Pattern> array(bool exact) {
    Pattern pattern{.kind = Pattern::Kind::array, .exact = exact};
    if (!take('[')) return fail(Code::invalid, "expected [ at: " + std::string(rest(20)));
    if (take(']')) return pattern;
    do pattern.items.push_back(TRY(value()));
    while (take(','));
    if (!take(']')) return fail(Code::invalid, "expected , or ] at: " + std::string(rest(20)));
    return pattern;
  }

  Result<Pattern> word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && !std::string_view(" \t\n\r,:{}[]\"").contains(text_[at_])) ++at_;
    const std::string word(text_.substr(start, at_ - start));
    if (word == "_") return Pattern{};
    if (word == "absent") return Pattern{.kind = Pattern::Kind::absent};
    if (word == "only") return peek(), object(true);
    if (word == "some") return peek(), array(false);
    Arena arena;
    if (word.empty() || !json::parse(arena, word)) return fail(Code::invalid, "unknown word '" + word + "' in the pattern");
    return Pattern{.kind = Pattern::Kind::literal, .text = word};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string shown(const json::Value& value) {
  std::string text = json::to_text(value);
  if (text.size() > 200) text = text.substr(0, 200) + "...";
  return text;
}

bool found(const std::string& expression, std::string_view text) {
  return std::regex_search(text.begin(), text.end(), std::regex(expression));
}

std::string unlike(const std::string& where, const std::string& wanted, const std::string& got) {
  return (where.empty() ? "answer" : where) + ": expected " + wanted + ", got " + got;
}

std::string object_difference(const Pattern& pattern, const json::Value& value, const std::string& where) {
  if (!value.is_object()) return unlike(where, "an object", shown(value));
  for (std::size_t i = 0; i < pattern.keys.size(); ++i) {
    const std::string inner = where + "." + pattern.keys[i];
    const json::Value* member = value.find(pattern.keys[i]);
    if (pattern.items[i].kind == Pattern::Kind::absent) {
      if (member) return unlike(inner, "nothing", shown(*member));
    } else if (!member) {
      return inner + ": missing in " + shown(value);
    } else if (auto text = difference(pattern.items[i], *member, inner); !text.empty()) {
      return text;
    }
  }
  if (!pattern.exact) return {};
  for (const json::Member& member : value.members) {
    if (std::ranges::find(pattern.keys, member.key) == pattern.keys.end()) {
      return where + "." + std::string(member.key) + ": not expected, got " + shown(member.value);
    }
  }
  return {};
}

std::string array_difference(const Pattern& pattern, const json::Value& value, const std::string& where) {
  if (!value.is_array()) return unlike(where, "an array", shown(value));
  if (!pattern.exact) {
    for (const Pattern& wanted : pattern.items) {
      const auto fits = [&](const json::Value& item) { return difference(wanted, item).empty(); };
      if (std::ranges::none_of(value.items, fits)) return where + ": an expected item is missing in " + shown(value);
    }
    return {};
  }
  if (value.items.size() != pattern.items.size()) {
    return unlike(where, std::to_string(pattern.items.size()) + " items", shown(value));
  }
  for (std::size_t i = 0; i < pattern.items.size(); ++i) {
    auto text = difference(pattern.items[i], value.items[i], where + "[" + std::to_string(i) + "]");
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace

Result<Pattern> parse_pattern(std::string_view text) { return Parser(text).whole(); }

std::string difference(const Pattern& pattern, const json::Value& value, const std::string& where) {
  switch (pattern.kind) {
    case Pattern::Kind::any: return {};
    case Pattern::Kind::absent: return unlike(where, "nothing", shown(value));
    case Pattern::Kind::literal: return json::to_text(value) == pattern.text ? "" : unlike(where, pattern.text, shown(value));
    case Pattern::Kind::number_like:
      return value.type == json::Type::number && found(pattern.text, value.text)
                 ? ""
                 : unlike(where, "a number like " + pattern.text, shown(value));
    case Pattern::Kind::string:
    case Pattern::Kind::string_like:
      if (!value.is_string()) return unlike(where, "the string " + pattern.text, shown(value));
      return text_difference(pattern, value.text, where);
    case Pattern::Kind::object: return object_difference(pattern, value, where);
    case Pattern::Kind::array: return array_difference(pattern, value, where);
  }
  return {};
}

std::string text_difference(const Pattern& pattern, std::string_view text, const std::string& where) {
  if (pattern.kind == Pattern::Kind::any) return {};
  const bool fits = pattern.kind == Pattern::Kind::string_like ? found(pattern.text, text) : text == pattern.text;
  const bool like = pattern.kind == Pattern::Kind::string_like;
  return fits ? "" : unlike(where, (like ? "text like \"" : "\"") + pattern.text + '"', '"' + std::string(text.substr(0, 400)) + '"');
}

}  // namespace sr::api_test
