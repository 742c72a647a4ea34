// sys/mounts and sys/auth: one table, two views. Auth methods are mounted below auth/, and sys/auth leaves that out of its names.
#include <charconv>
#include "base/concat.h"
#include "sys/sys.h"
#include "text/duration.h"

namespace sr::sys {
namespace {

constexpr TextField path{"path", "Where to mount, for example \"team/secrets\"."};
constexpr TextField type{"type", "Type of the engine or method, for example \"kv\" or \"approle\"."};
constexpr TextField description{"description", "A sentence about the mount."};
constexpr JsonField config{"config", "Settings: default_lease_ttl, max_lease_ttl, listing_visibility, token_type and others."};
constexpr MapField options{"options", "Options of the engine, for example version=2 for kv."};
constexpr FlagField local{"local", "Not replicated to other clusters."};
constexpr FlagField seal_wrap{"seal_wrap", "Wrap the mount's keys once more by the seal."};
constexpr FlagField external_entropy{"external_entropy_access", "Draw randomness from outside."};
constexpr TextField plugin_name{"plugin_name", "Older spelling of type."};
constexpr TextField plugin_version{"plugin_version", "Version of an external plugin."};

constexpr TextField default_lease_ttl{"default_lease_ttl", "How long leases and tokens last when nobody says; \"system\" for the server's own."};
constexpr TextField max_lease_ttl{"max_lease_ttl", "How long they may last at most; \"system\" for the server's own."};
constexpr TextField listing_visibility{"listing_visibility", "Who sees the mount before a login: \"unauth\", \"hidden\" or nothing."};
constexpr TextField token_type{"token_type", "Type of the tokens of an auth method."};
constexpr ListField plain_request_keys{"audit_non_hmac_request_keys", "Names whose values the audit log shows as they are, in requests."};
constexpr ListField plain_response_keys{"audit_non_hmac_response_keys", "The same in answers."};
constexpr ListField request_headers{"passthrough_request_headers", "Headers that the engine may see."};
constexpr ListField response_headers{"allowed_response_headers", "Headers that the engine may set."};
constexpr FlagField force_no_cache{"force_no_cache", "Read the mount's rows past the cache."};
constexpr RefusedField user_lockout{"user_lockout_config", "Lockout of users after failed logins."};

constexpr std::array<const FieldInfo*, 9> config_fields{&default_lease_ttl, &max_lease_ttl, &listing_visibility, &token_type, &plain_request_keys,
                                                        &plain_response_keys, &request_headers, &response_headers, &force_no_cache};

std::string mount_path(std::string_view given, bool auth) {
  while (given.ends_with('/')) given.remove_suffix(1);
  while (given.starts_with('/')) given.remove_prefix(1);
  return concat(auth ? "auth/" : "", given, "/");
}
std::string_view shown_path(const MountEntry& entry) { return std::string_view(entry.path).substr(entry.is_auth() ? 5 : 0); }

Result<Seconds> parse_ttl(std::string_view text) {
  if (text.empty() || text == "system") return Seconds(0);
  const auto duration = TRY(parse_duration(text));
  return std::max(std::chrono::floor<Seconds>(duration), Seconds(0));
}

// What `config` (at the mount) or the body (of a tune) says, applied to an entry.
Result<void> apply(const json::Value& given, MountEntry& entry, bool tuning, Arena& scratch) {
  const auto find = [&](const FieldInfo& field) -> Result<std::optional<Value>> {
    const auto* value = given.find(field.name);
    if (!value || value->is_null()) return std::nullopt;
    return TRY(decode_value(field, *value, scratch));
  };
  if (given.find("user_lockout_config") && !entry.is_auth())
    return fail(Code::invalid, concat("tuning of user lockout configuration for auth type \"", entry.type, "\" not allowed"));
  const auto text_of = [](const std::optional<Value>& value) { return std::get<std::string_view>(*value); };
  if (const auto value = TRY(find(default_lease_ttl))) {
    const auto ttl = parse_ttl(text_of(value));
    if (!ttl) return fail(Code::invalid, tuning ? ttl.error().message : concat("unable to parse default TTL: ", ttl.error().message));
    entry.ttl_default = *ttl;
  }
  if (const auto value = TRY(find(max_lease_ttl))) {
    const auto ttl = parse_ttl(text_of(value));
    if (!ttl) return fail(Code::invalid, tuning ? ttl.error().message : concat("unable to parse max TTL: ", ttl.error().message));
    entry.ttl_max = *ttl;
  }
  if (const auto value = TRY(find(listing_visibility))) {
    const auto text = text_of(value);
    if (text != "" && text != "unauth" && text != "hidden") return fail(Code::invalid, concat("invalid listing_visibility ", text));
    entry.listing_visibility = text;
  }
  if (const auto value = TRY(find(token_type))) {
    const auto text = text_of(value);
    if (!entry.is_auth() && tuning) return fail(Code::invalid, "'token_type' can only be modified on auth mounts");
    if (entry.is_auth()) {
      if (entry.type == "token") return fail(Code::invalid, "'token_type' cannot be set for 'token' or 'ns_token' auth mounts");
      if (text == "batch" || text == "default-batch") return fail(Code::invalid, "batch tokens are not supported yet");
      if (text != "" && text != "service" && text != "default-service") return fail(Code::invalid, "invalid value for 'token_type'");
      entry.token_type = text.empty() ? "default-service" : std::string(text);
    }
  }
  const auto list = [&](const ListField& field, Strings& target) -> Result<void> {
    if (auto value = TRY(find(field))) target = std::get<Strings>(std::move(*value));
    return {};
  };
  TRY(list(plain_request_keys, entry.audit_plain_request_keys));
  TRY(list(plain_response_keys, entry.audit_plain_response_keys));
  TRY(list(request_headers, entry.passthrough_request_headers));
  TRY(list(response_headers, entry.allowed_response_headers));
  if (const auto value = TRY(find(force_no_cache))) entry.force_no_cache = std::get<bool>(*value);
  return {};
}

Result<void> check_ttls(const MountEntry& entry, Seconds system_max) {
  if (entry.ttl_max > Seconds(0) && entry.ttl_default > entry.ttl_max) return fail(Code::invalid, "given default lease TTL greater than given max lease TTL");
  if (entry.ttl_max == Seconds(0) && entry.ttl_default > system_max)
    return fail(Code::invalid, concat("given default lease TTL greater than system max lease TTL of ", std::to_string(system_max.count())));
  return {};
}

void put_config(json::Object& out, const MountEntry& entry) {
  const auto list = [&](std::string_view name, const Strings& values) {
    if (!values.empty()) out.put(name, std::span<const std::string>(values));
  };
  list("audit_non_hmac_request_keys", entry.audit_plain_request_keys);
  list("audit_non_hmac_response_keys", entry.audit_plain_response_keys);
  list("passthrough_request_headers", entry.passthrough_request_headers);
  list("allowed_response_headers", entry.allowed_response_headers);
  out.put("force_no_cache", entry.force_no_cache);
  if (!entry.listing_visibility.empty()) out.put("listing_visibility", entry.listing_visibility);
  if (entry.is_auth()) out.put("token_type", entry.token_type.empty() ? std::string("default-service") : entry.token_type);
}

json::Object options_of(const MountEntry& entry) {
  json::Object given;
  for (const auto& [key, value] : entry.options) given.put(key, value);
  return given;
}

std::unexpected<Error> no_versions(std::string_view engine, bool auth) {
  return fail(Code::invalid, concat(auth ? "auth method \"" : "secrets engine \"", engine, "\" does not allow setting a version"));
}

// No version at all counts as 0 here.
Result<int> parse_version(std::string_view text) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && (problem != std::errc{} || end != text.data() + text.size()))
    return fail(Code::invalid, concat("unable to parse options: strconv.ParseInt: parsing \"", text, "\": invalid syntax"));
  return number;
}

