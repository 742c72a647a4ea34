// sys/mounts and sys/auth: one table, two views. Auth methods are mounted below auth/, and sys/auth leaves that out of its names.
#include "base/concat.h"
#include "sys/mount_settings.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr PlaceField path{"path", "Where to mount, for example \"team/secrets\"."};
constexpr TextField type{"type", "Type of the engine or method, for example \"kv\" or \"approle\"."};
constexpr TextField description{"description", "A sentence about the mount."};
constexpr JsonField config{"config", "Settings: default_lease_ttl, max_lease_ttl, listing_visibility, token_type and others."};
constexpr MapField options{"options", "Options of the engine, for example version=2 for kv."};
constexpr FlagField local{"local", "Not replicated to other clusters."};
constexpr FlagField seal_wrap{"seal_wrap", "Wrap the mount's keys once more by the seal."};
constexpr FlagField external_entropy{"external_entropy_access", "Draw randomness from outside."};
constexpr TextField plugin_name{"plugin_name", "Older spelling of type."};
constexpr TextField plugin_version{"plugin_version", "Version of an external plugin."};

std::string_view shown_path(const MountEntry& entry) { return std::string_view(entry.path).substr(entry.is_auth() ? 5 : 0); }

Result<void> check_ttls(const MountEntry& entry, Seconds system_max) {
  if (entry.ttl_max > Seconds(0) && entry.ttl_default > entry.ttl_max) return fail(Code::invalid, "given default lease TTL greater than given max lease TTL");
  if (entry.ttl_max == Seconds(0) && entry.ttl_default > system_max)
    return fail(Code::invalid, concat("given default lease TTL greater than system max lease TTL of ", std::to_string(system_max.count())));
  return {};
}

}  // namespace

bool is_reserved(std::string_view mount) {
  for (const std::string_view reserved : {"sys/", "auth/", "audit/", "cubbyhole/", "identity/"})
    if (mount.starts_with(reserved)) return true;
  return false;
}

// Those that are always there are of no plugin.
bool is_built_in(const MountEntry& entry) { return entry.type == "system" || entry.type == "token" || entry.type == "cubbyhole"; }

json::Object describe(const MountEntry& entry) {
  json::Object shown;
  shown.put("type", entry.type)
      .put("description", entry.description)
      .put("accessor", entry.accessor)
      .put("uuid", entry.uuid)
      .put("config", print_config(entry))
      .put("local", entry.local)
      .put("seal_wrap", entry.seal_wrap)
      .put("external_entropy_access", false)
      .put("plugin_version", "")
      .put("running_plugin_version", builtin_version())
      .put("running_sha256", "");
  if (!is_built_in(entry)) shown.put("deprecation_status", "supported");
  if (entry.options.empty() && is_built_in(entry)) shown.put("options", nullptr);
  else shown.put("options", print_options(entry));
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
  const Mount* mount = auth ? router->at(at) : router->find(at);  // of secrets engines, also by a path that lies in one
  if (!mount) return fail(Code::invalid, auth ? concat("No auth engine at ", at.substr(5)) : concat("No secret engine mount at ", at));
  return Reply::injected(describe(mount->entry));
}
Result<Reply> Sys::read_mount(Call& call) { return show(call, false); }
Result<Reply> Sys::read_auth(Call& call) { return show(call, true); }

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
  TRY(Mounts::check_free(*core_.mounts().router(), entry.path));  // before the type is looked up: clients that make sure of a mount look for this text
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
    TRY(take_settings(**given, *lowest, Occasion::enable, entry, call.arena()));
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
  if (const Mount* mount = router->at(at)) {
    TRY(core_.quotas().forget_mount(call.storage().transaction(), mount->entry.uuid));
    TRY(core_.mounts().disable(call.storage().transaction(), *mount));
  }
  return Reply::empty();
}
Result<Reply> Sys::disable_mount(Call& call) { return disable(call, false); }
Result<Reply> Sys::disable_auth(Call& call) { return disable(call, true); }

std::vector<Route> mount_routes() {
  const FieldList enabling{&path, &type, &description, &config, &options, &local, &seal_wrap, &external_entropy, &plugin_name, &plugin_version};
  return {
      {.paths = {"mounts"}, .help = "List the currently mounted backends.", .verbs = {on<&Sys::list_mounts>(Op::read, "List the engines.", Cost::quick)}},
      {.paths = {"auth"}, .help = "The enabled auth methods.", .verbs = {on<&Sys::list_auth>(Op::read, "List the methods.", Cost::quick)}},
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
