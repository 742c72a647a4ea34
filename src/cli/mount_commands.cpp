// secrets and auth: the commands on engines and auth methods, which are alike but for their paths and words.
#include "cli/commands.h"
#include "cli/call.h"
#include "cli/go_text.h"
#include "cli/help.h"
#include "cli/login_methods.h"
#include "cli/progress.h"
#include "text/duration.h"

namespace sr::cli {
namespace {

struct Kind {
  std::string_view path;       // below /v1/, where they are listed and made
  std::string_view tune_path;  // in front of a mount's path, where it is tuned
  std::string_view list_error;
  std::string_view noun;       // "secrets engine"
};
constexpr Kind secrets{"sys/mounts/", "sys/mounts/", "Error listing secrets engines", "secrets engine"};
constexpr Kind auth{"sys/auth/", "sys/mounts/auth/", "Error listing enabled authentications", "auth method"};

// The settings that both enable and tune take, as they were given.
void add_given_settings(Call& call, json::Object& config) {
  static constexpr std::pair<std::string_view, std::string_view> lists[] = {{"audit-non-hmac-request-keys", "audit_non_hmac_request_keys"},
                                                                            {"audit-non-hmac-response-keys", "audit_non_hmac_response_keys"},
                                                                            {"passthrough-request-headers", "passthrough_request_headers"},
                                                                            {"allowed-response-headers", "allowed_response_headers"}};
  static constexpr std::pair<std::string_view, std::string_view> texts[] = {
      {"listing-visibility", "listing_visibility"}, {"token-type", "token_type"}, {"plugin-version", "plugin_version"}};
  for (const auto& [flag, key] : lists)
    if (call.flags.has(flag) && call.flags.given(flag)) config.put_raw(key, json_list(call.flags.list(flag)));
  for (const auto& [flag, key] : texts)
    if (call.flags.has(flag) && call.flags.given(flag)) config.put(key, call.flags.text(flag));
}

// -options, with -version among them; null when neither was given.
std::string options_json(Call& call) {
  json::Object options;
  for (const auto& [key, value] : call.flags.map("options")) options.put(key, value);
  if (call.flags.number("version") > 0) options.put("version", std::to_string(call.flags.number("version")));
  return options.empty() ? "null" : options.text();
}

int enable(Call& call, const Kind& kind) {
  std::string type = trimmed(call.args[0]);
  if (type == "plugin") type = call.flags.text("plugin-name");
  const std::string& given = call.flags.text("path");
  const std::string path = with_slash(given.empty() ? type : given);
  const auto duration = [&call](std::string_view flag) { return print_duration(Duration(call.flags.nanoseconds(flag))); };
  json::Object config;
  config.put("default_lease_ttl", duration("default-lease-ttl"));
  config.put("max_lease_ttl", duration("max-lease-ttl"));
  if (call.flags.has("force-no-cache")) config.put("force_no_cache", call.flags.on("force-no-cache"));
  add_given_settings(call, config);
  json::Object body;
  body.put("type", type);
  body.put("description", call.flags.text("description"));
  body.put("config", config);
  body.put("local", call.flags.on("local"));
  body.put("seal_wrap", call.flags.on("seal-wrap"));
  body.put("external_entropy_access", call.flags.on("external-entropy-access"));
  body.put_raw("options", options_json(call));
  const bool engine = &kind == &secrets;
  const MaybeAnswer enabled = call.session().write(std::string(kind.path) + path, body.text(), "POST");
  if (!enabled) return call.refused(engine ? "Error enabling" : "Error enabling " + type + " auth", enabled.error());
  const std::string& version = call.flags.text("plugin-version");
  const std::string thing = type + " " + std::string(kind.noun) + (version.empty() ? "" : " version " + version);
  call.ui.out("Success! Enabled " + std::string(engine ? "the " : "") + thing + " at: " + path);
  return success;
}

int disable(Call& call, const Kind& kind) {
  const std::string path = with_slash(sanitize_path(call.args[0]));
  const MaybeAnswer disabled = call.session().remove(std::string(kind.path) + path);
  if (!disabled) return call.refused("Error disabling " + std::string(kind.noun) + " at " + path, disabled.error());
  call.ui.out("Success! Disabled the " + std::string(kind.noun) + " (if it existed) at: " + path);
  return success;
}

// One mount for programs, in the order of the clients' structures; what the server adds beyond them is left out, as there.
std::string mount_json(const json::Value& mount) {
  const auto text = [](const json::Value& from, std::string_view key) { return quoted_json(text_of(from.find(key))); };
  const auto flag = [](const json::Value& from, std::string_view key) { return std::string(flag_of(from.find(key)) ? "true" : "false"); };
  static const json::Value none{.type = json::Type::object};
  const json::Value* found = mount.find("config");
  const json::Value& config = found != nullptr && found->is_object() ? *found : none;
  std::string settings = "\"default_lease_ttl\":" + std::to_string(number_of(config.find("default_lease_ttl"))) +
                         ",\"max_lease_ttl\":" + std::to_string(number_of(config.find("max_lease_ttl"))) + ",\"force_no_cache\":" + flag(config, "force_no_cache");
  for (const std::string_view key : {"audit_non_hmac_request_keys", "audit_non_hmac_response_keys", "listing_visibility", "passthrough_request_headers",
                                     "allowed_response_headers", "token_type", "allowed_managed_keys", "user_lockout_config"}) {
    const json::Value* value = config.find(key);
    const bool empty = value == nullptr || value->is_null() || (value->is_string() && value->text.empty()) || (value->is_array() && value->items.empty());
    if (!empty) settings += "," + quoted_json(key) + ":" + json::to_text(*value);
  }
  const json::Value* options = mount.find("options");
  return "{\"uuid\":" + text(mount, "uuid") + ",\"type\":" + text(mount, "type") + ",\"description\":" + text(mount, "description") +
         ",\"accessor\":" + text(mount, "accessor") + ",\"config\":{" + settings + "},\"options\":" + (options == nullptr ? "null" : json::to_text(*options)) +
         ",\"local\":" + flag(mount, "local") + ",\"seal_wrap\":" + flag(mount, "seal_wrap") + ",\"external_entropy_access\":" + flag(mount, "external_entropy_access") +
         ",\"plugin_version\":" + text(mount, "plugin_version") + ",\"running_plugin_version\":" + text(mount, "running_plugin_version") +
         ",\"running_sha256\":" + text(mount, "running_sha256") + ",\"deprecation_status\":" + text(mount, "deprecation_status") + "}";
}

Row mount_row(std::string_view path, const json::Value& mount, bool engine, bool all) {
  const auto text = [&mount](std::string_view key) { return std::string(text_of(mount.find(key))); };
  const auto flag = [&mount](std::string_view key) { return std::string(flag_of(mount.find(key)) ? "true" : "false"); };
  const std::string type = text("type");
  if (!all) {
    Row row{std::string(path), type, text("accessor"), text("description")};
    if (!engine) row.push_back(text("plugin_version"));
    return row;
  }
  const json::Value* config = mount.find("config");
  const auto ttl = [&](std::string_view key) -> std::string {
    if (type == "system" || type == "cubbyhole") return "";
    const std::int64_t seconds = config == nullptr ? 0 : number_of(config->find(key));
    return seconds == 0 ? "system" : std::to_string(seconds);
  };
  const json::Value* options = mount.find("options");
  const std::string third = engine ? (config != nullptr && flag_of(config->find("force_no_cache")) ? "true" : "false")
                                   : std::string(config == nullptr ? std::string_view() : text_of(config->find("token_type")));
  return {std::string(path), type, text("accessor"), ttl("default_lease_ttl"), ttl("max_lease_ttl"), third,
          flag_of(mount.find("local")) ? "local" : "replicated", flag("seal_wrap"), flag("external_entropy_access"),
          options == nullptr || options->is_null() ? "map[]" : go_value(*options), text("description"), text("uuid"), text("plugin_version"),
          text("running_plugin_version"), text("running_sha256"), text("deprecation_status")};
}

int list(Call& call, const Kind& kind) {
  const MaybeAnswer answer = call.session().fetch(std::string(kind.path));
  if (!answer) return call.refused(kind.list_error, answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed(std::string(kind.list_error) + ": data from server response is empty");
  const bool engine = &kind == &secrets, all = call.flags.on("detailed");
  std::vector<Row> rows;
  if (all) {
    rows = {{"Path", "Plugin", "Accessor", "Default TTL", "Max TTL", engine ? "Force No Cache" : "Token Type", "Replication", "Seal Wrap", "External Entropy Access",
             "Options", "Description", "UUID", "Version", "Running Version", "Running SHA256", "Deprecation Status"}};
  } else {
    rows = {{"Path", "Type", "Accessor", "Description"}};
    if (!engine) rows[0].push_back("Version");
  }
  std::string json = "{";
  for (const json::Member& mount : (*answer)->data->members) {
    if (!mount.value.is_object()) continue;
    rows.push_back(mount_row(mount.key, mount.value, engine, all));
    json.append(json.size() > 1 ? "," : "").append(quoted_json(mount.key)).append(":").append(mount_json(mount.value));
  }
  return print_rows(call.ui, call.style, std::move(rows), json + "}");
}

int tune(Call& call, const Kind& kind) {
  const std::string path = with_slash(sanitize_path(call.args[0]));
  // Nothing is "leave it", a negative duration "the system's own".
  const auto ttl = [&call](std::string_view flag) -> std::string {
    const std::int64_t duration = call.flags.nanoseconds(flag);
    return duration == 0 ? "" : duration < 0 ? "system" : print_duration(Duration(duration));
  };
  json::Object body;
  body.put("default_lease_ttl", ttl("default-lease-ttl"));
  body.put("max_lease_ttl", ttl("max-lease-ttl"));
  body.put_raw("options", options_json(call));
  if (call.flags.given("description")) body.put("description", call.flags.text("description"));
  add_given_settings(call, body);
  if (&kind == &auth) {
    json::Object lockout;
    if (call.flags.given("user-lockout-threshold")) lockout.put("lockout_threshold", std::to_string(call.flags.number("user-lockout-threshold")));
    if (call.flags.given("user-lockout-duration")) lockout.put("lockout_duration", ttl("user-lockout-duration"));
    if (call.flags.given("user-lockout-counter-reset-duration")) lockout.put("lockout_counter_reset_duration", ttl("user-lockout-counter-reset-duration"));
    if (call.flags.given("user-lockout-disable")) lockout.put("lockout_disable", call.flags.on("user-lockout-disable"));
    if (!lockout.empty()) body.put("user_lockout_config", lockout);
  }
  const MaybeAnswer tuned = call.session().write(std::string(kind.tune_path) + path + "tune", body.text(), "POST");
  if (!tuned) return call.refused("Error tuning " + std::string(kind.noun) + " " + path, tuned.error());
  call.ui.out("Success! Tuned the " + std::string(kind.noun) + " at: " + path);
  return success;
}

int move(Call& call, const Kind& kind) {
  const std::string from = with_slash(call.args[0]), to = with_slash(call.args[1]);
  const std::string what = std::string(kind.noun) + " " + from + " to " + to;
  const MaybeAnswer started = call.session().write("sys/remount", "{\"from\":" + quoted_json(from) + ",\"to\":" + quoted_json(to) + "}", "POST");
  if (!started) return call.refused("Error moving " + what, started.error());
  if (!*started) return call.failed("Error moving " + what + ": data from server response is empty");
  const std::string id(text_of((*started)->find("migration_id")));
  call.ui.out("Started moving " + what + ", with migration ID " + id);
  call.ui.flush();
  Progress progress(call.ui, "Moving");
  for (auto pause = std::chrono::milliseconds(100);; pause = std::min(pause * 2, std::chrono::milliseconds(10'000))) {
    const MaybeAnswer status = call.session().fetch("sys/remount/status/" + id);
    if (!status) progress.done();
    if (!status) return call.refused("Error checking migration status of " + what, status.error());
    const json::Value* info = *status ? (*status)->find("migration_info") : nullptr;
    const std::string_view state = info == nullptr ? std::string_view() : text_of(info->find("status"));
    if (state != "in-progress") progress.done();
    if (state == "success") {
      call.ui.out("Success! Finished moving " + what + ", with migration ID " + id);
      return success;
    }
    if (state == "failure") {
      call.ui.error("Failure! Error encountered moving " + what + ", with migration ID " + id);
      return remote_error;  // 0 in the reference, where a script would go on
    }
    if (state != "in-progress") return call.failed("Error checking migration status of " + what + ": the server does not say how it is");
    if (pause > std::chrono::seconds(1) && !progress.shown()) call.ui.out("Waiting for terminal status in migration of " + what + ", with migration ID " + id);
    call.ui.flush();
    std::this_thread::sleep_for(pause);
  }
}

int enable_engine(Call& call) { return enable(call, secrets); }
int enable_auth(Call& call) { return enable(call, auth); }
int disable_engine(Call& call) { return disable(call, secrets); }
int disable_auth(Call& call) { return disable(call, auth); }
int list_engines(Call& call) { return list(call, secrets); }
int list_auth(Call& call) { return list(call, auth); }
int tune_engine(Call& call) { return tune(call, secrets); }
int tune_auth(Call& call) { return tune(call, auth); }
int move_engine(Call& call) { return move(call, secrets); }
int move_auth(Call& call) { return move(call, auth); }

// What `login` takes for a method, named by its type or by where it is mounted.
int auth_help(Call& call) {
  const std::string name = trimmed(call.args[0]);
  const LoginMethod* method = find_login_method(name);
  if (method == nullptr) {
    const MaybeAnswer mounts = call.session().fetch(std::string(auth.path));
    if (!mounts) return call.refused("Error listing auth methods", mounts.error());
    const std::string path = with_slash(sanitize_path(name));
    const json::Value* mount = *mounts ? (*mounts)->find(path) : nullptr;
    if (mount == nullptr) {
      call.ui.warn("No auth method available on the server at " + go_quote(path));
      return local_error;
    }
    method = find_login_method(text_of(mount->find("type")));
    if (method == nullptr) {
      call.ui.warn(wrap_lines("No method-specific CLI handler available for auth method " + go_quote(name)));
      return remote_error;
    }
  }
  call.ui.out(login_help(call.program, *method));
  return success;
}

constexpr Flag description{.name = "description", .help = "What it is for, for people."};
constexpr Flag mount_path{.name = "path", .help = "Where to mount it; by default at the name of its type."};
constexpr Flag default_ttl{.name = "default-lease-ttl", .type = FlagType::duration, .help = "How long its leases or tokens live unless they ask for less; the server's own default if not set, and again with \"system\"."};
constexpr Flag max_ttl{.name = "max-lease-ttl", .type = FlagType::duration, .help = "How long they live at most; the server's own maximum if not set, and again with \"system\"."};
constexpr Flag request_keys{.name = "audit-non-hmac-request-keys", .type = FlagType::list, .help = "Field of requests that audit logs show in plain. Repeatable."};
constexpr Flag response_keys{.name = "audit-non-hmac-response-keys", .type = FlagType::list, .help = "Field of answers that audit logs show in plain. Repeatable."};
constexpr Flag visibility{.name = "listing-visibility", .help = "\"unauth\" to show it to callers without a token, \"hidden\" not to."};
constexpr Flag request_headers{.name = "passthrough-request-headers", .type = FlagType::list, .help = "Header of requests that it sees. Repeatable."};
constexpr Flag response_headers{.name = "allowed-response-headers", .type = FlagType::list, .help = "Header of answers that it may set. Repeatable."};
constexpr Flag plugin_name{.name = "plugin-name", .help = "Name in the catalog, for the type \"plugin\"."};
constexpr Flag plugin_version{.name = "plugin-version", .help = "Version in the catalog."};
constexpr Flag options{.name = "options", .type = FlagType::map, .help = "Option of the type, as key=value. Repeatable."};
constexpr Flag local{.name = "local", .type = FlagType::boolean, .help = "Not replicated to other clusters.", .standard = "false"};
constexpr Flag seal_wrap{.name = "seal-wrap", .type = FlagType::boolean, .help = "Encrypt its critical values with the seal, too.", .standard = "false"};
constexpr Flag entropy{.name = "external-entropy-access", .type = FlagType::boolean, .help = "Let it use the server's external source of randomness.", .standard = "false"};
constexpr Flag version_flag{.name = "version", .type = FlagType::integer, .help = "Version of the type: 1 or 2 for kv.", .standard = "0"};
constexpr Flag token_type{.name = "token-type", .help = "Kind of tokens that logins give: \"service\", \"batch\", \"default-service\" or \"default-batch\"."};
constexpr Flag no_cache{.name = "force-no-cache", .type = FlagType::boolean, .help = "Do not cache what it stores.", .standard = "false"};

constexpr Flag enable_engine_flags[] = {description, mount_path, default_ttl, max_ttl, request_keys, response_keys, visibility, request_headers, response_headers,
                                        no_cache, plugin_name, plugin_version, options, local, seal_wrap, entropy, version_flag};
constexpr Flag enable_auth_flags[] = {description, mount_path, default_ttl, max_ttl, request_keys, response_keys, visibility, request_headers, response_headers,
                                      plugin_name, plugin_version, options, local, seal_wrap, entropy, token_type, version_flag};
constexpr Flag tune_engine_flags[] = {request_keys, response_keys, default_ttl, description, visibility, max_ttl, request_headers, response_headers, options, version_flag, plugin_version};
constexpr Flag tune_auth_flags[] = {
    request_keys, response_keys, default_ttl, description, visibility, max_ttl, request_headers, response_headers, options, token_type, version_flag,
    {.name = "user-lockout-threshold", .type = FlagType::integer, .help = "Failed logins after which a user is locked out."},
    {.name = "user-lockout-duration", .type = FlagType::duration, .help = "How long a user is locked out."},
    {.name = "user-lockout-counter-reset-duration", .type = FlagType::duration, .help = "After how long failed logins are forgotten."},
    {.name = "user-lockout-disable", .type = FlagType::boolean, .help = "Lock nobody out.", .standard = "false"},
    plugin_version};
constexpr Flag detailed_flags[] = {{.name = "detailed", .type = FlagType::boolean, .help = "Show times, options and versions, too.", .standard = "false"}};

constexpr Example secrets_examples[] = {
    {"Enable a kv engine that keeps versions, and see what there is:", "secrets enable -path=secret kv-v2"},
    {"", "secrets list"},
};
constexpr Example auth_examples[] = {
    {"Let apps log in with AppRole, and see what there is:", "auth enable approle"},
    {"", "auth list"},
};
constexpr Example enable_engine_examples[] = {
    {"Versioned secrets below secret/:", "secrets enable -path=secret -version=2 kv"},
    {"Encryption as a service, below transit/:", "secrets enable transit"},
};
constexpr Example enable_auth_examples[] = {
    {"AppRole, below auth/approle/:", "auth enable approle"},
    {"A second one for another team:", "auth enable -path=team-b -max-lease-ttl=24h approle"},
};
constexpr Example disable_engine_examples[] = {{"Remove an engine with all that it stores; its leases are revoked:", "secrets disable old-secrets"}};
constexpr Example disable_auth_examples[] = {{"Remove a method; the tokens that it gave are revoked:", "auth disable approle"}};
constexpr Example list_engine_examples[] = {{"With times and options:", "secrets list -detailed"}};
constexpr Example list_auth_examples[] = {{"With times and options:", "auth list -detailed"}};
constexpr Example tune_engine_examples[] = {{"Shorter leases:", "secrets tune -default-lease-ttl=1h -max-lease-ttl=24h database"}};
constexpr Example tune_auth_examples[] = {{"Tokens for a day at most:", "auth tune -max-lease-ttl=24h approle"}};
constexpr Example move_engine_examples[] = {{"Move an engine; policies must be changed by hand:", "secrets move secret/ apps/"}};
constexpr Example move_auth_examples[] = {{"Move a method:", "auth move auth/approle/ auth/apps/"}};
constexpr Example auth_help_examples[] = {
    {"What \"login -method=approle\" takes:", "auth help approle"},
    {"The same for a method that is mounted at auth/staff/:", "auth help staff/"},
};

constexpr Command commands[] = {
    {.name = "secrets", .summary = "Interact with secrets engines", .arguments = "<subcommand> [options] [args]",
     .text = "An engine keeps or makes secrets below its path. These commands enable, show and change engines.", .examples = secrets_examples},
    {.name = "secrets enable", .summary = "Enable a secrets engine", .arguments = "[options] TYPE", .text = "Mounts an engine: kv, transit, pki and others.",
     .examples = enable_engine_examples, .flags = enable_engine_flags, .arity = {1, 1, "1"}, .run = enable_engine, .takes = Takes::engine_type},
    {.name = "secrets disable", .summary = "Disable a secret engine", .arguments = "[options] PATH", .text = "Unmounts an engine. All that it stores is deleted.",
     .examples = disable_engine_examples, .arity = {1, 1, "1"}, .run = disable_engine, .takes = Takes::engine},
    {.name = "secrets list", .summary = "List enabled secrets engines", .arguments = "[options]", .text = "Lists the engines with their types.", .examples = list_engine_examples,
     .flags = detailed_flags, .output = format, .run = list_engines},
    {.name = "secrets move", .summary = "Move a secrets engine to a new path", .arguments = "[options] SOURCE DESTINATION",
     .text = "Moves an engine with all that it stores. Its leases are revoked.", .examples = move_engine_examples, .arity = {2, 2, "2"}, .run = move_engine, .takes = Takes::two_engines},
    {.name = "secrets tune", .summary = "Tune a secrets engine configuration", .arguments = "[options] PATH", .text = "Changes the settings of an engine; those that are not named stay.",
     .examples = tune_engine_examples, .flags = tune_engine_flags, .arity = {1, 1, "1"}, .run = tune_engine, .takes = Takes::engine},
    {.name = "auth", .summary = "Interact with auth methods", .arguments = "<subcommand> [options] [args]",
     .text = "An auth method turns an identity into a token. These commands enable, show and change methods; \"login\" uses them.", .examples = auth_examples},
    {.name = "auth enable", .summary = "Enables a new auth method", .arguments = "[options] TYPE", .text = "Mounts an auth method below auth/: approle, userpass, kubernetes and others.",
     .examples = enable_auth_examples, .flags = enable_auth_flags, .arity = {1, 1, "1"}, .run = enable_auth, .takes = Takes::method_type},
    {.name = "auth disable", .summary = "Disables an auth method", .arguments = "[options] PATH", .text = "Unmounts an auth method. Its users can no longer log in, and their tokens end.",
     .examples = disable_auth_examples, .arity = {1, 1, "1"}, .run = disable_auth, .takes = Takes::method},
    {.name = "auth help", .summary = "Prints usage for an auth method", .arguments = "[options] TYPE | PATH",
     .text = "Prints what \"login\" takes for an auth method. What the server says on its paths is in \"path-help\".", .examples = auth_help_examples,
     .arity = {1, 1, "1"}, .run = auth_help, .takes = Takes::login_method},
    {.name = "auth list", .summary = "Lists enabled auth methods", .arguments = "[options]", .text = "Lists the auth methods with their types.", .examples = list_auth_examples,
     .flags = detailed_flags, .output = format, .run = list_auth},
    {.name = "auth move", .summary = "Move an auth method to a new path", .arguments = "[options] SOURCE DESTINATION", .text = "Moves a method. The tokens that it gave end.",
     .examples = move_auth_examples, .arity = {2, 2, "2"}, .run = move_auth, .takes = Takes::two_methods},
    {.name = "auth tune", .summary = "Tunes an auth method configuration", .arguments = "[options] PATH", .text = "Changes the settings of a method; those that are not named stay.",
     .examples = tune_auth_examples, .flags = tune_auth_flags, .arity = {1, 1, "1"}, .run = tune_auth, .takes = Takes::method},
};

}  // namespace

std::span<const Command> mount_commands() { return commands; }

}  // namespace sr::cli
