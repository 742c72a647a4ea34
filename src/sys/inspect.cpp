// sys/internal/inspect: how requests are routed. There only when introspection_endpoint says so.
#include "base/concat.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField tag{"tag", "Which table: root, uuid, accessor or storage."};

}  // namespace

Result<Reply> Sys::inspect_router(Call& call) {
  const std::string_view table = call[tag];
  const bool is_known = table == "root" || table == "uuid" || table == "accessor" || table == "storage";
  if (!core_.options().introspection || !is_known) return fail(Code::not_found, "1 error occurred:\n\t* unsupported path\n\n");
  const bool with_storage = table == "root" || table == "storage";
  json::Array mounts;
  for (const auto& [path, mount] : core_.mounts().current()->mounts()) {
    const MountEntry& entry = mount->entry;
    json::Object shown;
    shown.put("accessor", entry.accessor).put("mount_namespace", "").put("mount_path", std::string_view(entry.path).substr(entry.is_auth() ? 5 : 0)).put("mount_type", entry.type).put("uuid", entry.uuid);
    if (with_storage) shown.put("storage_prefix", concat(View::format, "/root/", entry.uuid, "/")).put("tainted", false);
    mounts.add(shown);
  }
  json::Object data;
  data.put_raw(table, mounts.text());
  return Reply::data(std::move(data));
}

std::vector<Route> inspect_routes() {
  return {{.paths = {"internal/inspect/router/{tag}"},
           .help = "The mounts as requests are routed to them.",
           .fields = {&tag},
           .verbs = {on<&Sys::inspect_router>(Op::read, "Read a table.")},
           .access = Access::root}};
}

}  // namespace sr::sys
