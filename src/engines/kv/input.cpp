#include "engines/kv/input.h"
#include <limits>
#include <charconv>
#include <set>
#include "base/concat.h"
#include "engines/kv/fields.h"
#include "base/utf8.h"

namespace sr::kv {
namespace {

constexpr std::size_t custom_keys_max = 64, custom_key_bytes_max = 128, custom_value_bytes_max = 512;

std::string expected_object(const FieldInfo& field, std::string_view place, const json::Value& given) {
  return concat("error converting input for field \"", field.name, "\": '", place,
                "' expected type 'map[string]interface {}', got unconvertible type '", go_type(given), "'");
}

std::string shown(std::string_view text) {
  Buffer quoted;
  json::quote(quoted, text);
  return std::string(quoted.view());
}

// One complaint, framed as Go's multierror prints it.
std::unexpected<Error> bad_custom(std::string_view what) {
  return fail(Code::invalid, concat("1 error occurred:\n\t* custom_metadata validation failed: ", what, "\n\n"));
}

Result<void> check_custom(const StringMap& custom) {
  if (custom.size() > custom_keys_max)
    return bad_custom(concat("payload must contain at most ", std::to_string(custom_keys_max), " keys, provided ", std::to_string(custom.size())));
  for (const auto& [key, value] : custom) {
    if (key.empty() || key.size() > custom_key_bytes_max)
      return bad_custom(concat("length of key ", shown(key), " is ", std::to_string(key.size()), " but must be 0 < len(key) <= ", std::to_string(custom_key_bytes_max)));
    if (value.empty() || value.size() > custom_value_bytes_max)
      return bad_custom(concat("length of value for key ", shown(key), " is ", std::to_string(value.size()), " but must be 0 < len(value) <= ",
                               std::to_string(custom_value_bytes_max)));
    if (!utf8::is_printable(key)) return bad_custom(concat("key ", shown(key), " (", key, ") contains unprintable characters"));
    if (!utf8::is_printable(value)) return bad_custom(concat("value for key ", shown(key), " contains unprintable characters"));
  }
  return {};
}

Result<void> take_custom(StringMap& custom, std::string_view key, const json::Value& value) {
  if (value.is_object() || value.is_array())
    return fail(Code::invalid, concat("custom_metadata validation failed: '' expected type 'string', got unconvertible type '", go_type(value), "'"));
  custom.insert_or_assign(std::string(key), std::string(value.type == json::Type::boolean ? (value.flag ? "1" : "0") : value.text));
  return {};
}

}  // namespace

Result<const json::Value*> object_of(const FieldInfo& field, JsonValue given) {
  if (given->is_object()) return given;
  if (given->is_null() || (given->is_array() && given->items.empty())) return nullptr;
  if (given->is_array()) return fail(Code::invalid, expected_object(field, "[0]", given->items.front()));
  return fail(Code::invalid, expected_object(field, "", *given));
}

Result<void> check_cas(Call& call, const Config& config, const Meta& meta) {
  const JsonValue* given = call.find(field::options);
  const json::Value* chosen = given ? TRY(object_of(field::options, *given)) : nullptr;
  const json::Value* cas = chosen ? chosen->find("cas") : nullptr;
  if (!cas) {
    if (config.cas_required || meta.cas_required) return fail(Code::invalid, "check-and-set parameter required for this call");
    return {};
  }
  static constexpr IntegerField number{"cas", ""};
  const auto expected = decode_value(number, *cas, call.arena());
  if (!expected) return fail(Code::invalid, "error parsing check-and-set parameter");
  if (std::get<std::int64_t>(*expected) != meta.current) return fail(Code::invalid, "check-and-set parameter did not match the current version");
  return {};
}

Result<std::vector<VersionNumber>> version_numbers(Call& call, std::string_view missing) {
  std::set<VersionNumber> numbers;
  const Strings& given = call[field::versions];
  for (std::size_t i = 0; i < given.size(); ++i) {
    VersionNumber number = 0;
    const auto [end, problem] = std::from_chars(given[i].data(), given[i].data() + given[i].size(), number);
    if (problem != std::errc{} || end != given[i].data() + given[i].size())
      return fail(Code::invalid, concat("Field validation failed: error converting input for field \"versions\": decoding failed due to the following error(s):\n\n'[",
                                        std::to_string(i), "]' cannot parse value as 'int': strconv.ParseInt: invalid syntax"));
    numbers.insert(number);
  }
  if (numbers.empty()) return fail(Code::invalid, std::string(missing));
  if (numbers.size() > static_cast<std::size_t>(removals_max))
    return fail(Code::invalid, concat("too many versions at once, the limit is ", std::to_string(removals_max)));
  return std::vector<VersionNumber>(numbers.begin(), numbers.end());
}

Result<StringMap> read_custom(JsonValue given) {
  const json::Value* object = TRY(object_of(field::custom_metadata, given));
  StringMap custom;
  for (const auto& [key, value] : object ? object->members : std::span<const json::Member>()) TRY(take_custom(custom, key, value));
  TRY(check_custom(custom));
  return custom;
}

Result<StringMap> patch_custom(StringMap custom, JsonValue given) {
  const json::Value* object = TRY(object_of(field::custom_metadata, given));
  if (!object) return StringMap{};
  for (const auto& [key, value] : object->members) {
    if (value.is_null()) custom.erase(std::string(key));
    else TRY(take_custom(custom, key, value));
  }
  TRY(check_custom(custom));
  return custom;
}

bool is_given(const Call& call, const FieldInfo& field) { return call.body() && call.body()->find(field.name); }

Reply nothing_to_patch() { return Reply::raw("application/json", {}).status(404); }

std::uint32_t version_limit(std::int64_t wanted) {
  constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  return wanted < 0 || wanted > none ? none : static_cast<std::uint32_t>(wanted);
}

}  // namespace sr::kv
