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

// As the server understood the request that asks; without the token.
Result<Reply> Sys::inspect_request(Call& call) {
  if (!core_.options().introspection) return fail(Code::not_found, "1 error occurred:\n\t* unsupported path\n\n");
  json::Object connection, request, data;
  connection.put("remote_addr", call.caller().address);
  request.put("operation", name_of(call.op()))
      .put("path", call.path())
      .put("mount_point", call.host().mount_path())
      .put("mount_accessor", call.host().mount_accessor())
      .put("client_token_accessor", call.caller().accessor)
      .put("display_name", call.caller().display_name)
      .put("connection", connection);
  data.put("req", request);
  if (call.body()) data.put("data", *call.body());
  else data.put("data", json::Object());
  return Reply::data(std::move(data));
}

std::vector<Route> inspect_routes() {
  return {{.paths = {"internal/inspect/request"},
           .help = "The request that asks, as the server understood it.",
           .verbs = {on<&Sys::inspect_request>(Op::read, "Read it.")},
           .access = Access::root,
           .any_field = true},
          {.paths = {"internal/inspect/router/{tag}"},
           .help = "The mounts as requests are routed to them.",
           .fields = {&tag},
           .verbs = {on<&Sys::inspect_router>(Op::read, "Read a table.")},
           .access = Access::root}};
}

}  // namespace sr::sys
