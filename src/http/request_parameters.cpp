#include "http/request_parameters.h"
#include <map>
#include "base/concat.h"
#include "base/path.h"

namespace sr::http {
namespace {

// In a query and a form '+' is a blank.
Result<std::string_view> decode_component(std::string_view encoded, Arena& arena) {
  if (encoded.find_first_of("%+") == std::string_view::npos) return arena.copy(encoded);  // the request goes before its fields do
  std::string blanks(encoded);
  std::ranges::replace(blanks, '+', ' ');
  const auto decoded = percent_decode(blanks);
  if (!decoded) return fail(Code::invalid, "invalid URL escape in query");
  return arena.copy(*decoded);
}

std::string_view media_type(const Request& request) {
  const std::string* header = request.header("Content-Type");
  if (!header) return {};
  std::string_view type = std::string_view(*header).substr(0, header->find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  while (type.starts_with(' ')) type.remove_prefix(1);
  return type;
}

std::string_view go_type(json::Type type) {
  switch (type) {
    case json::Type::array: return "array";
    case json::Type::string: return "string";
    case json::Type::number: return "number";
    case json::Type::boolean: return "bool";
    default: return "value";
  }
}

}  // namespace

Result<Pairs> parse_query(std::string_view query, Arena& arena) {
  Pairs pairs;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = TRY(decode_component(pair.substr(0, equals), arena));
    const auto value = TRY(decode_component(pair.substr(std::min(equals + 1, pair.size())), arena));
    pairs.emplace_back(name, value);
    if (pairs.size() > limits::json_strings) return fail(Code::invalid, "too many parameters in the query");
  }
  return pairs;
}

const std::string_view* find(const Pairs& pairs, std::string_view name) {
  const auto found = std::ranges::find(pairs, name, &Pairs::value_type::first);
  return found == pairs.end() ? nullptr : &found->second;
}

const json::Value* object_of(const Pairs& pairs, Arena& arena) {
  if (pairs.empty()) return nullptr;
  std::map<std::string_view, std::vector<std::string_view>> grouped;
  for (const auto& [name, value] : pairs) grouped[name].push_back(value);
  const auto members = arena.make_array<json::Member>(grouped.size());
  std::size_t at = 0;
  for (const auto& [name, values] : grouped) {
    json::Member& member = members[at++];
    member.key = name;
    if (values.size() == 1) {
      member.value = {.type = json::Type::string, .text = values.front()};
      continue;
    }
    const auto items = arena.make_array<json::Value>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) items[i] = {.type = json::Type::string, .text = values[i]};
    member.value = {.type = json::Type::array, .items = items};
  }
  return arena.make<json::Value>(json::Value{.type = json::Type::object, .members = members});
}

Result<const json::Value*> parse_body(const Request& request, Arena& arena) {
  const std::string_view text = request.body.view();
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return nullptr;
  const auto type = media_type(request);
  // curl -d says that it sends a form, whatever it sends: what looks like JSON is JSON.
  if (same_name(type, "application/x-www-form-urlencoded") && text[text.find_first_not_of(" \t\r\n")] != '{')
    return object_of(TRY(parse_query(arena.copy(text), arena)), arena);
  auto parsed = json::parse(arena, arena.copy(text));
  if (!parsed && parsed.error().code == Code::too_large) return fail(Code::invalid, "refused JSON input due to high complexity: " + parsed.error().message);
  if (!parsed) return fail(Code::invalid, "failed to decode JSON input: " + parsed.error().message);
  if ((*parsed)->is_null()) return nullptr;
  if (!(*parsed)->is_object())
    return fail(Code::invalid, concat("failed to decode JSON input: json: cannot unmarshal ", go_type((*parsed)->type), " into Go value of type map[string]interface {}"));
  return *parsed;
}

Result<void> check_patch_type(const Request& request) {
  const auto type = media_type(request);
  if (type.empty()) return fail(Code::invalid, "mime: no media type");
  if (!same_name(type, "application/merge-patch+json"))
    return fail(Code::media, concat("PATCH requires Content-Type of application/merge-patch+json, provided ", type));
  return {};
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const auto yes : {"1", "t", "T", "true", "TRUE", "True"})
    if (text == yes) return true;
  for (const auto no : {"0", "f", "F", "false", "FALSE", "False"})
    if (text == no) return false;
  return std::nullopt;
}

}  // namespace sr::http
