// Decoding with the leniencies of Vault's framework (mapstructure in weak mode): numbers as text and text as numbers, "a,b" or one
// value as a list, objects or "k=v" as maps, "24h", "24" or 24 as a duration. Messages name the field and the kinds, and are
// those of Vault but for the value, which may be a secret in the wrong place.
#include <algorithm>
#include <charconv>
#include "base/concat.h"
#include "logical/field.h"
#include "text/duration.h"
#include "text/trim.h"

namespace sr {
namespace {

std::unexpected<Error> wrong(const FieldInfo& field, std::string_view why) {
  return fail(Code::invalid, concat("error converting input for field \"", field.name, "\": ", why));
}
std::unexpected<Error> wrong_type(const FieldInfo& field, std::string_view expected, const json::Value& given, std::string_view place = "''") {
  return wrong(field, concat(place, " expected type '", expected, "', got unconvertible type '", go_type(given), "'"));
}

// A scalar as text; booleans become "1" and "0", as mapstructure has it.
std::optional<std::string_view> scalar_text(const json::Value& given) {
  switch (given.type) {
    case json::Type::string:
    case json::Type::number: return given.text;
    case json::Type::boolean: return given.flag ? "1" : "0";
    case json::Type::null: return std::string_view();
    default: return std::nullopt;
  }
}

// The base that a number has by its first letters, which go; where they say one, single underscores may stand between digits.
int take_base(std::string& digits) {
  if (digits.size() < 2 || digits[0] != '0') return 10;
  const char letter = digits[1] | 0x20;
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  digits.erase(0, base != 0 ? 2 : 1);
  for (std::size_t i = 0; i + 1 < digits.size(); ++i)
    if (digits[i] == '_' && digits[i + 1] != '_') digits.erase(i, 1);
  return base != 0 ? base : 8;
}

// As strconv.ParseInt reads a text: "10", "-5", "0x1f", "0o17", "017", "0b11".
std::optional<std::int64_t> whole_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.starts_with('-')) return std::nullopt;
  std::string digits(text);
  const int base = take_base(digits);
  if (is_negative) digits.insert(0, 1, '-');
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<bool> go_bool(std::string_view text) {
  for (const auto yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const auto no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return std::nullopt;
}

Result<Value> decode_integer(const FieldInfo& field, const json::Value& given) {
  if (given.is_array() || given.is_object()) return wrong_type(field, "int", given);
  const auto text = *scalar_text(given);
  if (text.empty()) return std::int64_t{0};
  const auto number = whole_number(text);
  if (!number) return wrong(field, "'' cannot parse value as 'int': strconv.ParseInt: invalid syntax");
  return *number;
}

Result<Value> decode_flag(const FieldInfo& field, const json::Value& given) {
  if (given.type == json::Type::boolean) return given.flag;
  if (given.is_array() || given.is_object()) return wrong_type(field, "bool", given);
  if (given.text.empty()) return false;
  const auto flag = go_bool(given.text);
  if (!flag) return wrong(field, "'' cannot parse value as 'bool': strconv.ParseBool: invalid syntax");
  return *flag;
}

Result<Value> decode_duration(const FieldInfo& field, const json::Value& given) {
  if (given.is_null()) return Seconds(0);
  if (!given.is_string() && given.type != json::Type::number) return wrong(field, "could not parse duration from input");
  const auto duration = parse_duration(given.text);
  if (!duration) return wrong(field, duration_problem(given.text));
  if (duration->count() < 0 && !field.is_signed) return wrong(field, concat("cannot provide negative value '", std::to_string(duration->count() / 1'000'000'000), "'"));
  return std::chrono::floor<Seconds>(*duration);
}

// A list, or a text of items with commas between them; white space around an item is dropped, and so are empty items where they say nothing.
Result<Value> decode_list(const FieldInfo& field, const json::Value& given) {
  Strings items;
  const auto add = [&](std::string_view text) {
    const auto item = trimmed(text);
    if (!item.empty() || field.keeps_blanks) items.emplace_back(item);
  };
  if (given.is_array()) {
    for (const auto& item : given.items) {
      const auto text = scalar_text(item);
      if (!text) return wrong_type(field, "string", item, "decoding failed due to the following error(s):\n\n'[0]'");
      add(*text);
    }
    return items;
  }
  const auto text = scalar_text(given);
  if (!text) return wrong_type(field, "string", given, "decoding failed due to the following error(s):\n\n'[0]'");
  if (text->empty()) return items;
  for (std::string_view rest = *text;;) {
    const auto end = field.is_unsplit ? std::string_view::npos : rest.find(',');
    add(rest.substr(0, end));
    if (end == std::string_view::npos) return items;
    rest.remove_prefix(end + 1);
  }
}

Result<void> add_pair(const FieldInfo& field, StringMap& map, std::string_view pair) {
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos) return wrong(field, "invalid key pair");
  map.insert_or_assign(std::string(trimmed(pair.substr(0, equals))), std::string(trimmed(pair.substr(equals + 1))));
  return {};
}

Result<Value> decode_map(const FieldInfo& field, const json::Value& given) {
  StringMap map;
  if (given.is_object()) {
    for (const auto& [key, value] : given.members) {
      const auto text = scalar_text(value);
      if (!text) return wrong_type(field, "string", value, "decoding failed due to the following error(s):\n\n'[0]'");
      map.insert_or_assign(std::string(key), std::string(*text));
    }
    return map;
  }
  const auto pairs = TRY(decode_list(field, given));
  for (const auto& pair : std::get<Strings>(pairs)) TRY(add_pair(field, map, pair));
  return map;
}

}  // namespace

std::string duration_problem(std::string_view text) {
  constexpr std::size_t shown_bytes = 16;  // a token in the wrong place is longer, as a rule
  const bool looks_like_one = text.size() <= shown_bytes && text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-") == text.npos;
  if (!looks_like_one) return "time: invalid duration";
  const DurationFault fault = duration_fault(text);
  switch (fault.kind) {
    case DurationFault::Kind::missing_unit: return concat("time: missing unit in duration \"", text, "\"");
    case DurationFault::Kind::unknown_unit: return concat("time: unknown unit \"", fault.unit, "\" in duration \"", text, "\"");
    case DurationFault::Kind::other: break;
  }
  return concat("time: invalid duration \"", text, "\"");
}

std::string_view go_type(const json::Value& value) {
  switch (value.type) {
    case json::Type::null: return "nil";
    case json::Type::boolean: return "bool";
    case json::Type::number: return "json.Number";
    case json::Type::string: return "string";
    case json::Type::array: return "[]interface {}";
    case json::Type::object: return "map[string]interface {}";
  }
  return "";
}

// A value that restricts nothing: what clients send for a setting that they leave alone.
static bool is_blank(const json::Value& given) {
  switch (given.type) {
    case json::Type::null: return true;
    case json::Type::boolean: return !given.flag;
    case json::Type::number: return given.text == "0";
    case json::Type::string: return given.text.empty();
    case json::Type::array: return given.items.empty();
    case json::Type::object: return given.members.empty();
  }
  return false;
}

Result<Value> decode_value(const FieldInfo& field, const json::Value& given, Arena&) {
  if (field.refused && is_blank(given)) return JsonValue(&given);
  if (field.refused) return fail(Code::invalid, concat("the parameter \"", field.name, "\" is not supported yet, and ignoring it would be unsafe: leave it out"));
  switch (field.kind) {
    case Kind::text:
    case Kind::sensitive: {
      const auto text = scalar_text(given);
      if (!text) return wrong_type(field, "string", given);
      if (field.kind == Kind::sensitive) return Sensitive{*text};
      return *text;
    }
    case Kind::integer: return decode_integer(field, given);
    case Kind::flag: return decode_flag(field, given);
    case Kind::duration: return decode_duration(field, given);
    case Kind::list: return decode_list(field, given);
    case Kind::map: return decode_map(field, given);
    case Kind::json: return JsonValue(&given);
  }
  return fail(Code::internal, "a field of no known kind");
}

Result<Fields> decode_fields(const FieldList& fields, const Captures& captured, const json::Value* body, Arena& scratch) {
  Fields decoded;
  decoded.reserve(fields.size());
  for (const FieldInfo* field : fields) {
    const auto capture = std::ranges::find(captured, field->name, &Captures::value_type::first);
    if (capture != captured.end()) {
      const auto* text = scratch.make<json::Value>(json::Value{.type = json::Type::string, .text = capture->second});
      decoded.emplace_back(field, TRY(decode_value(*field, *text, scratch)));
      continue;
    }
    const json::Value* given = body ? body->find(field->name) : nullptr;
    // As in Vault an explicit null is no value, "", 0 or false, and only a duration is not there at all.
    if (given && !(given->is_null() && field->kind == Kind::duration)) decoded.emplace_back(field, TRY(decode_value(*field, *given, scratch)));
    else if (!field->fallback.empty()) {
      const auto* text = scratch.make<json::Value>(json::Value{.type = json::Type::string, .text = field->fallback});
      decoded.emplace_back(field, TRY(decode_value(*field, *text, scratch)));
    }
  }
  return decoded;
}

Oddities odd_parameters(const FieldList& fields, const Captures& captured, const json::Value* body) {
  Oddities odd;
  if (!body) return odd;
  for (const auto& member : body->members) {
    if (std::ranges::any_of(captured, [&](const auto& capture) { return capture.first == member.key; })) odd.replaced.emplace_back(member.key);
    else if (std::ranges::none_of(fields, [&](const FieldInfo* field) { return field->name == member.key; })) odd.unknown.emplace_back(member.key);
  }
  return odd;
}

}  // namespace sr