// The options of a tune: an empty one takes the name away. Says which version the mount comes from when it is to become another.
Result<std::optional<int>> change_options(const StringMap& given, const Spec& spec, const Mounts& mounts, MountEntry& entry) {
  std::optional<int> from;
  for (const auto& [key, value] : given) {
    if (key != "version") {
      if (value.empty()) entry.options.erase(key);
      else entry.options[key] = value;
      continue;
    }
    if (spec.version.empty()) return no_versions(entry.type, entry.is_auth());
    const int before = TRY(parse_version(entry.option("version"))), wanted = TRY(parse_version(value));
    entry.options["version"] = std::to_string(wanted);
    const Spec* now = mounts.spec_of(entry);
    if (wanted == 0 || !now) return fail(Code::invalid, concat("invalid version provided: ", std::to_string(wanted)));
    if (wanted < before) return fail(Code::invalid, concat("cannot downgrade mount from version ", std::to_string(before)));
    if (now != &spec) from = before;
  }
  return from;
}

bool is_reserved(std::string_view mount) {
  for (const std::string_view reserved : {"sys/", "auth/", "audit/", "cubbyhole/", "identity/"})
    if (mount.starts_with(reserved)) return true;
  return false;
}

}  // namespace

json::Object describe(const MountEntry& entry) {
  json::Object settings;
  put_config(settings, entry);
  settings.put("default_lease_ttl", std::int64_t{entry.ttl_default.count()}).put("max_lease_ttl", std::int64_t{entry.ttl_max.count()});
  json::Object shown;
  shown.put("type", entry.type)
      .put("description", entry.description)
      .put("accessor", entry.accessor)
      .put("uuid", entry.uuid)
      .put("config", settings)
      .put("local", entry.local)
      .put("seal_wrap", entry.seal_wrap)
      .put("external_entropy_access", false)
      .put("plugin_version", "")
      .put("running_plugin_version", builtin_version())
      .put("running_sha256", "")
      .put("deprecation_status", "supported");
  if (entry.options.empty() && (entry.type == "system" || entry.type == "token" || entry.type == "cubbyhole")) shown.put("options", nullptr);
  else shown.put("options", options_of(entry));
  return shown;
}

