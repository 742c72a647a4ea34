// sys/audit: the devices that every request is written to.
#include "base/concat.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr PlaceField path{"path", "Where the device is enabled: names it."};
constexpr FlagField detailed{"detailed", "With the state of each device."};
constexpr TextField type{"type", "Kind of the device: file, syslog or socket."};
constexpr TextField description{"description", "A sentence about it."};
constexpr MapField options{"options", "Options of all devices: log_raw, hmac_accessor, elide_list_responses. Of a file: file_path, mode. Of syslog: facility, tag. Of a socket: address, socket_type, write_timeout."};
constexpr FlagField local{"local", "Not replicated to other clusters."};
constexpr TextField input{"input", "Text to hash as the device does."};

std::string with_slash(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return concat(text, "/");
}

json::Object describe(const AuditDevice::State& state) {
  json::Object shown;
  shown.put("healthy", state.healthy).put("since", rfc3339(state.since)).put("queue", static_cast<std::int64_t>(state.queue)).put("queue_bytes", static_cast<std::int64_t>(state.queue_bytes));
  shown.put("refused", static_cast<std::int64_t>(state.refused)).put("lost", static_cast<std::int64_t>(state.lost));
  if (!state.last_error.empty()) shown.put("last_error", state.last_error).put("last_error_at", rfc3339(state.last_error_at));
  return shown;
}

}  // namespace

Result<Reply> Sys::list_audit(Call& call) {
  json::Object data;
  for (const auto& enabled : *core_.audit().enabled()) {
    const AuditDeviceEntry& entry = *enabled.entry;
    json::Object shown, given;
    for (const auto& [key, value] : entry.options) given.put(key, value);
    shown.put("path", entry.path).put("type", entry.type).put("description", entry.description).put("local", entry.local).put("options", given);
    if (call[detailed]) shown.put("state", describe(enabled.device->state())).put("public_key", enabled.device->public_key());
    data.put(entry.path, shown);
  }
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::enable_audit(Call& call) {
  if (!core_.options().audit_by_api) return fail(Code::invalid, "cannot enable audit device via API; use declarative, config-based audit device management instead");
  AuditDeviceEntry entry;
  entry.path = with_slash(call[path]);
  entry.type = call[type];
  entry.description = call[description];
  entry.options = call[options];
  entry.local = call[local];
  if (entry.type.empty()) return fail(Code::invalid, "the type of the audit device is missing");
  TRY(core_.audit().enable(call.storage().transaction(), std::move(entry)));
  return Reply::empty();
}

Result<Reply> Sys::disable_audit(Call& call) {
  const auto enabled = core_.audit().enabled();
  const auto named = std::ranges::find_if(*enabled, [at = with_slash(call[path])](const auto& one) { return one.entry->path == at; });
  if (named != enabled->end() && named->entry->configured) return fail(Code::invalid, "cannot disable configuration-managed audit device");
  TRY(core_.audit().disable(call.storage().transaction(), with_slash(call[path])));
  return Reply::empty();
}

Result<Reply> Sys::hash_for_audit(Call& call) {
  if (call[input].empty()) return fail(Code::invalid, "the \"input\" parameter is empty");
  json::Object data;
  data.put("hash", TRY(core_.audit().hash(with_slash(call[path]), call[input])));
  return Reply::injected(std::move(data));
}

std::vector<Route> audit_routes() {
  return {
      {.paths = {"audit", "audit/"}, .help = "The enabled audit devices.", .fields = {&detailed}, .verbs = {on<&Sys::list_audit>(Op::read, "List the devices.")}, .access = Access::root},
      {.paths = {"audit/{path...}"},
       .help = "One audit device. A request is answered only when a device has written it down.",
       .fields = {&path, &type, &description, &options, &local},
       .verbs = {on<&Sys::enable_audit>(Op::update, "Enable a device."), on<&Sys::disable_audit>(Op::remove, "Disable the device.")},
       .access = Access::root},
      {.paths = {"audit-hash/{path...}"},
       .help = "What a text looks like in the log of a device.",
       .fields = {&path, &input},
       .verbs = {on<&Sys::hash_for_audit>(Op::update, "Hash a text.")}},
  };
}

}  // namespace sr::sys
