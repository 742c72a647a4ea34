#include "sys/mount_settings.h"
#include <charconv>
#include "base/concat.h"
#include "text/duration.h"

namespace sr::sys {
namespace {

using namespace setting;

// One of the settings; nothing when it was not sent, be it as null.
Result<std::optional<Value>> find(const json::Value& given, const FieldInfo& field, Arena& scratch) {
  const auto* value = given.find(field.name);
  if (!value || value->is_null()) return std::nullopt;
  auto decoded = decode_value(field, *value, scratch);
  if (!decoded) return fail(decoded.error().code, concat("Field validation failed: ", decoded.error().message));
  return std::move(*decoded);
}
std::string_view text_of(const Value& value) { return std::get<std::string_view>(value); }

// "system" is nothing; so is 0.
Result<Seconds> parse_time(std::string_view name, std::string_view text) {
  if (text == "system") return Seconds(0);
  const auto duration = parse_duration(text);
  if (!duration) return fail(Code::invalid, duration_problem(text));
  const auto time = std::chrono::floor<Seconds>(*duration);
  if (time < Seconds(0)) return fail(Code::invalid, concat(name, " cannot be negative"));
  return time;
}

Result<void> take_ttl(const json::Value& given, const TextField& field, std::string_view name, Occasion occasion, Seconds& target, Arena& scratch) {
  const auto value = TRY(find(given, field, scratch));
  if (!value || text_of(*value).empty()) return {};
  auto ttl = parse_time(field.name, text_of(*value));
  if (!ttl && occasion == Occasion::enable) return fail(Code::invalid, concat("unable to parse ", name, " TTL: ", ttl.error().message));
  target = TRY(std::move(ttl));
  return {};
}

Result<void> take_token_type(std::string_view text, Occasion occasion, MountEntry& entry) {
  if (!entry.is_auth()) return occasion == Occasion::enable ? Result<void>() : fail(Code::invalid, "'token_type' can only be modified on auth mounts");
  if (entry.type == "token") return fail(Code::invalid, "'token_type' cannot be set for 'token' or 'ns_token' auth mounts");
  static constexpr std::string_view known[] = {"", "service", "batch", "default-service", "default-batch"};
  if (std::ranges::find(known, text) == std::end(known)) return fail(Code::invalid, "invalid value for 'token_type'");
  entry.token_type = text.empty() ? "default-service" : std::string(text);
  return {};
}

// ---- lockout of users -------------------------------------------------------------------------------------------------------
bool counts_failed_logins(const Spec& spec) { return std::ranges::any_of(spec.routes, [](const Route& route) { return route.who != nullptr; }); }

Result<std::optional<std::uint64_t>> parse_threshold(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size())
    return fail(Code::invalid, concat("unable to parse user lockout threshold: strconv.ParseUint: parsing \"", text, "\": invalid syntax"));
  return number > 0 ? std::optional(number) : std::nullopt;
}

// A member that is left out, or empty, stays; "system" and 0 give the word back to the server. Vault's documentation and its command
// line have two names for one of them.
Result<void> take_lockout(const json::Value& given, LockoutSettings& settings, Arena& scratch) {
  constexpr TextField text_field{"user_lockout_config", ""};
  constexpr FlagField flag_field{"lockout_disable", ""};
  for (const auto& [name, value] : given.members) {
    if (value.is_null()) continue;
    if (name == flag_field.name) {
      const auto flag = decode_value(flag_field, value, scratch);
      if (!flag) return fail(Code::invalid, "unable to convert given user lockout config information");
      settings.disabled = std::get<bool>(*flag);
      continue;
    }
    const bool is_threshold = name == "lockout_threshold", is_duration = name == "lockout_duration";
    const bool is_reset = name == "lockout_counter_reset_duration" || name == "lockout_counter_reset";
    if (!is_threshold && !is_duration && !is_reset) return fail(Code::invalid, concat("user_lockout_config has no parameter \"", name, "\""));
    const auto decoded = decode_value(text_field, value, scratch);
    if (!decoded) return fail(Code::invalid, "unable to convert given user lockout config information");
    const std::string_view text = text_of(*decoded);
    if (text.empty()) continue;
    if (is_threshold) {
      settings.threshold = TRY(parse_threshold(text));
      continue;
    }
    const Seconds time = TRY(parse_time(name, text));
    (is_duration ? settings.duration : settings.counter_reset) = time > Seconds(0) ? std::optional(time) : std::nullopt;
  }
  return {};
}

json::Object print_lockout(const LockoutSettings& settings) {
  json::Object shown;
  shown.put("user_lockout_threshold", settings.threshold.value_or(0))
      .put("user_lockout_duration", settings.duration.value_or(Seconds(0)).count())
      .put("user_lockout_counter_reset_duration", settings.counter_reset.value_or(Seconds(0)).count())
      .put("user_lockout_disable", settings.disabled.value_or(false));
  return shown;
}

void put_common(json::Object& out, const MountEntry& entry) {
  const auto list = [&](const ListField& field, const Strings& values) {
    if (!values.empty()) out.put(field.name, std::span<const std::string>(values));
  };
  list(plain_request_keys, entry.audit_plain_request_keys);
  list(plain_response_keys, entry.audit_plain_response_keys);
  list(request_headers, entry.passthrough_request_headers);
  list(response_headers, entry.allowed_response_headers);
  out.put(force_no_cache.name, entry.force_no_cache);
  if (!entry.listing_visibility.empty()) out.put(listing_visibility.name, entry.listing_visibility);
  if (entry.is_auth()) out.put(token_type.name, entry.token_type.empty() ? std::string("default-service") : entry.token_type);
}

}  // namespace

