// sys/raw: single rows of the store, by their storage keys. There only when raw_storage_endpoint says so; for repairs.
//
// What is read is what the row holds, opened. The rows of keys and of the store's identity cannot be reached, and what says how to open
// the barrier can be read but not written: one wrong byte there would end the store.
#include "base/concat.h"
#include "core/keys.h"
#include "logical/paging.h"
#include "sys/sys.h"
#include "text/base64.h"

namespace sr::sys {
namespace {

constexpr TextField path{"path", "The row's storage key, or the beginning of some up to a slash."};
constexpr TextField value{"value", "What the row is to hold."};
constexpr TextField encoding{"encoding", "\"base64\": the value is, or is wanted as, base64."};
constexpr TextField compression_type{"compression_type", "Rows are not compressed here: anything but nothing is refused."};
constexpr FlagField compressed{"compressed", "Rows are not compressed here: nothing is to be undone."};

std::unexpected<Error> unsupported() { return fail(Code::not_found, "1 error occurred:\n\t* unsupported path\n\n"); }

// The row outside of the barrier that may be seen.
bool is_seal_config(std::string_view key) { return View::core_name(key) == keys::seal_config; }

enum class Access { read, write };
Result<void> check(const Core& core, Call& call, Access access) {
  if (!core.options().raw_storage) return unsupported();
  if (const auto wanted = call[encoding]; !wanted.empty() && wanted != "base64") return fail(Code::invalid, concat("invalid encoding \"", wanted, "\""));
  const auto name = View::core_name(call[path]);
  for (const auto closed : {keys::keyring, keys::root_key, keys::restored, keys::recovery_key, keys::format, keys::cluster})
    if (name == closed) return fail(Code::invalid, concat("cannot access \"", call[path], "\""));
  if (access == Access::write && name == keys::seal_config) return fail(Code::invalid, concat("cannot access \"", call[path], "\""));
  return {};
}

// A row among ours that nothing would ever read is a slip of the hand, and would look like a loss. What lies beside them is nobody's, and
// may be written as in Vault.
Result<void> check_place(Core& core, Call& call) {
  const std::string_view key = call[path];
  std::string_view rest = key;
  const auto next = [&rest] {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    return part;
  };
  if (next() != View::format) return {};
  const std::string_view space = next(), place = next();
  if (space == "root" && !rest.empty() && (place == "core" || core.mounts().router()->by_uuid(place))) return {};
  return fail(Code::invalid, concat("nothing of the server lies at \"", key, "\": rows are those of the core, \"", View::format, "/root/core/...\", and of mounts, \"", View::format, "/root/<uuid>/...\""));
}

View rows(Call& call) { return View(call.storage().transaction(), ""); }

}  // namespace

// What is wrong with the call is said behind the judgement.
Result<bool> Sys::raw_exists(Call& call) {
  if (!check(core_, call, Access::write)) return true;
  return TRY(rows(call).get(call[path])).has_value();
}

Result<Reply> Sys::read_raw(Call& call) {
  TRY(check(core_, call, Access::read));
  const auto row = TRY(is_seal_config(call[path]) ? rows(call).get_raw(call[path]) : rows(call).get(call[path]));
  if (!row) return Reply::empty();
  Buffer shown;
  if (call[encoding].empty()) shown += row->value.reveal();
  else base64::encode(shown, row->value.reveal());
  return Reply::data(json::Object().set("value", shown.view()));
}

Result<Reply> Sys::write_raw(Call& call) {
  TRY(check(core_, call, Access::write));
  if (!call[compression_type].empty()) return fail(Code::invalid, concat("invalid compression type \"", call[compression_type], "\": rows are not compressed here"));
  TRY(check_place(core_, call));
  Buffer bytes;
  if (call[encoding].empty()) bytes += call[value];
  else TRY(base64::decode_as_go(bytes, call[value]));
  TRY(rows(call).put(call[path], Secret(bytes.view())));
  return Reply::empty();
}

Result<Reply> Sys::delete_raw(Call& call) {
  TRY(check(core_, call, Access::write));
  TRY(rows(call).remove(call[path]));
  return Reply::empty();
}

Result<Reply> Sys::list_raw(Call& call) {
  TRY(check(core_, call, Access::read));
  std::string folder(call[path]);
  if (!folder.empty() && !folder.ends_with('/')) folder += '/';
  return Reply::list(TRY(paging::list_names(call, rows(call), folder)));
}

std::vector<Route> raw_routes() {
  return {
      {.paths = {"raw", "raw/"},
       .help = "The beginnings of all storage keys.",
       .fields = {&path, &encoding, &paging::after, &paging::limit},
       .verbs = {on<&Sys::list_raw>(Op::list, "List them.")},
       .access = sr::Access::root},
      {.paths = {"raw/{path...}"},
       .help = "One row of the store, or the names below one. A row that is written here by a wrong hand can end the store.",
       .fields = {&path, &value, &encoding, &compression_type, &compressed, &paging::after, &paging::limit},
       .verbs = {on<&Sys::read_raw>(Op::read, "Read a row."), on<&Sys::write_raw>(Op::update, "Write a row."), on<&Sys::write_raw>(Op::create, "Write a row."),
                 on<&Sys::delete_raw>(Op::remove, "Delete a row."), on<&Sys::list_raw>(Op::list, "List names.")},
       .access = sr::Access::root,
       .exists = exists_by<&Sys::raw_exists>()},
  };
}

}  // namespace sr::sys
