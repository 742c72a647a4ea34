// sys/plugins: the engines and auth methods that there are. All are built in: none can be added while the server runs, and none is
// ever out of date.
#include "base/concat.h"
#include "logical/paging.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField name{"name", "Name of the engine or auth method."};
constexpr TextField type{"type", "\"auth\", \"database\" or \"secret\"."};
constexpr TextField plugin{"plugin", "Reload all mounts of this engine."};
constexpr ListField mounts{"mounts", "Reload these mounts."};
constexpr TextField scope{"scope", "Which servers are to reload; there is this one."};

std::unexpected<Error> no_external() { return fail(Code::invalid, "external plugins are not supported: engines and auth methods are built in"); }

bool is_builtin(const Spec& spec) { return spec.type != "system" && spec.type != "token" && spec.type != "cubbyhole"; }

json::Object detail(std::string_view called, std::string_view kind) {
  json::Object shown;
  shown.put("builtin", true).put("deprecation_status", "supported").put("name", called).put("version", builtin_version());
  if (!kind.empty()) shown.put("type", kind);
  return shown;
}

}  // namespace

// Sorted, each once: an engine of two versions is one.
Strings Sys::builtins(std::string_view kind) const {
  Strings names;
  if (kind != "auth" && kind != "secret") return names;
  for (const auto& spec : core_.mounts().types())
    if (is_builtin(*spec) && spec->is_auth == (kind == "auth")) names.emplace_back(spec->type);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

Result<Reply> Sys::read_plugins(Call&) {
  json::Object data;
  json::Array detailed;
  for (const std::string_view kind : {"auth", "database", "secret"}) {
    const Strings names = builtins(kind);
    data.put(kind, std::span<const std::string>(names));
    for (const auto& one : names) detailed.add(detail(one, kind));
  }
  data.put("detailed", detailed);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::list_plugins(Call& call) {
  if (call[type] != "auth" && call[type] != "database" && call[type] != "secret") return fail(Code::unsupported, "1 error occurred:\n\t* unsupported operation\n\n");
  return Reply::list(paging::page_of(call, builtins(call[type])));
}

Result<Reply> Sys::read_plugin(Call& call) {
  const Strings names = builtins(call[type]);
  if (!std::ranges::binary_search(names, call[name])) return Reply::empty();
  json::Object data = detail(call[name], {});
  data.put("args", nullptr).put("command", "").put("sha256", "");
  return Reply::data(std::move(data));
}

// From when there was one kind of plugin only.
Result<Reply> Sys::read_plugin_of_any_type(Call& call) {
  return Reply::empty().warn(concat("Deprecated API endpoint, cannot read plugin information from catalog for \"", call[type], "\"")).status(200);
}

Result<Reply> Sys::write_plugin(Call&) { return no_external(); }

// Of an external one there is nothing to delete, and what is built in stays.
Result<Reply> Sys::delete_plugin(Call&) { return Reply::empty(); }

// An engine keeps nothing in memory that could be stale: it has been reloaded when this is answered.
Result<Reply> Sys::reload_plugin(Call& call) {
  if (call[plugin].empty() && call[mounts].empty()) return fail(Code::invalid, "plugin or mounts must be provided");
  if (!call[plugin].empty() && !call[mounts].empty()) return fail(Code::invalid, "plugin and mounts cannot be set at the same time");
  const auto known = [&](std::string_view kind) { return std::ranges::binary_search(builtins(kind), call[plugin]); };
  if (!call[plugin].empty() && !known("auth") && !known("secret")) return fail(Code::invalid, concat("plugin not found in the catalog: \"", call[plugin], "\""));
  const auto router = core_.mounts().router();
  for (const auto& at : call[mounts]) {
    const std::string with_slash = at.ends_with('/') ? at : concat(at, "/");
    if (!router->at(with_slash)) return fail(Code::invalid, concat("cannot fetch mount entry on \"", with_slash, "\""));
  }
  json::Object data;
  data.put("reload_id", random_uuid(core_.random()));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::reload_plugin_by_name(Call& call) {
  if (!std::ranges::binary_search(builtins(call[type]), call[name])) return fail(Code::invalid, concat("plugin not found in the catalog: \"", call[name], "\""));
  json::Object data;
  data.put("reload_id", random_uuid(core_.random()));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::list_pins(Call&) {
  json::Object data;
  data.put("pinned_versions", json::Array());
  return Reply::data(std::move(data));
}

Result<Reply> Sys::list_runtimes(Call&) {
  json::Object data;
  data.put("runtimes", json::Array());
  return Reply::data(std::move(data));
}

std::vector<Route> plugin_routes() {
  return {
      {.paths = {"plugins/catalog"}, .help = "The engines and auth methods that there are.", .verbs = {on<&Sys::read_plugins>(Op::read, "Read them.")}},
      {.paths = {"plugins/catalog/{type}/"}, .help = "Those of one type.", .fields = {&type, &paging::after, &paging::limit}, .verbs = {on<&Sys::list_plugins>(Op::list, "List them.")}, .access = Access::root},
      {.paths = {"plugins/catalog/{type}"},
       .help = "Older spelling, from when there was one type only.",
       .fields = {&type},
       .verbs = {on<&Sys::read_plugin_of_any_type>(Op::read, "Says that it is."), on<&Sys::write_plugin>(Op::update, "Refused: all are built in."),
                 on<&Sys::delete_plugin>(Op::remove, "Of no effect: all are built in.")},
       .access = Access::root,
       .any_field = true},
      {.paths = {"plugins/catalog/{type}/{name}"},
       .help = "One engine or auth method.",
       .fields = {&type, &name},
       .verbs = {on<&Sys::read_plugin>(Op::read, "Read it."), on<&Sys::write_plugin>(Op::update, "Refused: all are built in."),
                 on<&Sys::delete_plugin>(Op::remove, "Of no effect: all are built in.")},
       .access = Access::root,
       .any_field = true},
      {.paths = {"plugins/reload/backend"},
       .help = "Starts engines anew.",
       .fields = {&plugin, &mounts, &scope},
       .verbs = {on<&Sys::reload_plugin>(Op::update, "Reload by engine or by mount.")}},
      {.paths = {"plugins/reload/{type}/{name}"},
       .help = "Starts all mounts of an engine anew.",
       .fields = {&type, &name, &scope},
       .verbs = {on<&Sys::reload_plugin_by_name>(Op::update, "Reload them.")}},
      {.paths = {"plugins/pins", "plugins/pins/"},
       .help = "The engines whose version is pinned: none, since each has the version of the server.",
       .verbs = {on<&Sys::list_pins>(Op::read, "Read them."), on<&Sys::list_pins>(Op::list, "List them.")}},
      {.paths = {"plugins/runtimes/catalog", "plugins/runtimes/catalog/"},
       .help = "What external plugins run in: nothing.",
       .verbs = {on<&Sys::list_runtimes>(Op::list, "List them.")},
       .access = Access::root},
  };
}

}  // namespace sr::sys
