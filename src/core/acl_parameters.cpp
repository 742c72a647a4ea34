#include "core/acl_parameters.h"
#include <algorithm>
#include <charconv>
#include <cstdint>
#include "base/assert.h"
#include "text/duration.h"
#include "text/glob.h"
#include "text/lower.h"
#include "text/trim.h"

namespace sr::acl {

namespace {

bool is_scalar(const json::Value& value) {
  return value.type == json::Type::string || value.type == json::Type::number || value.type == json::Type::boolean;
}

std::string_view scalar_text(const json::Value& value) {
  return value.type == json::Type::boolean ? (value.flag ? "true" : "false") : value.text;
}

bool equal(const json::Value& a, const json::Value& b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case json::Type::null: return true;
    case json::Type::boolean: return a.flag == b.flag;
    case json::Type::number: return equal_numbers(a.text, b.text);
    case json::Type::string: return a.text == b.text;
    case json::Type::array: return std::ranges::equal(a.items, b.items, equal);
    case json::Type::object:
      return std::ranges::equal(a.members, b.members,
                                [](const json::Member& x, const json::Member& y) { return x.key == y.key && equal(x.value, y.value); });
  }
  return false;
}

bool matches(const json::Value& wanted, const json::Value& given) {
  if (wanted.is_string() && given.is_string()) return edge_glob_matches(wanted.text, given.text);
  return equal(wanted, given);
}

// As engines read flags: "1", "t" and "true"; and any other number than 0 is true as well.
bool is_read_as(bool flag, std::string_view given) {
  if (given.starts_with('+')) given.remove_prefix(1);
  const bool is_no = given.empty() || given == "f" || given == "false" || equal_numbers("0", given);
  const bool is_yes = given == "t" || given == "true" || (!is_no && given.find_first_not_of("-.0123456789e") == given.npos);
  return flag ? is_yes : is_no;
}

// As engines read whole numbers, and durations, which are numbers of seconds.
bool is_read_as(std::string_view number, std::string_view given) {
  if (given.starts_with('+')) given.remove_prefix(1);
  if (given.empty()) given = "0";
  if (equal_numbers(number, given)) return true;
  const auto wanted = parse_duration(number), duration = parse_duration(given);
  return wanted && duration && *wanted == *duration;
}

// Of one value, whose texts are in lower case as the given one is.
bool matches_denied_text(const json::Value& wanted, std::string_view wanted_text, std::string_view given) {
  if (wanted.is_string()) return edge_glob_matches(wanted_text, given);
  if (wanted.type == json::Type::boolean) return is_read_as(wanted.flag, given);
  return wanted.type == json::Type::number && is_read_as(wanted_text, given);
}

// A denied value is denied in each spelling that engines read alike: "5" for 5, "1" and "T" for true, "1h" for 3600, "Admin" or " admin" for the policy
// "admin", and as one of several, ["admin", "x"] or "admin,x". Vault compares the types as well, and numbers never match there. That some text is refused
// which no engine would have read so is the lesser evil.
bool matches_denied(const json::Value& wanted, const json::Value& given) {
  if (matches(wanted, given)) return true;
  if (given.is_array()) return std::ranges::any_of(given.items, [&](const json::Value& item) { return matches_denied(wanted, item); });
  if (!is_scalar(wanted) || !(is_scalar(given) || given.is_null())) return false;
  if (given.is_null() && wanted.is_string()) return false;
  const bool is_flag_as_number = given.type == json::Type::boolean && wanted.type == json::Type::number;
  const std::string wanted_text = to_lower(scalar_text(wanted)), given_text = is_flag_as_number ? (given.flag ? "1" : "0") : to_lower(scalar_text(given));
  if (matches_denied_text(wanted, wanted_text, trimmed(given_text))) return true;
  for (std::size_t at = 0; at <= given_text.size();) {
    const std::size_t comma = std::min(given_text.find(',', at), given_text.size());
    const auto piece = trimmed(std::string_view(given_text).substr(at, comma - at));
    if (!piece.empty() && matches_denied_text(wanted, wanted_text, piece)) return true;  // lists have no empty items
    at = comma + 1;
  }
  return false;
}

void join(ParameterRules& into, const ParameterRules& from) {
  for (const auto& [name, values] : from) {
    const auto [at, is_new] = into.try_emplace(name, values);
    if (is_new || at->second.empty()) continue;
    if (values.empty()) at->second.clear();
    else at->second.insert(at->second.end(), values.begin(), values.end());
  }
}

// The name of a parameter in lower case; allocates only where it differs.
class LowerName {
 public:
  explicit LowerName(std::string_view name) : view_(name) {
    if (is_lower_ascii(name)) return;
    lowered_ = to_lower(name);
    view_ = lowered_;
  }
  LowerName(const LowerName&) = delete;
  LowerName& operator=(const LowerName&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::string lowered_;
  std::string_view view_;
};

// A decimal number as its significant digits and the place of the point before them: 0.digits * 10^scale.
struct Decimal {
  bool valid = false;
  bool negative = false;
  std::string_view digits{};  // from the first digit that is not 0 to the last one; may hold the point
  std::int64_t scale = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Decimal parse_decimal(std::string_view text) {
  Decimal number;
  number.negative = text.starts_with('-');
  if (number.negative) text.remove_prefix(1);
  const std::size_t e = std::min(text.find_first_of("eE"), text.size());
  const std::string_view mantissa = text.substr(0, e);
  std::int64_t exponent = 0;
  if (e < text.size()) {
    std::string_view rest = text.substr(e + 1);
    if (rest.starts_with('+')) rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (rest.empty() || error != std::errc() || end != rest.data() + rest.size()) return number;
    if (exponent > 1'000'000'000 || exponent < -1'000'000'000) return number;
  }
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const bool well_formed = !mantissa.empty() && is_digit(mantissa.front()) && is_digit(mantissa.back()) &&
                           std::ranges::all_of(mantissa.substr(0, point), is_digit) &&
                           (point == mantissa.size() || std::ranges::all_of(mantissa.substr(point + 1), is_digit));
  if (!well_formed) return number;
  number.valid = true;
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == mantissa.npos) {  // zero has no sign
    number.negative = false;
    return number;
  }
  number.digits = mantissa.substr(first, mantissa.find_last_of("123456789") - first + 1);
  number.scale = exponent + static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) + (first > point ? 1 : 0);
  return number;
}

bool equal_digits(std::string_view a, std::string_view b) {
  auto x = a.begin(), y = b.begin();
  for (;; ++x, ++y) {
    if (x != a.end() && *x == '.') ++x;
    if (y != b.end() && *y == '.') ++y;
    if (x == a.end() || y == b.end()) return x == a.end() && y == b.end();
    if (*x != *y) return false;
  }
}

}  // namespace