// ---- reading --------------------------------------------------------------------------------------------------------------
Result<Reply> Sys::list_table(bool auth) {
  json::Object data;
  for (const auto& [at, mount] : core_.mounts().router()->mounts())
    if (mount->entry.is_auth() == auth) data.put(shown_path(mount->entry), describe(mount->entry));
  return Reply::injected(std::move(data));
}
Result<Reply> Sys::list_mounts(Call&) { return list_table(false); }
Result<Reply> Sys::list_auth(Call&) { return list_table(true); }

Result<Reply> Sys::show(Call& call, bool auth) {
  const auto router = core_.mounts().router();
  const std::string at = mount_path(call[path], auth);
  const Mount* mount = router->at(at);
  if (!mount) return fail(Code::invalid, auth ? concat("No auth engine at ", at.substr(5)) : concat("No secret engine mount at ", at));
  return Reply::injected(describe(mount->entry));
}
Result<Reply> Sys::read_mount(Call& call) { return show(call, false); }
Result<Reply> Sys::read_auth(Call& call) { return show(call, true); }

Result<Reply> Sys::show_tune(Call& call, bool auth) {
  const auto router = core_.mounts().router();
  const std::string at = mount_path(call[path], auth);
  const Mount* mount = router->at(at);
  if (!mount) return fail(Code::invalid, concat("cannot fetch sysview for path \"", at, "\""));
  json::Object data;
  put_config(data, mount->entry);
  const Seconds ttl_default = mount->entry.ttl_default > Seconds(0) ? mount->entry.ttl_default : core_.mounts().ttl_default;
  data.put("default_lease_ttl", std::int64_t{ttl_default.count()})
      .put("max_lease_ttl", std::int64_t{mount->host->ttl_max().count()})
      .put("description", mount->entry.description);
  if (!mount->entry.options.empty()) data.put("options", options_of(mount->entry));
  return Reply::injected(std::move(data));
}
Result<Reply> Sys::read_mount_tune(Call& call) { return show_tune(call, false); }
Result<Reply> Sys::read_auth_tune(Call& call) { return show_tune(call, true); }

