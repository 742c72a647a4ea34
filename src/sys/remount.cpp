// sys/remount: a mount at another path. Its rows are named by its uuid and its tokens know it by that, so the move is one commit.
#include "core/keys.h"
#include "storage/record.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField from{"from", "Where the mount is."};
constexpr TextField to{"to", "Where it is to be."};
constexpr TextField migration_id{"migration_id", "The id that the move was answered with."};

constexpr Seconds remembered{24 * 3600};
constexpr std::size_t remembered_most = 100;

struct Move {
  std::string from{}, to{};
  Time made{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, from);
    archive(2, to);
    archive(3, made);
  }
};

Result<std::string> mount_path(std::string_view text, std::string_view which) {
  if (text.starts_with(' ') || text.ends_with(' ')) return fail(Code::invalid, concat("'", which, "' path cannot contain trailing whitespace"));
  while (text.starts_with('/')) text.remove_prefix(1);
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.empty()) return fail(Code::invalid, concat("invalid destination mount path \"", text, "\""));
  return TRY(ApiPath::from_decoded(concat(text, "/"))).text();
}

bool is_fixed(std::string_view path) { return path == "auth/" || path.starts_with("auth/token/") || (!path.starts_with("auth/") && is_reserved(path)); }

// Old moves are forgotten, so that their rows do not add up.
Result<void> forget_old(View core, Time now) {
  for (const auto& id : TRY(core.list(keys::remounts, {.after = {}, .limit = remembered_most}))) {
    const auto row = TRY(core.get(concat(keys::remounts, id)));
    if (row && TRY(load_record<Move>(row->value)).made + remembered < now) TRY(core.remove(concat(keys::remounts, id)));
  }
  return {};
}

}  // namespace

Result<Reply> Sys::remount(Call& call) {
  if (call[from].empty() || call[to].empty()) return fail(Code::invalid, "both 'from' and 'to' path must be specified as a string");
  const std::string source = TRY(mount_path(call[from], "from")), target = TRY(mount_path(call[to], "to"));
  const bool is_auth = source.starts_with("auth/");
  if (is_auth && !target.starts_with("auth/")) return fail(Code::invalid, concat("cannot remount auth mount to non-auth mount \"", target, "\""));
  if (is_fixed(source)) return fail(Code::invalid, concat("cannot remount \"", source, "\""));
  if (is_fixed(target) || (!is_auth && target.starts_with("auth/"))) return fail(Code::invalid, concat("cannot remount to destination \"", target, "\""));
  const auto router = core_.mounts().router();
  const Mount* mount = router->at(source);
  if (!mount) return fail(Code::invalid, concat("no matching mount at \"", source, "\""));
  Transaction& transaction = call.storage().transaction();
  View core = core_view(transaction);
  TRY(forget_old(core, call.now()));
  TRY(core_.mounts().move(transaction, *mount, target));
  const std::string id = random_uuid(core_.random());
  TRY(core.put(concat(keys::remounts, id), store_record(Move{source, target, call.now()})));
  json::Object data;
  data.put("migration_id", id);
  return Reply::injected(std::move(data)).warn("Mount move has been queued. Progress will be reported in Vault's server log, tagged with the returned migration_id");
}

Result<Reply> Sys::read_remount(Call& call) {
  const auto row = TRY(core_view(call.storage().transaction()).get(concat(keys::remounts, call[migration_id])));
  if (!row) return Reply::empty();
  const Move move = TRY(load_record<Move>(row->value));
  json::Object info, data;
  info.put("source_mount", move.from).put("target_mount", move.to).put("status", "success");
  data.put("migration_id", call[migration_id]).put("migration_info", info);
  return Reply::data(std::move(data));
}

std::vector<Route> remount_routes() {
  return {
      {.paths = {"remount"},
       .help = "Moves a mount to another path, with all that is in it and its tokens.",
       .fields = {&from, &to},
       .verbs = {on<&Sys::remount>(Op::update, "Move a mount.")},
       .access = Access::root},
      {.paths = {"remount/status/{migration_id}"}, .help = "How a move went.", .fields = {&migration_id}, .verbs = {on<&Sys::read_remount>(Op::read, "Read it.")}},
  };
}

}  // namespace sr::sys