bool equal_numbers(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const Decimal x = parse_decimal(a), y = parse_decimal(b);
  return x.valid && y.valid && x.negative == y.negative && x.scale == y.scale && equal_digits(x.digits, y.digits);
}

void ParameterCheck::merge(const PathRule& rule) {
  join(denied_rules_, rule.denied_parameters);
  join(allowed_rules_, rule.allowed_parameters);
  for (const std::string& name : rule.required_parameters)
    if (!requires_parameter(name)) required_.push_back(name);
}

ParameterCheck::List ParameterCheck::finished(const ParameterRules& rules, Arena& arena) {
  List list;
  list.reserve(rules.size());
  for (const auto& [name, texts] : rules) {
    Named& named = list.emplace_back(Named{.name = name, .values = {}});
    named.values.reserve(texts.size());
    for (const json::Text& text : texts) {
      const auto value = json::parse(arena, arena.copy(text.text));
      SR_ASSERT(value.has_value());  // parse_policy printed it
      named.values.push_back(*value);
    }
  }
  return list;
}

void ParameterCheck::finish(Arena& arena) {
  denied_ = finished(denied_rules_, arena);
  allowed_ = finished(allowed_rules_, arena);
  denied_rules_.clear();
  allowed_rules_.clear();
}

const ParameterCheck::Named* ParameterCheck::find(const List& list, std::string_view name) {
  const auto at = std::ranges::lower_bound(list, name, {}, [](const Named& named) { return std::string_view(named.name); });
  return at != list.end() && at->name == name ? &*at : nullptr;
}

bool ParameterCheck::requires_parameter(std::string_view lower_name) const {
  return std::ranges::find(required_, lower_name) != required_.end();
}

bool ParameterCheck::allows(const json::Value* parameters) const {
  const auto members = parameters && parameters->is_object() ? parameters->members : std::span<const json::Member>();
  for (const std::string& name : required_)
    if (members.empty() || !parameters->find(name)) return false;
  if (members.empty()) return true;

  if (find(denied_, "*")) return false;
  if (!denied_.empty()) {
    for (const json::Member& member : members) {
      const Named* denied = find(denied_, LowerName(member.key).view());
      if (!denied) continue;
      if (denied->values.empty()) return false;
      for (const json::Value* value : denied->values)
        if (matches_denied(*value, member.value)) return false;
    }
  }

  if (allowed_.empty()) return true;
  const bool others_allowed = find(allowed_, "*") != nullptr;
  for (const json::Member& member : members) {
    const Named* allowed = find(allowed_, LowerName(member.key).view());
    if (!allowed && !others_allowed) return false;
    if (!allowed || allowed->values.empty()) continue;
    if (std::ranges::none_of(allowed->values, [&](const json::Value* value) { return matches(*value, member.value); })) return false;
  }
  return true;
}

}  // namespace sr::acl
