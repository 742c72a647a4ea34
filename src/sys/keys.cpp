// sys/key-status, sys/rotate, sys/rotate/config: the key that the barrier seals rows with. sys/rotate/root: the one above it.
#include "sys/sys.h"
#include "text/duration.h"

namespace sr::sys {
namespace {

constexpr FlagField enabled{"enabled", "Rotate by itself."};
constexpr IntegerField max_operations{"max_operations", "Rotate after so many rows were sealed: 1,000,000 to 3,865,470,566."};
constexpr DurationField interval{"interval", "Rotate after so long: at least 24h; 0 for never."};

}  // namespace

Result<Reply> Sys::read_key_status(Call&) {
  const auto status = TRY(core_.rotation().status());
  json::Object data;
  data.put("term", status.term).put("install_time", rfc3339(status.installed)).put("encryptions", status.encryptions);
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::rotate(Call& call) {
  TRY(core_.rotation().rotate(call.storage().transaction()));
  return Reply::empty();
}

Result<Reply> Sys::rotate_root(Call& call) {
  TRY(core_.rekeying().change_root_key(call.storage().transaction()));
  return Reply::empty();
}

Result<Reply> Sys::read_rotation(Call& call) {
  const auto config = TRY(core_.rotation().config(call.storage().transaction()));
  json::Object data;
  data.put("enabled", config.enabled).put("max_operations", config.operations_max);
  if (config.interval > Seconds(0)) data.put("interval", print_duration(config.interval));
  else data.put("interval", 0);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_rotation(Call& call) {
  auto config = TRY(core_.rotation().config(call.storage().transaction()));
  if (const auto* flag = call.find(enabled)) config.enabled = *flag;
  if (const auto* most = call.find(max_operations)) {
    if (*most < RotationConfig::operations_least || *most > RotationConfig::operations_most)
      return fail(Code::invalid, concat("max_operations must be in the range [", std::to_string(RotationConfig::operations_least), ",",
                                        std::to_string(RotationConfig::operations_most), "]"));
    config.operations_max = *most;
  }
  if (const auto* time = call.find(interval)) {
    if (*time != Seconds(0) && *time < RotationConfig::interval_least) return fail(Code::invalid, "interval must be greater or equal to 24h0m0s");
    config.interval = *time;
  }
  TRY(core_.rotation().set_config(call.storage().transaction(), config));
  return Reply::empty();
}

std::vector<Route> key_routes() {
  return {
      {.paths = {"key-status"}, .help = "The barrier's active key.", .verbs = {on<&Sys::read_key_status>(Op::read, "Read its term, age and use.")}},
      {.paths = {"rotate/config", "rotate/keyring/config"},
       .help = "When the barrier's key is rotated by itself.",
       .fields = {&enabled, &max_operations, &interval},
       .verbs = {on<&Sys::read_rotation>(Op::read, "Read the settings."), on<&Sys::write_rotation>(Op::update, "Change the settings.")}},
      {.paths = {"rotate", "rotate/keyring"},
       .help = "A new key for the barrier: it seals what is written from now on; older ones still open what they sealed.",
       .verbs = {on<&Sys::rotate>(Op::update, "Rotate the key.")},
       .access = Access::root},
      {.paths = {"rotate/root"},
       .help = "A new root key above the barrier's keys; the shares and the seal stay as they are.",
       .verbs = {on<&Sys::rotate_root>(Op::update, "Change the root key.")},
       .access = Access::root},
  };
}

}  // namespace sr::sys
