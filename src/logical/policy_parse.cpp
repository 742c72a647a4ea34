#include <algorithm>
#include <array>
#include <optional>
#include "base/limits.h"
#include "logical/policy.h"
#include "text/hcl.h"
#include "text/lower.h"

namespace sr {

namespace {

constexpr std::array<std::string_view, 2> policy_keys = {"name", "path"};
constexpr std::array<std::string_view, 11> stanza_keys = {
    "comment",          "policy",           "capabilities",     "allowed_parameters", "denied_parameters", "required_parameters",
    "min_wrapping_ttl", "max_wrapping_ttl", "pagination_limit", "expiration",         "list_scan_response_keys_filter_path"};
// They restrict, and nothing enforces them yet.
constexpr std::array<std::string_view, 4> unsupported_keys = {"mfa_methods", "control_group", "subscribe_event_types", "control_groups"};

std::unexpected<Error> bad(std::string message) { return fail(Code::invalid, std::move(message)); }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out += '"';
}

std::string at_path(std::string_view path, std::string_view message) { return "path " + quoted(path) + ": " + std::string(message); }

template <std::size_t n> bool is_one_of(const std::array<std::string_view, n>& list, std::string_view key) {
  return std::ranges::find(list, key) != list.end();
}

// Every wrong key in one message, in the form of Go's multierror that clients print.
template <std::size_t n>
Result<void> check_keys(const hcl::Value& object, const std::array<std::string_view, n>& known, const std::string& prefix) {
  std::size_t count = 0;
  std::string wrong;
  for (const hcl::Item& item : object.items) {
    if (is_one_of(known, item.key)) continue;
    ++count;
    wrong += "\n\t* " + prefix + "invalid key " + quoted(item.key) + " on line " + std::to_string(item.line);
  }
  if (count == 0) return {};
  return bad(std::to_string(count) + (count == 1 ? " error occurred:" : " errors occurred:") + wrong + "\n\n");
}

std::optional<Capability> parse_capability(std::string_view text) {
  for (unsigned i = 0; i < capability_count; ++i)
    if (name_of(static_cast<Capability>(i)) == text) return static_cast<Capability>(i);
  return std::nullopt;
}

// The single word that stood for capabilities before there were any.
std::optional<CapabilitySet> parse_legacy_policy(std::string_view text) {
  using enum Capability;
  if (text == "deny") return CapabilitySet{deny};
  if (text == "read") return CapabilitySet{read, list};
  if (text == "write") return CapabilitySet{create, read, update, remove, list};
  if (text == "sudo") return CapabilitySet{create, read, update, remove, list, sudo};
  return std::nullopt;
}

// ---- templates ----------------------------------------------------------------------------------------------------------

// Whether the path holds {{...}}; an error where the braces do not pair up.
Result<bool> find_templates(std::string_view path) {
  bool found = false;
  for (;;) {
    const std::size_t open = path.find("{{");
    if (path.substr(0, open).find("}}") != path.npos) return bad("failed to validate policy templating: unbalanced templating characters");
    if (open == path.npos) return found;
    path.remove_prefix(open + 2);
    const std::size_t close = path.find("}}");
    if (close == path.npos || path.substr(0, close).find("{{") != path.npos)
      return bad("failed to validate policy templating: unbalanced templating characters");
    path.remove_prefix(close + 2);
    found = true;
  }
}

// ---- parameters ---------------------------------------------------------------------------------------------------------

Result<json::Text> to_json(const hcl::Value& value);

Result<json::Text> object_to_json(const hcl::Value& value) {
  json::Object object;
  for (const hcl::Item& item : value.items) {
    if (!item.labels.empty()) return hcl::fail_at(item.line, "a block cannot be the value of a parameter");
    const json::Text member = TRY(to_json(item.value));
    object.put_raw(item.key, member.text);
  }
  return json::Text{object.text()};
}

Result<json::Text> number_to_json(const hcl::Value& value) {
  Arena arena;
  if (json::parse(arena, value.text)) return json::Text{value.text};
  const std::int64_t number = TRY(hcl::to_integer({.key = "value", .labels = {}, .value = value, .line = value.line}));  // 0x1f, 0755
  return json::Text{std::to_string(number)};
}

Result<json::Text> to_json(const hcl::Value& value) {
  switch (value.type) {
    case hcl::Type::null: return json::Text{"null"};
    case hcl::Type::boolean: return json::Text{value.flag ? "true" : "false"};
    case hcl::Type::number: return number_to_json(value);
    case hcl::Type::string: {
      Buffer out;
      json::quote(out, value.text);
      return json::Text{std::string(out.view())};
    }
    case hcl::Type::list: {
      json::Array array;
      for (const hcl::Value& element : value.list) {
        const json::Text text = TRY(to_json(element));
        array.add_raw(text.text);
      }
      return json::Text{array.text()};
    }
    case hcl::Type::object: return object_to_json(value);
  }
  return json::Text{"null"};
}

Result<ParameterRules> parse_parameters(const hcl::Item& item) {
  if (!item.value.is_object() || !item.labels.empty()) return bad(quoted(item.key) + " must be an object of lists");
  ParameterRules rules;
  for (const hcl::Item& parameter : item.value.items) {
    if (!parameter.value.is_list() || !parameter.labels.empty())
      return bad("values of " + quoted(parameter.key) + " in " + quoted(item.key) + " must be a list");
    std::vector<json::Text> values;
    for (const hcl::Value& value : parameter.value.list) values.push_back(TRY(to_json(value)));
    // "Name" and "name" are one parameter: joined as two policies would be, where an empty list is any value.
    const auto [at, is_new] = rules.try_emplace(to_lower(parameter.key), values);
    if (is_new || at->second.empty()) continue;
    if (values.empty()) at->second.clear();
    else at->second.insert(at->second.end(), values.begin(), values.end());
  }
  return rules;
}

// ---- one stanza ---------------------------------------------------------------------------------------------------------

Result<std::vector<std::string>> parse_list(const hcl::Item& item) {
  if (!item.value.is_list()) return bad(quoted(item.key) + " must be a list");
  std::vector<std::string> texts;
  for (const hcl::Value& value : item.value.list) {
    if (value.type != hcl::Type::string && value.type != hcl::Type::number && value.type != hcl::Type::boolean)
      return bad(quoted(item.key) + " must be a list of strings");
    texts.push_back(value.type == hcl::Type::boolean ? (value.flag ? "1" : "0") : value.text);
  }
  return texts;
}

Result<std::chrono::nanoseconds> parse_wrapping_ttl(const hcl::Item& item) {
  const auto ttl = hcl::to_duration(item);
  if (!ttl) return bad("error parsing " + item.key + ": " + ttl.error().message);
  if (*ttl < Duration::zero()) return bad("error parsing " + item.key + ": cannot be negative");
  return *ttl;
}

Result<void> parse_field(PathRule& rule, const hcl::Item& item) {
  if (item.key == "policy") {
    const std::string word = TRY(hcl::to_text(item));
    if (word.empty()) return {};
    const auto legacy = parse_legacy_policy(word);
    if (!legacy) return bad("invalid policy " + quoted(word));
    rule.capabilities.add(*legacy);
  } else if (item.key == "capabilities") {
    for (const std::string& word : TRY(parse_list(item))) {
      const auto capability = parse_capability(word);
      if (!capability) return bad("invalid capability " + quoted(word));
      rule.capabilities.add(*capability);
      if (*capability == Capability::deny) break;  // what follows a deny says nothing
    }
  } else if (item.key == "allowed_parameters") {
    rule.allowed_parameters = TRY(parse_parameters(item));
  } else if (item.key == "denied_parameters") {
    rule.denied_parameters = TRY(parse_parameters(item));
  } else if (item.key == "required_parameters") {
    for (const std::string& name : TRY(parse_list(item))) rule.required_parameters.push_back(to_lower(name));
  } else if (item.key == "min_wrapping_ttl") {
    rule.min_wrapping_ttl = TRY(parse_wrapping_ttl(item));
  } else if (item.key == "max_wrapping_ttl") {
    rule.max_wrapping_ttl = TRY(parse_wrapping_ttl(item));
  } else if (item.key == "pagination_limit") {
    rule.pagination_limit = TRY(hcl::to_integer(item));
    if (rule.pagination_limit < 0) return bad("\"pagination_limit\" cannot be negative");
  } else if (item.key == "expiration") {
    const std::string text = TRY(hcl::to_text(item));
    if (text.empty()) return {};
    rule.expiration = parse_time(text);
    if (!rule.expiration) return bad("invalid expiration time: could not parse string as date and time");
  } else if (item.key == "list_scan_response_keys_filter_path") {
    const std::string text = TRY(hcl::to_text(item));
    if (!text.empty()) rule.keys_filter = TRY(KeyFilter::parse(text));
  }
  return {};
}

// Sets the pattern, and what kind of pattern it is.
Result<void> parse_pattern(PathRule& rule, std::string_view path) {
  rule.is_templated = TRY(find_templates(path));
  if (path.starts_with('/')) path.remove_prefix(1);  // "/secret" is meant as "secret"
  if (path.find("+*") != path.npos) return bad(at_path(path, "invalid use of wildcards ('+*' is forbidden)"));
  rule.pattern = path;
  rule.is_prefix = path.ends_with('*');
  rule.has_wildcard_segments = path == "+" || path.starts_with("+/") || path.find("/+") != path.npos;
  return {};
}

Result<PathRule> parse_stanza(const hcl::Block& block) {
  const std::string& path = block.labels.front();
  PathRule rule;
  TRY(parse_pattern(rule, path));

  for (const hcl::Item& item : block.body->items)
    if (is_one_of(unsupported_keys, item.key)) return bad(at_path(path, quoted(item.key) + " is not supported"));
  TRY(check_keys(*block.body, stanza_keys, "path " + quoted(path) + ": "));
  for (const hcl::Item& item : block.body->items) {
    const auto read = parse_field(rule, item);
    if (!read) return bad(at_path(path, read.error().message));
  }
  if (rule.min_wrapping_ttl > Duration::zero() && rule.max_wrapping_ttl > Duration::zero() && rule.max_wrapping_ttl < rule.min_wrapping_ttl)
    return bad(at_path(path, "max_wrapping_ttl cannot be less than min_wrapping_ttl"));

  if (rule.capabilities.denies()) {  // alone, whatever stands beside it
    rule = PathRule{.pattern = std::move(rule.pattern),
                    .is_prefix = rule.is_prefix,
                    .has_wildcard_segments = rule.has_wildcard_segments,
                    .is_templated = rule.is_templated,
                    .capabilities = {Capability::deny},
                    .expiration = rule.expiration};
  }
  if (!rule.keys_filter.empty() && !rule.capabilities.has(Capability::list))
    return bad(at_path(path, "list_scan_response_keys_filter_path needs to be used on a path with the list capability"));
  return rule;
}

Result<std::vector<PathRule>> parse_rules(std::string_view text) {
  const hcl::Value root = TRY(hcl::parse(text, {.bytes = limits::policy_bytes}));
  TRY(check_keys(root, policy_keys, ""));
  // Read by OpenBao and then replaced by the name in the request; so only its type is looked at.
  if (const hcl::Item* name = root.find("name")) TRY(hcl::to_text(*name));

  const auto stanzas = TRY(hcl::blocks(root, "path", 1));
  if (stanzas.size() > limits::policy_rules) return bad("more than " + std::to_string(limits::policy_rules) + " paths");
  std::vector<PathRule> rules;
  rules.reserve(stanzas.size());
  for (const hcl::Block& stanza : stanzas) rules.push_back(TRY(parse_stanza(stanza)));
  return rules;
}

}  // namespace

Result<Policy> parse_policy(PolicyName name, std::string_view text) {
  auto rules = parse_rules(text);
  if (!rules) return bad("failed to parse policy: " + rules.error().message);
  return Policy{.name = std::move(name), .text = std::string(text), .rules = *std::move(rules)};
}

}  // namespace sr
