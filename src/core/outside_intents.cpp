#include "core/outside_intents.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {

void OutsideIntents::sweep(FairLane& lane, const std::function<std::set<std::string>()>& under_way) {
  Transaction look(parts_.store, &parts_.barrier);
  look.go_on(Tier::any);
  const auto names = core_view(look).list(keys::intents, {.after = {}, .limit = limits::requests}, Depth::all);
  if (!names) return;
  std::lock_guard lock(mutex_);
  std::erase_if(tried_, [&](const auto& tried) { return !tried.second.in_lane && !std::ranges::binary_search(*names, tried.first); });
  if (names->empty()) return;
  const auto busy = under_way();
  const Time now = parts_.clock.now();
  for (const auto& name : *names) {
    const std::string mount = name.substr(0, name.find('/')), id = name.substr(name.find('/') + 1);
    if (busy.contains(id)) continue;
    Tried& tried = tried_[name];
    if (tried.in_lane || now < tried.next) continue;
    FairLane::Task task = [this, mount, id, name](FairLane::Slot& slot) {
      const Came came = carry_out(mount, id, slot);
      if (came != Came::abandoned) note(name, came);
    };
    tried.in_lane = lane.push(mount, task, FairLane::Turn::last);
  }
}

// The wait doubles, up to a limit.
void OutsideIntents::note(const std::string& name, Came came) {
  std::lock_guard lock(mutex_);
  const auto found = tried_.find(name);
  if (found == tried_.end()) return;
  Tried& tried = found->second;
  tried.in_lane = false;
  if (came == Came::settled) return;
  tried.next = parts_.clock.now() + std::min<Seconds>(limits::revocation_retry_max, limits::revocation_retry * (1 << std::min(tried.failures, 16u)));
  tried.failures += 1;
}

void OutsideIntents::forget() {
  std::lock_guard lock(mutex_);
  tried_.clear();
}

OutsideIntents::Came OutsideIntents::carry_out(const std::string& mount_uuid, const std::string& id, FairLane::Slot& slot) {
  struct Left { std::shared_ptr<const Mount> mount{}; const Verb* verb = nullptr; OutsideIntent intent{}; };
  const auto find = [&]() -> Result<Left> {
    Transaction look(parts_.store, &parts_.barrier);
    look.go_on(Tier::any);
    const auto row = TRY(core_view(look).get(OutsideIntent::key(mount_uuid, id)));
    if (!row) return Left{};  // it has been carried out already
    Left found{.mount = TRY(parts_.mounts.find_or_open(look, mount_uuid)), .verb = nullptr, .intent = TRY(load_record<OutsideIntent>(row->value))};
    if (!found.mount) return fail(Code::not_found, "its mount is gone");
    const auto at = match(found.mount->spec, found.intent.inside);
    found.verb = at ? verb_of(*at->route, found.intent.op) : nullptr;
    if (!found.verb || !found.verb->outside.act) return fail(Code::unsupported, "the engine has no such verb any more");
    return found;
  };
  const auto say = [&](std::string_view what, const Error& error) { parts_.log.warn("core", std::string(what), {{"mount", mount_uuid}, {"request_id", id}, {"why", error.message}}); };
  const auto left = find();
  if (!left) return say("an intent that was left behind cannot be carried out, which is tried again", left.error()), Came::failed;
  if (!left->mount) return Came::settled;
  slot.go_outside({});
  Result<Secret> outcome = fail(Code::internal, "the engine failed");
  try {
    outcome = left->verb->outside.act(*left->mount->engine, Intent{left->intent.what.copy()}, Attempt::after_crash);
  } catch (const std::exception&) {}
  if (!slot.come_back()) return Came::abandoned;
  const auto settled = settle(mount_uuid, id, *left->mount, *left->verb, left->intent, outcome);
  if (!settled) return say("an intent that was left behind could not be settled, which is tried again", settled.error()), Came::failed;
  parts_.log.info("core", "an intent that was left behind has been carried out", {{"mount", mount_uuid}, {"request_id", id}});
  return Came::settled;
}

// A secret that is made now reaches nobody: its lease ends at once.
Result<void> OutsideIntents::settle(const std::string& mount_uuid, const std::string& id, const Mount& mount, const Verb& verb, const OutsideIntent& intent,
                                    const Result<Secret>& outcome) {
  for (unsigned attempt = 0; attempt < limits::conflicts; ++attempt) {
    Transaction transaction(parts_.store, &parts_.barrier);
    transaction.go_on(Tier::any);
    Arena arena;
    const auto found = match(mount.spec, intent.inside);
    const Fields fields = TRY(decode_fields(found->route->fields, found->captured, nullptr, arena));
    const CallerInfo nobody;
    const Call::Parts parts{intent.op, intent.inside, fields, nullptr, arena, nobody, *mount.host};
    Call call(parts, View::mount(transaction, NamespaceId("root"), mount.entry.uuid));
    const Reply reply = TRY(verb.outside.settle(*mount.engine, call, Intent{intent.what.copy()}, outcome));
    if (reply.lease()) TRY(parts_.leases.create_ended(transaction, mount, intent.inside, *reply.lease()));
    TRY(core_view(transaction).remove(OutsideIntent::key(mount_uuid, id)));
    const auto committed = commit_and_wait(parts_.store, TRY(transaction.take_batch()));
    if (committed) return {};
    if (!committed.error().conflict) return std::unexpected(committed.error().error);
  }
  return fail(Code::busy, "too many concurrent changes");
}

}  // namespace sr
