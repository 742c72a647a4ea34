// What becomes of a mount when nobody waits for it: its storage is emptied after it was disabled, or moved on to the next version.
// Each job has a row, written with the change that asks for it and removed with its last step, so that a restart goes on with it.
#include "core/keys.h"
#include "core/mounts.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr std::size_t rows_of_one_step = 64;
constexpr std::size_t jobs_of_one_look = 100;
constexpr Seconds upkeep_interval{60};
constexpr std::chrono::seconds upkeep_time{1};  // of one mount at a time: others wait

View rows_of(Transaction& transaction, const std::string& uuid) { return View::mount(transaction, NamespaceId("root"), uuid); }

// One step in a commit of its own; true when there is more to do. Whatever fails ends the job until the next sweep.
template <class Step> Result<bool> take(Store& store, const Barrier& barrier, Step step) {
  Transaction transaction(store, &barrier);
  transaction.go_on(Tier::any);
  const bool more = TRY(step(transaction));
  Batch batch = TRY(transaction.take_batch());
  if (batch.writes.empty()) return more;
  if (const auto committed = commit_and_wait(store, std::move(batch)); !committed) return std::unexpected(committed.error().error);
  return more;
}

Strings jobs_under(Store& store, const Barrier& barrier, std::string_view kind) {
  Transaction look(store, &barrier);
  look.go_on(Tier::any);
  return core_view(look).list(concat(keys::jobs, kind), {.after = {}, .limit = jobs_of_one_look}).value_or(Strings());
}

}  // namespace

void Mounts::sweep(Store& store) {
  const auto log_failure = [&](std::string_view job, const std::string& uuid, const Result<void>& done) {
    const bool is_sealed = !done && barrier_.locked();  // goes on after the next unseal
    if (!done && !is_sealed) log_.warn("core", "a mount's job goes on later", {{"job", job}, {"mount", uuid}, {"why", done.error().message}});
  };
  for (const auto& uuid : jobs_under(store, barrier_, "unmount/"))
    if (!is_settled_ || is_settled_(uuid)) log_failure("unmount", uuid, empty(store, uuid));
  for (const auto& uuid : jobs_under(store, barrier_, "upgrade/")) log_failure("upgrade", uuid, upgrade(store, uuid));
  keep_up(store);
}

// What engines have to do by themselves when its time has come. A mount that has changed meanwhile is left for the next time.
void Mounts::keep_up(Store& store) {
  if (clock_.now() < next_upkeep_ || barrier_.locked()) return;
  next_upkeep_ = clock_.now() + upkeep_interval;
  const auto mounted = current();
  for (const auto& [path, mount] : mounted->mounts()) {
    if (!mount->spec.upkeep || mount->entry.upgrading) continue;
    const auto one_part = [&](Transaction& transaction) -> Result<bool> {
      mount->expect_unchanged(transaction);
      return mount->spec.upkeep(rows_of(transaction, mount->entry.uuid), *mount->host);
    };
    Result<bool> done = true;
    const auto until = std::chrono::steady_clock::now() + upkeep_time;
    while (done.value_or(false) && std::chrono::steady_clock::now() < until) done = take(store, barrier_, one_part);
    if (done.value_or(false)) next_upkeep_ = clock_.now();  // it goes on with the next look
    if (!done && !barrier_.locked()) log_.warn("core", "a mount's job goes on later", {{"job", "upkeep"}, {"mount", mount->entry.uuid}, {"why", done.error().message}});
  }
}

// The rows first, the mount's own row and the intent last.
Result<void> Mounts::empty(Store& store, const std::string& uuid) {
  const auto remove_some = [&](Transaction& transaction) -> Result<bool> {
    View rows = rows_of(transaction, uuid);
    const auto names = TRY(rows.list("", {.after = {}, .limit = rows_of_one_step}, Depth::all));
    for (const auto& name : names) TRY(rows.remove(name));
    return !names.empty();
  };
  while (TRY(take(store, barrier_, remove_some))) {}
  TRY(take(store, barrier_, [&](Transaction& transaction) -> Result<bool> {
    TRY(core_view(transaction).remove(concat(keys::mounts, uuid)));
    TRY(core_view(transaction).remove(concat(keys::jobs, "unmount/", uuid)));
    return false;
  }));
  return {};
}

// Nobody writes into the mount meanwhile: who does has the mount's row as a precondition, and that row has changed. The mark goes
// in the commit of the last step.
Result<void> Mounts::upgrade(Store& store, const std::string& uuid) {
  const auto move_some = [&](Transaction& transaction) -> Result<bool> {
    View core = core_view(transaction);
    if (const auto row = TRY(core.get(concat(keys::mounts, uuid)))) {
      auto entry = TRY(load_record<MountEntry>(row->value));
      const Spec* spec = spec_of(entry);
      if (!spec || !spec->upgrade) return fail(Code::internal, concat("this server has no way to upgrade mount ", entry.path));
      if (!entry.going && TRY(spec->upgrade(rows_of(transaction, uuid), clock_.now()))) return true;
      entry.upgrading = false;
      if (!entry.going) TRY(write_entry(transaction, *current(), entry));
    }
    TRY(core.remove(concat(keys::jobs, "upgrade/", uuid)));
    return false;
  };
  while (TRY(take(store, barrier_, move_some))) {}
  return {};
}

}  // namespace sr
