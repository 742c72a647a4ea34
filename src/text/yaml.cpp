// A small emitter after libyaml's, as go-yaml drives it: the flags and the line folding are its, so that the bytes are too.
#include "text/yaml.h"
#include <algorithm>
#include "base/utf8.h"
#include "text/yaml_scalar.h"

namespace sr::yaml {
namespace {

constexpr int step = 2;    // of indentation
constexpr int width = 80;  // a line longer than this is folded at its next space

class Writer {
 public:
  explicit Writer(Buffer& out) : out_(out) {}

  void document(const json::Value& value) {
    node(value, 0);
    start_line(0);
  }

 private:
  void put(std::string_view text) {
    out_.append(text);
    for (const char c : text) column_ += (c & 0xC0) != 0x80;
  }
  void put_break() {
    out_ += '\n';
    column_ = 0;
  }
  // Up to `indent` on a line that holds nothing but indicators so far: this one, or a new one.
  void start_line(int indent) {
    if (!only_indicators_ || column_ > indent || (column_ == indent && !after_space_)) put_break();
    while (column_ < indent) put(" ");
    only_indicators_ = after_space_ = true;
  }
  void scalar_ended() { only_indicators_ = after_space_ = false; }
  void space() {
    if (!after_space_) put(" ");
    after_space_ = true;
  }

  void node(const json::Value& value, int indent) {
    switch (value.type) {
      case json::Type::object: return mapping(value, indent);
      case json::Type::array: return sequence(value, indent);
      case json::Type::string: return text(value.text, indent + step, Place::value);
      case json::Type::number: return word(number(value.text));
      case json::Type::boolean: return word(value.flag ? "true" : "false");
      case json::Type::null: return word("null");
    }
  }
  void word(std::string_view text) {
    space();
    put(text);
    scalar_ended();
  }

  void mapping(const json::Value& value, int indent) {
    if (value.members.empty()) return word("{}");
    std::vector<const json::Member*> members;
    for (const json::Member& member : value.members) members.push_back(&member);
    // The order is not transitive for all keys; sorting by a heap stays within its bounds even then.
    const auto before = [](const json::Member* a, const json::Member* b) { return comes_before(a->key, b->key); };
    std::ranges::make_heap(members, before);
    std::ranges::sort_heap(members, before);
    for (const json::Member* member : members) {
      start_line(indent);
      text(member->key, indent + step, Place::key);
      put(":");
      scalar_ended();
      node(member->value, indent + (member->value.is_object() ? step : 0));  // dashes stand below the key
    }
  }

  void sequence(const json::Value& value, int indent) {
    if (value.items.empty()) return word("[]");
    for (const json::Value& item : value.items) {
      start_line(indent);
      put("-");
      after_space_ = false;
      space();
      node(item, indent + (item.is_object() || item.is_array() ? step : 0));
    }
  }

  void text(std::string_view text, int indent, Place place) {
    const Style style = style_of(text, place);
    const bool may_fold = place == Place::value;
    space();
    switch (style) {
      case Style::plain: quoted(text, indent, may_fold, '\0'); break;
      case Style::single_quoted: quoted(text, indent, may_fold, '\''); break;
      case Style::double_quoted: double_quoted(text, indent, may_fold); break;
      case Style::literal: return literal(text, indent);
    }
    scalar_ended();
  }

  void fold(int indent) {
    put_break();
    while (column_ < indent) put(" ");
  }

  // Plain or in single quotes: never with a line break inside.
  void quoted(std::string_view text, int indent, bool may_fold, char quote) {
    const std::string_view mark(&quote, quote ? 1 : 0);
    put(mark);
    bool after_space = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
      const bool is_space = text[at] == ' ';
      const bool inner = quote == '\0' || (at > 0 && at + 1 < text.size());
      if (is_space && may_fold && !after_space && column_ > width && inner && !text.substr(at + 1).starts_with(' ')) fold(indent);
      else {
        if (text[at] == quote) put(mark);
        put(text.substr(at, 1));
      }
      after_space = is_space;
    }
    put(mark);
  }

  void double_quoted(std::string_view text, int indent, bool may_fold) {
    put("\"");
    bool after_space = false;
    for (std::size_t at = 0; at < text.size();) {
      const std::string_view rest = text.substr(at);
      const utf8::Rune rune = utf8::decode(rest);
      if (!is_printable(rest) || break_size(rest) > 0 || rune.value == '"' || rune.value == '\\') {
        escape(rune.value);
      } else if (rune.value == ' ' && may_fold && !after_space && column_ > width && at > 0 && at + 1 < text.size()) {
        fold(indent);
        if (rest[1] == ' ') put("\\");
      } else {
        put(rest.substr(0, rune.size));
      }
      after_space = rune.value == ' ';
      at += rune.size;
    }
    put("\"");
  }
  void escape(char32_t rune) {
    static constexpr std::pair<char32_t, const char*> names[] = {{0x00, "\\0"}, {0x07, "\\a"}, {0x08, "\\b"}, {0x09, "\\t"}, {0x0A, "\\n"}, {0x0B, "\\v"}, {0x0C, "\\f"},
                                                                 {0x0D, "\\r"}, {0x1B, "\\e"}, {'"', "\\\""}, {'\\', "\\\\"}, {0x85, "\\N"}, {0xA0, "\\_"}, {0x2028, "\\L"},
                                                                 {0x2029, "\\P"}};
    for (const auto& [named, name] : names)
      if (rune == named) return put(name);
    const int digits = rune <= 0xFF ? 2 : rune <= 0xFFFF ? 4 : 8;
    put(digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U");
    for (int i = digits - 1; i >= 0; --i) put(std::string_view("0123456789ABCDEF").substr(rune >> (4 * i) & 15, 1));
  }

  // Its only line breaks are newlines. The sign says how many of those at the end belong to the text: none, one or all.
  void literal(std::string_view text, int indent) {
    put("|");
    if (text[0] == ' ' || text[0] == '\n') put("2");
    if (!text.ends_with('\n')) put("-");
    else if (text == "\n" || text.ends_with("\n\n")) put("+");
    put_break();
    after_space_ = true;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      only_indicators_ = true;
      if (end > 0) {
        start_line(indent);
        put(text.substr(0, end));
      }
      only_indicators_ = end < text.size();
      if (only_indicators_) put_break();
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  Buffer& out_;
  int column_ = 0;
  bool only_indicators_ = true;
  bool after_space_ = true;
};

}  // namespace

void print(Buffer& out, const json::Value& value) { Writer(out).document(value); }

std::string to_text(const json::Value& value) {
  Buffer out;
  yaml::print(out, value);
  return std::string(out.view());
}

}  // namespace sr::yaml
