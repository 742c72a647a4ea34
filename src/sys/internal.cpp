// sys/internal: what the command line and the web UI ask before they know anything.
#include "base/concat.h"
#include "logical/openapi.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField path{"path", "A path whose mount is wanted."};
constexpr TextField title{"generic_mount_paths", "Put {mount_path} instead of the mount's path.", ""};

}  // namespace

// What the caller's token allows, on routes that are open to all: nothing without a token, or with one that is good for nothing here.
Result<std::shared_ptr<const Acl>> Sys::acl_here(Call& call) {
  if (call.caller().token.empty()) return nullptr;
  const auto found = TRY(live_token(call, call.caller().token));
  if (!found || !address_within(found->token.bound_cidrs, call.caller().address)) return nullptr;
  return TRY(core_.policies().acl(call.storage().transaction(), found->token.policies));
}

// Without a token: mounts that are listed for everybody. With one: those that its policies reach.
Result<Reply> Sys::list_ui_mounts(Call& call) {
  std::shared_ptr<const Acl> acl;
  if (!call.caller().token.empty()) {
    acl = TRY(acl_here(call));
    if (!acl) return fail(Code::denied, "permission denied");
  }
  json::Object secret, auth;
  for (const auto& [at, mount] : core_.mounts().router()->mounts()) {
    const MountEntry& entry = mount->entry;
    if (entry.listing_visibility != "unauth" && !(acl && acl->reaches(at))) continue;
    if (acl) {
      (entry.is_auth() ? auth : secret).put(std::string_view(at).substr(entry.is_auth() ? 5 : 0), describe(entry));
      continue;
    }
    json::Object shown;
    shown.put("type", entry.type).put("description", entry.description);
    json::Object given;
    for (const auto& [key, value] : entry.options) given.put(key, value);
    shown.put("options", given);
    (entry.is_auth() ? auth : secret).put(std::string_view(at).substr(entry.is_auth() ? 5 : 0), shown);
  }
  json::Object data;
  data.put("secret", secret).put("auth", auth);
  return Reply::data(std::move(data));
}

// Any token may ask where a path lies that its policies reach; of all else it hears the same as of what is not there.
Result<Reply> Sys::read_ui_mount(Call& call) {
  const auto acl = TRY(acl_here(call));
  if (!acl) return fail(Code::denied, "permission denied");
  std::string wanted(call[path]);
  if (!wanted.ends_with('/')) wanted += '/';
  const auto refusal = [&] {
    return fail(Code::denied, concat("preflight capability check returned 403, please ensure client's policies grant access to path \"", wanted, "\""));
  };
  const auto router = core_.mounts().router();
  const Mount* mount = router->find(wanted);
  if (!mount || !acl->reaches(mount->entry.path)) return refusal();
  json::Object data = describe(mount->entry);
  data.put("path", std::string_view(mount->entry.path).substr(mount->entry.is_auth() ? 5 : 0));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::read_resultant_acl(Call& call) {
  const auto acl = TRY(acl_here(call));
  if (!acl) return fail(Code::denied, "permission denied");
  json::Object data, exact, globs;
  data.put("root", acl->is_root());
  for (const auto& rule : acl->rules()) {
    json::Object shown;
    const auto names = rule.capabilities.names();
    shown.put("capabilities", std::span<const std::string>(names));
    std::string_view pattern = rule.pattern;
    if (!rule.exact && pattern.ends_with('*')) pattern.remove_suffix(1);
    (rule.exact ? exact : globs).put(pattern, shown);
  }
  if (!exact.empty()) data.put("exact_paths", exact);
  if (!globs.empty()) data.put("glob_paths", globs);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::read_openapi(Call&) {
  OpenApi document(api_version());
  for (const auto& [at, mount] : core_.mounts().router()->mounts()) document.add(at, mount->spec);
  return Reply::raw("application/json", std::move(document).print());
}

std::vector<Route> internal_routes() {
  return {
      {.paths = {"internal/ui/mounts"},
       .help = "The mounts that the caller may know of.",
       .verbs = {on<&Sys::list_ui_mounts>(Op::read, "List the mounts.", Cost::quick)},
       .access = Access::open},
      {.paths = {"internal/ui/mounts/{path...}"},
       .help = "The mount that a path lies in.",
       .fields = {&path},
       .verbs = {on<&Sys::read_ui_mount>(Op::read, "Read the mount of a path.", Cost::quick)},
       .access = Access::open},
      {.paths = {"internal/ui/resultant-acl"},
       .help = "What the caller's policies come to.",
       .verbs = {on<&Sys::read_resultant_acl>(Op::read, "Read the rules.")}},
      {.paths = {"internal/specs/openapi"},
       .help = "This API as an OpenAPI 3 document.",
       .fields = {&title},
       .verbs = {on<&Sys::read_openapi>(Op::read, "Read the document."), on<&Sys::read_openapi>(Op::update, "Read the document.")}},
  };
}

}  // namespace sr::sys
