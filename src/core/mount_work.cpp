#include "core/mount_work.h"
#include <set>
#include "core/elsewhere.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {
constexpr std::size_t pieces_of_one_look = 100;
}

void MountWork::on_commit(std::span<const std::string_view> committed) {
  const auto is_work = [](std::string_view key) {
    const auto name = View::core_name(key);
    return name && name->starts_with(keys::mount_work);
  };
  if (poke_ && std::ranges::any_of(committed, is_work)) poke_();
}

// A step of each in turn, and then a look at what there is by now: what has just begun does not wait for what goes on for long. What fails
// stands back until the next sweep.
void MountWork::sweep() {
  std::set<std::string> failed;
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    Transaction look(parts_.store, &parts_.barrier);
    look.go_on(Tier::any);
    for (const auto& name : core_view(look).list(keys::mount_work, {.after = {}, .limit = failed.size() + pieces_of_one_look}, Depth::all).value_or(Strings())) {
      const auto slash = name.find('/');
      if (slash == name.npos || failed.contains(name)) continue;
      const Piece piece{name.substr(0, slash), name.substr(slash + 1)};
      const auto more = step(piece);
      if (!more && parts_.barrier.locked()) return;
      if (!more) parts_.log.warn("core", "a mount's work goes on later", {{"mount", piece.mount}, {"id", piece.id}, {"why", more.error().message}});
      if (more && !*more) parts_.log.info("core", "a mount's work is done", {{"mount", piece.mount}, {"id", piece.id}});
      if (more) goes_on = true;
      else failed.insert(name);
    }
  }
}

// Others may write what the step has read: then it is taken again.
Result<bool> MountWork::step(const Piece& piece) {
  for (unsigned attempt = 0; attempt < limits::conflicts; ++attempt) {
    Batch batch;
    const bool more = TRY(step_once(piece, batch));
    if (batch.writes.empty()) return more;
    const auto committed = commit_and_wait(parts_.store, std::move(batch));
    if (committed) return more;
    if (!committed.error().conflict) return std::unexpected(committed.error().error);
  }
  return fail(Code::busy, "too many concurrent changes");
}

Result<bool> MountWork::step_once(const Piece& piece, Batch& batch) {
  const std::string key = MountWorkIntent::key(piece.mount, piece.id);
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  View core = core_view(transaction);
  const auto row = TRY(core.get(key));
  if (!row) return false;
  const auto router = parts_.mounts.current();
  const Mount* mount = router->by_uuid(piece.mount);
  if (!mount) {
    const auto entry = TRY(core.get(concat(keys::mounts, piece.mount)));
    if (entry && !TRY(load_record<MountEntry>(entry->value)).going) return fail(Code::sealed, "the mounts are not loaded");
    TRY(core.remove(key));  // its rows go with the mount, and so does this
    batch = TRY(transaction.take_batch());
    return false;
  }
  if (!mount->spec.work) return fail(Code::unsupported, "the engine has no such work any more");
  const auto intent = TRY(load_record<MountWorkIntent>(row->value));
  Arena arena;
  const json::Value* parameters = intent.parameters.empty() ? nullptr : TRY(json::parse(arena, intent.parameters));
  const auto acl = TRY(parts_.policies.acl(transaction, intent.policies));
  transaction.expect(mount->key, mount->revision);
  AclElsewhere elsewhere(transaction, {.here = *mount, .router = *router, .acl = *acl, .policies = intent.policies, .parameters = parameters});
  const bool more = TRY(mount->spec.work(View::mount(transaction, NamespaceId("root"), piece.mount), elsewhere, piece.id, parts_.clock.now()));
  if (!more) TRY(core.remove(key));
  batch = TRY(transaction.take_batch());
  return more;
}

}  // namespace sr
