// sys/mounts/../tune and sys/auth/../tune: the settings of a mount, read and changed in place.
#include <charconv>
#include "base/concat.h"
#include "sys/mount_settings.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField path{"path", "Where it is mounted, for example \"team/secrets\"."};
constexpr TextField description{"description", "A sentence about the mount."};
constexpr MapField options{"options", "Options of the engine, for example version=2 for kv; an empty one takes the name away."};
constexpr TextField plugin_version{"plugin_version", "Version of an external plugin."};

FieldList tuning_fields() {
  FieldList all{&path, &description, &options, &plugin_version};
  for (const FieldInfo* setting : tunable_settings()) all.push_back(setting);
  return all;
}

// What belongs to the server itself is as it is, but for what the audit log shows of it.
bool is_untunable(std::string_view at) { return at == "sys/" || at == "cubbyhole/" || at == "identity/"; }

Result<void> check_tunable(const json::Value* body, std::string_view at) {
  if (!body || !is_untunable(at)) return {};
  for (const FieldInfo* field : tuning_fields()) {
    const bool is_allowed = field == &path || field == &setting::plain_request_keys || field == &setting::plain_response_keys;
    if (!is_allowed && body->find(field->name)) return fail(Code::invalid, concat("cannot tune parameter ", field->name, " of ", at));
  }
  return {};
}

// No version at all counts as 0 here.
Result<int> parse_version(std::string_view text) {
  int number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && (problem != std::errc{} || end != text.data() + text.size()))
    return fail(Code::invalid, concat("unable to parse options: strconv.ParseInt: parsing \"", text, "\": invalid syntax"));
  return number;
}

// The options of a tune: an empty one takes the name away. Says which version the mount comes from when it is to become another.
Result<std::optional<int>> change_options(const StringMap& given, const Spec& spec, const Mounts& mounts, MountEntry& entry) {
  std::optional<int> from;
  for (const auto& [key, value] : given) {
    if (key != "version") {
      if (value.empty()) entry.options.erase(key);
      else entry.options[key] = value;
      continue;
    }
    if (spec.version.empty()) return no_versions(entry.type, entry.is_auth());
    const int before = TRY(parse_version(entry.option("version"))), wanted = TRY(parse_version(value));
    entry.options["version"] = std::to_string(wanted);
    const Spec* now = mounts.spec_of(entry);
    if (wanted == 0 || !now) return fail(Code::invalid, concat("invalid version provided: ", std::to_string(wanted)));
    if (wanted < before) return fail(Code::invalid, concat("cannot downgrade mount from version ", std::to_string(before)));
    if (now != &spec) from = before;
  }
  return from;
}

}  // namespace

Result<Reply> Sys::show_tune(Call& call, bool auth) {
  const auto router = core_.mounts().router();
  const std::string at = mount_path(call[path], auth);
  const Mount* mount = auth ? router->at(at) : router->find(at);
  if (!mount) return fail(Code::invalid, concat("cannot fetch sysview for path \"", at, "\""));
  return Reply::injected(print_tune(*mount, core_.mounts().ttl_default));
}
Result<Reply> Sys::read_mount_tune(Call& call) { return show_tune(call, false); }
Result<Reply> Sys::read_auth_tune(Call& call) { return show_tune(call, true); }

Result<Reply> Sys::tune(Call& call, bool auth) {
  const auto router = core_.mounts().router();
  const std::string at = mount_path(call[path], auth);
  const Mount* mount = router->at(at);
  if (!mount) return fail(Code::invalid, concat("tune of path \"", at, "\" failed: no mount entry found"));
  TRY(check_tunable(call.body(), at));
  if (!call[plugin_version].empty()) return fail(Code::invalid, concat("plugin not found in the catalog: ", mount->entry.type, ", version=", call[plugin_version]));
  MountEntry changed = mount->entry;
  if (call.has(description)) changed.description = call[description];
  if (call.body()) TRY(take_settings(*call.body(), mount->spec, Occasion::tune, changed, call.arena()));
  const auto from_version = TRY(change_options(call[options], mount->spec, core_.mounts(), changed));
  if (changed.ttl_max > Seconds(0) && changed.ttl_default > changed.ttl_max)
    return fail(Code::invalid, concat("backend max lease TTL of ", std::to_string(changed.ttl_max.count()), " would be less than backend default lease TTL of ",
                                      std::to_string(changed.ttl_default.count())));
  const std::string to_version(changed.option("version"));
  TRY(core_.mounts().tune(call.storage().transaction(), *mount, std::move(changed)));
  if (!from_version) return Reply::empty();
  return Reply::empty().warn(concat("Upgrading mount from version ", std::to_string(*from_version), " to version ", to_version,
                                    ". This mount will be unavailable for a brief period and will resume service shortly."));
}
Result<Reply> Sys::tune_mount(Call& call) { return tune(call, false); }
Result<Reply> Sys::tune_auth(Call& call) { return tune(call, true); }

std::vector<Route> tune_routes() {
  const FieldList tuning = tuning_fields();
  return {
      {.paths = {"mounts/auth/{path...}/tune"}, .help = "Settings of one auth method.", .fields = tuning,
       .verbs = {on<&Sys::read_auth_tune>(Op::read, "Read the settings."), on<&Sys::tune_auth>(Op::update, "Change the settings.")}},
      {.paths = {"mounts/{path...}/tune"}, .help = "Settings of one secrets engine.", .fields = tuning,
       .verbs = {on<&Sys::read_mount_tune>(Op::read, "Read the settings."), on<&Sys::tune_mount>(Op::update, "Change the settings.")}},
      {.paths = {"auth/{path...}/tune"}, .help = "Settings of one auth method.", .fields = tuning,
       .verbs = {on<&Sys::read_auth_tune>(Op::read, "Read the settings."), on<&Sys::tune_auth>(Op::update, "Change the settings.")},
       .access = Access::root},
  };
}

}  // namespace sr::sys