// ---- changing -------------------------------------------------------------------------------------------------------------
Result<Reply> Sys::enable(Call& call, bool auth) {
  MountEntry entry;
  entry.path = mount_path(call[path], auth);
  std::string wanted(call[type]);
  if (wanted.empty() || wanted == "plugin") wanted = call[plugin_name];
  if (wanted.empty()) return fail(Code::invalid, "backend type must be specified as a string");
  if (call[path].ends_with('/')) return fail(Code::invalid, "cannot write to a path ending in '/'");
  if (!auth && is_reserved(entry.path)) return fail(Code::invalid, concat("cannot mount \"", entry.path, "\""));
  if (wanted == "token" && auth) return fail(Code::invalid, "token credential backend cannot be instantiated");
  if (!auth && (wanted == "system" || wanted == "token" || wanted == "cubbyhole" || wanted == "identity"))
    return fail(Code::invalid, concat("mount type of \"", wanted, "\" is not mountable"));
  entry.options = call[options];
  if (!auth && (wanted == "kv-v1" || wanted == "kv-v2")) {
    entry.options["version"] = wanted.substr(4);
    wanted = "kv";
  }
  if (!auth && wanted == "generic") wanted = "kv";  // what version 1 was called before there were others
  const Spec* lowest = core_.mounts().type(wanted, auth);
  if (!lowest) return fail(Code::invalid, concat("plugin not found in the catalog: ", wanted));
  if (lowest->version.empty() && !entry.option("version").empty()) return no_versions(wanted, auth);
  entry.type = std::move(wanted);
  if (!core_.mounts().spec_of(entry)) return fail(Code::invalid, concat("there is no version \"", entry.option("version"), "\" of ", entry.type));
  entry.description = call[description];
  entry.local = call[local];
  entry.seal_wrap = call[seal_wrap];
  if (auth) entry.token_type = "default-service";
  if (const auto* given = call.find(config); given && *given && !(*given)->is_null()) {
    if (!(*given)->is_object()) return fail(Code::invalid, "Field validation failed: error converting input for field \"config\": '' expected type 'map[string]interface {}'");
    TRY(apply(**given, entry, false, call.arena()));
  }
  TRY(check_ttls(entry, core_.mounts().ttl_max));
  TRY(core_.mounts().enable(call.storage().transaction(), std::move(entry)));
  return Reply::empty();
}
Result<Reply> Sys::enable_mount(Call& call) { return enable(call, false); }
Result<Reply> Sys::enable_auth(Call& call) { return enable(call, true); }

Result<Reply> Sys::disable(Call& call, bool auth) {
  const std::string at = mount_path(call[path], auth);
  if (auth && at == "auth/token/") return fail(Code::invalid, "token credential backend cannot be disabled");
  if (!auth && is_reserved(at)) return fail(Code::invalid, concat("cannot unmount \"", at, "\""));
  const auto router = core_.mounts().router();
  if (const Mount* mount = router->at(at)) TRY(core_.mounts().disable(call.storage().transaction(), *mount));
  return Reply::empty();
}
Result<Reply> Sys::disable_mount(Call& call) { return disable(call, false); }
Result<Reply> Sys::disable_auth(Call& call) { return disable(call, true); }