std::string mount_path(std::string_view given, bool auth) {
  while (given.ends_with('/')) given.remove_suffix(1);
  while (given.starts_with('/')) given.remove_prefix(1);
  return concat(auth ? "auth/" : "", given, "/");
}
std::unexpected<Error> no_versions(std::string_view engine, bool auth) {
  return fail(Code::invalid, concat(auth ? "auth method \"" : "secrets engine \"", engine, "\" does not allow setting a version"));
}

FieldList tunable_settings() {
  return {&default_lease_ttl, &max_lease_ttl, &listing_visibility, &token_type, &plain_request_keys, &plain_response_keys, &request_headers, &response_headers, &user_lockout};
}

Result<void> take_settings(const json::Value& given, const Spec& spec, Occasion occasion, MountEntry& entry, Arena& scratch) {
  TRY(take_ttl(given, default_lease_ttl, "default", occasion, entry.ttl_default, scratch));
  TRY(take_ttl(given, max_lease_ttl, "max", occasion, entry.ttl_max, scratch));
  if (const auto* lockout = given.find(user_lockout.name); lockout && !lockout->is_null()) {
    if (!lockout->is_object())
      return fail(Code::invalid, concat("Field validation failed: error converting input for field \"user_lockout_config\": '' expected type 'map[string]interface {}', got unconvertible type '",
                                        go_type(*lockout), "'"));
    if (!lockout->members.empty()) {
      if (!counts_failed_logins(spec)) return fail(Code::invalid, concat("tuning of user lockout configuration for auth type \"", entry.type, "\" not allowed"));
      if (!entry.lockout) entry.lockout.emplace();
      TRY(take_lockout(*lockout, *entry.lockout, scratch));
    }
  }
  if (const auto value = TRY(find(given, listing_visibility, scratch))) {
    const auto text = text_of(*value);
    if (text != "" && text != "unauth" && text != "hidden") return fail(Code::invalid, concat("invalid listing_visibility ", text));
    entry.listing_visibility = text;
  }
  if (const auto value = TRY(find(given, token_type, scratch))) TRY(take_token_type(text_of(*value), occasion, entry));
  for (const auto& [field, target] : {std::pair(&plain_request_keys, &entry.audit_plain_request_keys), std::pair(&plain_response_keys, &entry.audit_plain_response_keys),
                                      std::pair(&request_headers, &entry.passthrough_request_headers), std::pair(&response_headers, &entry.allowed_response_headers)})
    if (auto value = TRY(find(given, *field, scratch))) *target = std::get<Strings>(std::move(*value));
  if (occasion == Occasion::enable)
    if (const auto value = TRY(find(given, force_no_cache, scratch))) entry.force_no_cache = std::get<bool>(*value);
  return {};
}

json::Object print_options(const MountEntry& entry) {
  json::Object options;
  for (const auto& [key, value] : entry.options) options.put(key, value);
  return options;
}

json::Object print_config(const MountEntry& entry) {
  json::Object config;
  put_common(config, entry);
  config.put(default_lease_ttl.name, entry.ttl_default.count()).put(max_lease_ttl.name, entry.ttl_max.count());
  if (entry.lockout) config.put(user_lockout.name, print_lockout(*entry.lockout));
  return config;
}

json::Object print_tune(const Mount& mount, Seconds system_default) {
  const MountEntry& entry = mount.entry;
  json::Object shown = entry.lockout ? print_lockout(*entry.lockout) : json::Object();
  put_common(shown, entry);
  shown.put(default_lease_ttl.name, (entry.ttl_default > Seconds(0) ? entry.ttl_default : system_default).count()).put(max_lease_ttl.name, mount.host->ttl_max().count()).put("description", entry.description);
  if (!entry.options.empty()) shown.put("options", print_options(entry));
  return shown;
}

}  // namespace sr::sys
