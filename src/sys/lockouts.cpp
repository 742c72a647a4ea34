// sys/locked-users: who is locked out after failed logins, and letting somebody in again.
#include "sys/sys.h"
#include "text/lower.h"

namespace sr::sys {
namespace {

constexpr TextField mount_accessor{"mount_accessor", "Accessor of the auth method's mount."};
constexpr FoldedField alias_identifier{"alias_identifier", "By what the method knows the user: the user name, or the role id."};

struct LockedMount {
  std::string accessor;
  Strings names;

  json::Object print() const {
    json::Object shown;
    shown.put("mount_accessor", accessor).put("counts", names.size()).put("alias_identifiers", std::span<const std::string>(names));
    if (names.empty()) shown.put("alias_identifiers", nullptr);
    return shown;
  }
};

}  // namespace

// Those with the most locked users first, as in Vault.
Result<Reply> Sys::list_locked_users(Call& call) {
  const std::string_view wanted = call[mount_accessor];
  const auto router = core_.mounts().router();
  std::vector<LockedMount> found;
  if (!wanted.empty()) {
    const Mount* mount = router->by_accessor(wanted);
    found.push_back({std::string(wanted), mount ? TRY(core_.lockouts().locked(call.storage().transaction(), mount->entry)) : Strings()});
  } else {
    for (const auto& [at, mount] : router->mounts()) {
      if (!mount->entry.is_auth()) continue;
      auto names = TRY(core_.lockouts().locked(call.storage().transaction(), mount->entry));
      if (!names.empty()) found.push_back({mount->entry.accessor, std::move(names)});
    }
    std::ranges::sort(found, std::greater(), [](const LockedMount& mount) { return std::pair(mount.names.size(), std::string_view(mount.accessor)); });
  }
  std::size_t total = 0;
  json::Array mounts;
  for (const auto& mount : found) total += mount.names.size(), mounts.add(mount.print());
  json::Object space;
  space.put("namespace_id", "root").put("namespace_path", "").put("counts", total).put("mount_accessors", mounts);
  json::Object data;
  data.put("by_namespace", json::Array().add(space)).put("total", total);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::unlock_user(Call& call) {
  const auto router = core_.mounts().router();
  const Mount* mount = router->by_accessor(call[mount_accessor]);
  if (!mount) return Reply::empty();
  // Methods that ignore case count under the name in lower case; what is written here may be spelled as the user spells it.
  const std::string lower = to_lower(call[alias_identifier]);
  TRY(core_.lockouts().forget(call.storage().transaction(), mount->entry, call[alias_identifier]));
  if (lower != call[alias_identifier]) TRY(core_.lockouts().forget(call.storage().transaction(), mount->entry, lower));
  return Reply::empty();
}

std::vector<Route> lockout_routes() {
  return {
      {.paths = {"locked-users"}, .help = "Users who are locked out after failed logins.", .fields = {&mount_accessor},
       .verbs = {on<&Sys::list_locked_users>(Op::read, "List them by the mount of their auth method.")}},
      {.paths = {"locked-users/{mount_accessor}/unlock/{alias_identifier...}"}, .help = "One user who may be locked out.",
       .fields = {&mount_accessor, &alias_identifier}, .verbs = {on<&Sys::unlock_user>(Op::update, "Let the user log in again.")}},
  };
}

}  // namespace sr::sys