Result<Reply> Sys::tune(Call& call, bool auth) {
  const auto router = core_.mounts().router();
  const std::string at = mount_path(call[path], auth);
  const Mount* mount = router->at(at);
  if (!mount) return fail(Code::invalid, concat("tune of path \"", at, "\" failed: no mount entry found"));
  if (mount->key.empty()) {  // always there, and as it is
    const auto first = call.body() && !call.body()->members.empty() ? call.body()->members.front().key : std::string_view("description");
    return fail(Code::invalid, concat("cannot tune parameter ", first, " of ", at));
  }
  MountEntry changed = mount->entry;
  if (call.has(description)) changed.description = call[description];
  if (call.body()) TRY(apply(*call.body(), changed, true, call.arena()));
  const auto from_version = TRY(change_options(call[options], mount->spec, core_.mounts(), changed));
  if (changed.ttl_max > Seconds(0) && changed.ttl_default > changed.ttl_max)
    return fail(Code::invalid, concat("backend max lease TTL of ", std::to_string(changed.ttl_max.count()), " would be less than backend default lease TTL of ",
                                      std::to_string(changed.ttl_default.count())));
  const std::string to_version(changed.option("version"));
  TRY(core_.mounts().tune(call.storage().transaction(), *mount, std::move(changed)));
  if (!from_version) return Reply::empty();
  return Reply::empty().warn(concat("Upgrading mount from version ", std::to_string(*from_version), " to version ", to_version,
                                    ". This mount will be unavailable for a brief period and will resume service shortly."));
}
Result<Reply> Sys::tune_mount(Call& call) { return tune(call, false); }
Result<Reply> Sys::tune_auth(Call& call) { return tune(call, true); }

std::vector<Route> mount_routes() {
  const FieldList enabling{&path, &type, &description, &config, &options, &local, &seal_wrap, &external_entropy, &plugin_name, &plugin_version};
  FieldList tuning{&path, &description, &options, &plugin_version, &user_lockout};
  tuning.insert(tuning.end(), config_fields.begin(), config_fields.end());
  return {
      {.paths = {"mounts"}, .help = "List the currently mounted backends.", .verbs = {on<&Sys::list_mounts>(Op::read, "List the engines.", Cost::quick)}},
      {.paths = {"auth"}, .help = "The enabled auth methods.", .verbs = {on<&Sys::list_auth>(Op::read, "List the methods.", Cost::quick)}},
      {.paths = {"mounts/auth/{path...}/tune"}, .help = "Settings of one auth method.", .fields = tuning,
       .verbs = {on<&Sys::read_auth_tune>(Op::read, "Read the settings."), on<&Sys::tune_auth>(Op::update, "Change the settings.")}},
      {.paths = {"mounts/{path...}/tune"}, .help = "Settings of one secrets engine.", .fields = tuning,
       .verbs = {on<&Sys::read_mount_tune>(Op::read, "Read the settings."), on<&Sys::tune_mount>(Op::update, "Change the settings.")}},
      {.paths = {"auth/{path...}/tune"}, .help = "Settings of one auth method.", .fields = tuning,
       .verbs = {on<&Sys::read_auth_tune>(Op::read, "Read the settings."), on<&Sys::tune_auth>(Op::update, "Change the settings.")},
       .access = Access::root},
      {.paths = {"mounts/{path...}"}, .help = "One secrets engine.", .fields = enabling,
       .verbs = {on<&Sys::read_mount>(Op::read, "Read how it is mounted."), on<&Sys::enable_mount>(Op::update, "Mount an engine."),
                 on<&Sys::disable_mount>(Op::remove, "Unmount it: its secrets go with it.")}},
      {.paths = {"auth/{path...}"}, .help = "One auth method.", .fields = enabling,
       .verbs = {on<&Sys::read_auth>(Op::read, "Read how it is enabled."), on<&Sys::enable_auth>(Op::update, "Enable a method."),
                 on<&Sys::disable_auth>(Op::remove, "Disable it: its tokens are revoked.")},
       .access = Access::root},
  };
}

}  // namespace sr::sys
