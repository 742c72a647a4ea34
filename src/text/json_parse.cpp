// Our own parser, and not Boost.JSON's basic_parser: of a text that Go accepts, that one (1.81) refuses lone surrogates, and it
// converts each number and hands its digits over in parts, where we only want them as they stand. Here all of Go's leniency
// and all limits hold in one pass, with a stack of its own instead of recursion.
#include <algorithm>
#include "text/json.h"
#include "text/json_string.h"

namespace sr::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A copy in the arena, sorted by key; of equal keys the one written last is there.
std::span<const Member> sorted(Arena& arena, std::span<const Member> members) {
  const auto descends = [](const Member& a, const Member& b) { return a.key >= b.key; };
  if (std::ranges::adjacent_find(members, descends) == members.end()) {
    const auto kept = arena.make_array<Member>(members.size());
    std::ranges::copy(members, kept.begin());
    return kept;
  }
  std::vector<const Member*> order;
  order.reserve(members.size());
  for (const Member& member : members) order.push_back(&member);
  std::ranges::sort(order, [](const Member* a, const Member* b) { return a->key != b->key ? a->key < b->key : a < b; });
  const auto kept = arena.make_array<Member>(members.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i < order.size(); ++i)
    if (i + 1 == order.size() || order[i + 1]->key != order[i]->key) kept[count++] = *order[i];
  return kept.first(count);
}

class Parser {
 public:
  Parser(Arena& arena, std::string_view text, const Limits& limits) : arena_(arena), text_(text), limits_(limits) {
    pending_.reserve(14);  // what malloc hands out without a lock
    open_.reserve(8);
  }

  Result<const Value*> parse() {
    while (take_value()) {
      // A value is complete; what may follow it depends on what it stands in.
      for (;;) {
        skip_space();
        if (open_.empty()) {
          if (at_ != text_.size()) return error("nothing after the value");
          return arena_.make<Value>(pending_.back().value);
        }
        const bool object = open_.back().type == Type::object;
        if (take(',')) {
          if (object && !take_key()) return error();
          break;
        }
        if (!take(object ? '}' : ']')) return error(object ? "',' or '}'" : "',' or ']'");
        if (!close()) return error();
      }
    }
    return error();
  }

 private:
  struct Open {
    Type type;
    std::size_t first;     // of its members in pending_
    std::string_view key;  // under which it stands itself
  };

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (peek() != c || at_ == text_.size()) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) ++at_;
  }

  // One value, or the front of a container up to and including its first scalar or empty container.
  bool take_value() {
    for (;;) {
      skip_space();
      switch (peek()) {
        case '{':
          ++at_;
          if (!open(Type::object)) return false;
          skip_space();
          if (take('}')) return close();
          if (!take_key()) return false;
          continue;
        case '[':
          ++at_;
          if (!open(Type::array)) return false;
          skip_space();
          if (take(']')) return close();
          continue;
        case '"': {
          std::string_view text;
          return take_string(text) && push({.type = Type::string, .text = text});
        }
        case 't': return take_literal("true") && push({.type = Type::boolean, .flag = true});
        case 'f': return take_literal("false") && push({.type = Type::boolean});
        case 'n': return take_literal("null") && push({});
        default: return take_number();
      }
    }
  }

  bool take_key() {
    skip_space();
    if (peek() != '"') return expected("a key in quotes");
    if (!take_string(key_)) return false;
    skip_space();
    return take(':') || expected("':'");
  }

  bool take_string(std::string_view& decoded) {
    const std::size_t quote = at_++;
    const RawString raw = scan_string(text_.substr(at_));
    decoded = text_.substr(at_, raw.size);
    at_ += raw.size;
    switch (raw.problem) {
      case RawString::Problem::none: break;
      case RawString::Problem::unterminated: return expected("the end of a string");
      case RawString::Problem::control_character: return expected("an escape instead of a control character");
      case RawString::Problem::bad_escape: return expected("a valid escape");
    }
    ++at_;
    if (++strings_ > limits_.strings) return too_large("too many strings");
    if (raw.size > limits_.string_bytes) return at_ = quote, too_large("string too long");
    if (raw.plain) return true;
    scratch_.clear();
    decode_string(scratch_, decoded);
    if (!charge(scratch_.size())) return false;
    decoded = arena_.copy(scratch_);
    return true;
  }

  bool take_literal(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return expected("a value");
    at_ += word.size();
    return true;
  }

  bool take_digits() {
    const std::size_t first = at_;
    while (is_digit(peek())) ++at_;
    return at_ > first || expected("a digit");
  }
  bool take_number() {
    const std::size_t first = at_;
    const bool negative = take('-');
    if (!is_digit(peek())) return expected(negative ? "a digit" : "a value");
    if (!take('0') && !take_digits()) return false;
    if (take('.') && !take_digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!take_digits()) return false;
    }
    return push({.type = Type::number, .text = text_.substr(first, at_ - first)});
  }

  bool push(const Value& value) {
    pending_.push_back({key_, value});
    return charge(sizeof(Member));
  }
  bool open(Type type) {
    if (open_.size() == limits_.depth) return refuse(Code::invalid, "nested too deeply");
    open_.push_back({type, pending_.size(), key_});
    return true;
  }
  // Moves the members of the innermost container from pending_ to the arena and puts the container in their place.
  bool close() {
    const Open top = open_.back();
    open_.pop_back();
    const auto members = std::span(pending_).subspan(top.first);
    Value container{.type = top.type};
    if (top.type == Type::object) {
      container.members = sorted(arena_, members);
    } else {
      const auto kept = arena_.make_array<Value>(members.size());
      std::ranges::transform(members, kept.begin(), &Member::value);
      container.items = kept;
    }
    pending_.resize(top.first);
    key_ = top.key;
    return push(container);
  }

  bool charge(std::size_t bytes) {
    memory_ += bytes;
    return memory_ <= limits_.memory || too_large("too much memory needed");
  }

  bool refuse(Code code, std::string_view problem) {
    code_ = code, problem_ = problem;
    return false;
  }
  bool expected(std::string_view what) {
    expected_ = true;
    return refuse(Code::invalid, what);
  }
  bool too_large(std::string_view problem) { return refuse(Code::too_large, problem); }

  std::unexpected<Error> error(std::string_view what) { return expected(what), error(); }
  std::unexpected<Error> error() const {
    const std::string_view before = text_.substr(0, at_);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto column = at_ - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0
    std::string message = "line " + std::to_string(line) + ", column " + std::to_string(column) + ": ";
    if (expected_) message += at_ == text_.size() ? "the text ends, expected " : "expected ";
    return fail(code_, message += problem_);
  }

  Arena& arena_;
  const std::string_view text_;
  const Limits& limits_;
  std::size_t at_ = 0;
  std::string_view key_;         // for the value that comes next
  std::vector<Member> pending_;  // members of containers that are still open, innermost last
  std::vector<Open> open_;
  Buffer scratch_;
  std::size_t strings_ = 0;
  std::size_t memory_ = 0;
  Code code_ = Code::invalid;
  std::string_view problem_;
  bool expected_ = false;
};

}  // namespace

Result<const Value*> parse(Arena& arena, std::string_view text, const Limits& limits) { return Parser(arena, text, limits).parse(); }

const Value* Value::find(std::string_view key) const {
  const auto found = std::ranges::lower_bound(members, key, {}, &Member::key);
  return found != members.end() && found->key == key ? &found->value : nullptr;
}

}  // namespace sr::json
