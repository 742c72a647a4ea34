// What a user interface asks about the server: which of the things that come and go between versions and editions it has. This one has
// no switches of that kind, and says so in the answers that clients know.
#include "base/concat.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField label{"label", "Name of the redirect."};
constexpr TextField subsystem{"subsystem", "Which part of the configuration."};

}  // namespace

Result<Reply> Sys::read_feature_flags(Call&) {
  json::Object data;
  data.put("feature_flags", nullptr);
  return Reply::bare(std::move(data));
}

Result<Reply> Sys::read_ui_version(Call&) {
  json::Object data;
  data.put("version", api_version());
  return Reply::data(std::move(data));
}

// Those below the one of the token: there are none.
Result<Reply> Sys::read_ui_namespaces(Call& call) {
  if (!TRY(acl_here(call))) return fail(Code::denied, "permission denied");
  return Reply::data(json::Object());
}

Result<Reply> Sys::read_experiments(Call&) {
  json::Object data;
  data.put("available_experiments", json::Array()).put("enabled", json::Array());
  return Reply::data(std::move(data));
}

Result<Reply> Sys::read_activation_flags(Call&) {
  json::Object data;
  data.put("activated", json::Array()).put("unactivated", json::Array());
  return Reply::data(std::move(data));
}

// Engines may ask for paths below /.well-known/; none here does.
Result<Reply> Sys::list_well_known(Call&) { return Reply::list({}); }
Result<Reply> Sys::read_well_known(Call&) { return Reply::empty(); }

// Vault Enterprise reloads its license so. The rest of the configuration is read again at a SIGHUP.
Result<Reply> Sys::reload_config(Call&) { return fail(Code::not_found, "1 error occurred:\n\t* unsupported path\n\n"); }

std::vector<Route> feature_routes() {
  return {
      {.paths = {"internal/ui/feature-flags"},
       .help = "What is switched on for user interfaces: nothing.",
       .verbs = {on<&Sys::read_feature_flags>(Op::read, "Read the flags.", Cost::quick)},
       .access = Access::open},
      {.paths = {"internal/ui/version"}, .help = "The version of the server.", .verbs = {on<&Sys::read_ui_version>(Op::read, "Read it.", Cost::quick)}},
      {.paths = {"internal/ui/namespaces"},
       .help = "The namespaces that the caller may enter, below that of the token.",
       .verbs = {on<&Sys::read_ui_namespaces>(Op::read, "Read them.", Cost::quick)},
       .access = Access::open},
      {.paths = {"experiments"}, .help = "What may be tried out: nothing.", .verbs = {on<&Sys::read_experiments>(Op::read, "Read them.")}},
      {.paths = {"activation-flags"}, .help = "What has to be switched on once: nothing.", .verbs = {on<&Sys::read_activation_flags>(Op::read, "Read them.")}},
      {.paths = {"well-known", "well-known/"},
       .help = "Which engines answer below /.well-known/: none.",
       .verbs = {on<&Sys::list_well_known>(Op::read, "List them."), on<&Sys::list_well_known>(Op::list, "List them.")}},
      {.paths = {"well-known/{label}"}, .help = "Which engine answers one of them.", .fields = {&label}, .verbs = {on<&Sys::read_well_known>(Op::read, "Read it.")}},
      {.paths = {"config/reload/{subsystem}"},
       .help = "Reads a part of the configuration again: there is none that is read so.",
       .fields = {&subsystem},
       .verbs = {on<&Sys::reload_config>(Op::update, "Says that there is none.")}},
  };
}

}  // namespace sr::sys
