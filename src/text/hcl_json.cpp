// The JSON form of a configuration. Not json::parse: repeated keys stay apart here (two "listener"), and every node knows
// its line.
#include <algorithm>
#include "text/hcl_syntax.h"
#include "text/json_string.h"

namespace sr::hcl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class JsonParser {
 public:
  JsonParser(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  Result<Value> parse() {
    Value root = TRY(take_value());
    skip_space();
    if (at_ != text_.size()) return error("expected nothing after the object");
    return root;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    skip_space();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    for (; at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_]); ++at_) line_ += text_[at_] == '\n';
  }
  std::unexpected<Error> error(std::string message) const { return fail_at(line_, std::move(message)); }

  Result<Value> take_value() {
    skip_space();
    if (++values_ > limits_.values) return error("too many values");
    Value value{.line = line_};
    const char c = peek();
    if (c == '{' || c == '[') {
      if (++depth_ > limits_.depth) return error("nested too deeply");
      ++at_;
      TRY(c == '{' ? take_members(value) : take_elements(value));
      --depth_;
    } else if (c == '"') {
      value.type = Type::string;
      value.text = TRY(take_string());
    } else if (c == '-' || is_digit(c)) {
      value.type = Type::number;
      value.text = TRY(take_number());
    } else if (take_word("true")) {
      value.type = Type::boolean;
      value.flag = true;
    } else if (take_word("false")) {
      value.type = Type::boolean;
    } else if (!take_word("null")) {
      return error("expected a value");
    }
    return value;
  }

  Result<void> take_members(Value& object) {
    object.type = Type::object;
    if (take('}')) return {};
    do {
      skip_space();
      Item item{.line = line_};
      if (peek() != '"') return error("expected a key in quotes");
      item.key = TRY(take_string());
      if (!take(':')) return error("expected ':'");
      item.value = TRY(take_value());
      object.items.push_back(std::move(item));
    } while (take(','));
    if (!take('}')) return error("expected ',' or '}'");
    return {};
  }
  Result<void> take_elements(Value& list) {
    list.type = Type::list;
    if (take(']')) return {};
    do list.list.push_back(TRY(take_value()));
    while (take(','));
    if (!take(']')) return error("expected ',' or ']'");
    return {};
  }

  Result<std::string> take_string() {
    const json::RawString raw = json::scan_string(text_.substr(at_ + 1));
    if (raw.problem != json::RawString::Problem::none) return error("literal not terminated or with an illegal escape");
    Buffer out;
    json::decode_string(out, text_.substr(at_ + 1, raw.size));
    at_ += raw.size + 2;
    return std::string(out.view());
  }
  bool take_digits() {
    const std::size_t first = at_;
    while (is_digit(peek())) ++at_;
    return at_ > first;
  }
  Result<std::string> take_number() {
    const std::size_t first = at_;
    if (peek() == '-') ++at_;
    const bool zero = peek() == '0';
    const std::size_t digits = at_;
    bool valid = take_digits() && (!zero || at_ == digits + 1);
    if (valid && peek() == '.') ++at_, valid = take_digits();
    if (valid && (peek() == 'e' || peek() == 'E')) {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      valid = take_digits();
    }
    if (!valid) return error("illegal number");
    return std::string(text_.substr(first, at_ - first));
  }
  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  const std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  int line_ = 1;
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
};

}  // namespace

Result<Value> parse_json(std::string_view source, const Limits& limits) { return JsonParser(source, limits).parse(); }

}  // namespace sr::hcl
