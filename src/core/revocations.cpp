#include "core/revocations.h"
#include "base/assert.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr std::size_t leases_of_one_step = 20;  // ended in one transaction
constexpr std::size_t names_of_one_look = 512;
constexpr std::size_t outcomes_kept = 1024;     // of jobs that nobody waited for

// What will be the same the next time. A store or a barrier that fails is none of it.
bool is_final(const Error& error) { return error.code == Code::invalid || error.code == Code::unsupported || error.code == Code::not_found; }

// Asks an engine outside of any request: nobody calls, and there are no fields.
class OwnCall {
 public:
  OwnCall(Transaction& transaction, const Mount& mount, std::string_view path)
      : parts_{Op::update, path, fields_, nullptr, arena_, caller_, *mount.host}, call_(parts_, View::mount(transaction, NamespaceId("root"), mount.entry.uuid)) {}
  Call& operator*() { return call_; }

 private:
  Arena arena_;
  const Fields fields_{};
  const CallerInfo caller_{};
  const Call::Parts parts_;
  Call call_;
};

Error said_by_engine(Error error) {
  error.message = concat("failed to revoke entry: resp: (*logical.Response)(nil) err: ", error.message);
  return error;
}

}  // namespace

// A job over many leases: where its walk stands, and how many of those that it handed to the lane are still there.
struct Revocations::Job {
  Sweeping sweeping{};
  bool is_of_mount = false;  // that is going: its own job ends it
  bool walked = false;
  std::size_t place = 0;
  std::string after{};
  std::shared_ptr<std::atomic<std::size_t>> pending = std::make_shared<std::atomic<std::size_t>>(0);
  struct Outcome { std::mutex mutex; std::optional<Error> first{}; };
  std::shared_ptr<Outcome> outcome = std::make_shared<Outcome>();
};

Revocations::Meters::Meters(Metrics& metrics)
    : expirations(metrics.counter({"expire.lease_expiration"})), errors(metrics.counter({"expire.lease_expiration.error"})),
      revoke(metrics.timing({"expire.revoke"})), time_in_lane(metrics.timing({"expire.lease_expiration.time_in_queue"})) {}

Revocations::Revocations(Parts parts, Metrics& metrics, std::chrono::milliseconds deadline)
    : parts_(parts), meters_(metrics),
      lane_({.threads = limits::revocation_lane, .of_owner = limits::revocation_lane_of_mount, .stuck = limits::revocation_stuck,
             .waiting_of_owner = limits::revocations_of_mount, .deadline = deadline}) {
  metrics.gauge({"expire.job_manager.queue_length"}, [this] { return static_cast<double>(lane_.waiting()); });
  metrics.gauge({"expire.job_manager.total_jobs"}, [this] { return static_cast<double>(lane_.waiting() + lane_.running()); });
}

// In a commit of its own, and again when it lost a race.
template <class Do> auto Revocations::transact(Do what) -> decltype(what(std::declval<Transaction&>())) {
  for (unsigned attempt = 0; attempt < limits::conflicts; ++attempt) {
    Transaction transaction(parts_.store, &parts_.barrier);
    transaction.go_on(Tier::any);
    auto done = what(transaction);
    if (!done || !transaction.has_writes()) return done;
    Batch batch = TRY(transaction.take_batch());
    const auto committed = commit_and_wait(parts_.store, std::move(batch));
    if (committed) return done;
    if (!committed.error().conflict) return std::unexpected(committed.error().error);
  }
  return fail(Code::busy, "too many concurrent changes, try again");
}

Result<Revocations::Asked> Revocations::asked_of(Transaction& transaction, const LeaseRecord& lease) {
  Asked asked{.mount = TRY(parts_.mounts.find_or_open(transaction, lease.mount)), .type = nullptr};
  if (!asked.mount) return fail(Code::not_found, "the mount that issued the lease is gone");
  asked.type = secret_type(asked.mount->spec, lease.kind);
  if (!asked.type) return fail(Code::unsupported, concat("the engine has no secret of the kind \"", lease.kind, "\""));
  return asked;
}

// ---- one lease ----------------------------------------------------------------------------------------------------------------
void Revocations::revoke(Wanted wanted, Done done) {
  if (claim(wanted, done, FairLane::Turn::first)) return;
  done(fail(Code::busy, "too many leases of this mount are being revoked, try again"));
}

// False, and nothing done, when the lane has no room for the mount. Whoever asks for one that is there already waits with the others.
bool Revocations::claim(Wanted& wanted, Done& done, FairLane::Turn turn) {
  std::lock_guard lock(mutex_);
  const auto [at, is_new] = claims_.try_emplace(wanted.name);
  at->second.forget |= wanted.forget;
  if (is_new) {
    FairLane::Task task = [this, name = wanted.name, since = std::chrono::steady_clock::now()](FairLane::Slot& slot) {
      meters_.time_in_lane.add(std::chrono::steady_clock::now() - since);
      auto outcome = take_back(name, slot);
      if (outcome || outcome.error().code != Code::incomplete) release(name, outcome);
    };
    if (!lane_.push(wanted.mount, task, turn)) {
      claims_.erase(at);
      return false;
    }
  }
  if (done) at->second.waiting.push_back(std::move(done));
  return true;
}

void Revocations::release(const std::string& name, const Result<void>& outcome) {
  std::vector<Done> waiting;
  {
    std::lock_guard lock(mutex_);
    const auto found = claims_.find(name);
    if (found == claims_.end()) return;
    waiting = std::move(found->second.waiting);
    claims_.erase(found);
  }
  for (auto& done : waiting) done(outcome);
}

bool Revocations::is_to_forget(const std::string& name) {
  std::lock_guard lock(mutex_);
  const auto found = claims_.find(name);
  return found != claims_.end() && found->second.forget;
}

// On a thread of the lane. Code::incomplete: the server has gone while we were outside, and nothing of it may be touched.
Result<void> Revocations::take_back(const std::string& name, FairLane::Slot& slot) {
  const auto began = std::chrono::steady_clock::now();
  meters_.expirations.add();
  auto prepared = prepare(name);
  if (!prepared) return std::unexpected(prepared.error());
  if (!*prepared) return {};
  slot.go_outside([this, name] {
    const Result<void> late = fail(Code::upstream, "the engine did not answer in time");
    static_cast<void>(finish(name, late));
    std::vector<Done> waiting;
    {
      std::lock_guard lock(mutex_);
      if (const auto found = claims_.find(name); found != claims_.end()) waiting = std::exchange(found->second.waiting, {});
    }
    for (auto& done : waiting) done(late);
  });
  Result<void> acted;
  try {
    acted = (*prepared)->asked.type->revoke.act(*(*prepared)->asked.mount->engine, (*prepared)->intent);
  } catch (const std::exception&) {  // what it says may hold what nobody should read
    acted = fail(Code::internal, "the engine failed");
  }
  if (!slot.come_back()) return fail(Code::incomplete, "");
  auto finished = finish(name, acted);
  meters_.revoke.add(std::chrono::steady_clock::now() - began);
  return finished;
}

// Marks the lease and asks the engine what there is to do outside. Nothing: the lease is gone now, or was before.
Result<std::optional<Revocations::Prepared>> Revocations::prepare(const std::string& name) {
  std::optional<Error> refused;
  auto prepared = transact([&](Transaction& transaction) -> Result<std::optional<Prepared>> {
    refused.reset();
    auto lease = TRY(parts_.leases.load(transaction, name));
    if (!lease) return std::nullopt;
    auto asked = asked_of(transaction, *lease);
    if (!asked) {
      refused = asked.error();
      return std::unexpected(asked.error());
    }
    if (!asked->type->revoke.act) {
      if (auto ended = end_here(transaction, *asked, name, *lease); !ended) {
        if (ended.error().code != Code::sealed) refused = ended.error();
        return std::unexpected(ended.error());
      }
      return std::nullopt;
    }
    OwnCall call(transaction, *asked->mount, lease->inside);
    auto intent = asked->type->revoke.plan(*asked->mount->engine, *call, lease->held());
    if (!intent) {
      if (intent.error().code != Code::sealed) refused = intent.error();
      return std::unexpected(intent.error());
    }
    if (!lease->ending) TRY(parts_.leases.end_soon(transaction, name, std::move(*lease)));
    return Prepared{std::move(*asked), std::move(*intent)};
  });
  if (!refused) return prepared;
  TRY(finish(name, std::unexpected(*refused)));
  return std::nullopt;  // finish() forgot it
}

Result<void> Revocations::end_here(Transaction& transaction, const Asked& asked, const std::string& name, const LeaseRecord& lease) {
  if (asked.type->revoke.settle) {
    OwnCall call(transaction, *asked.mount, lease.inside);
    TRY(asked.type->revoke.settle(*asked.mount->engine, *call, lease.held()));
  }
  return parts_.leases.remove(transaction, name, lease);
}

// Writes what came of it: the lease is gone, or its failure counted. The error of the outcome is passed on, unless it is forgotten.
Result<void> Revocations::finish(const std::string& name, const Result<void>& outcome) {
  const bool forget = !outcome && is_to_forget(name);
  const Result<void> written = transact([&](Transaction& transaction) -> Result<void> {
    auto lease = TRY(parts_.leases.load(transaction, name));
    if (!lease) return {};
    if (outcome) return end_here(transaction, TRY(asked_of(transaction, *lease)), name, *lease);
    if (forget) return parts_.leases.remove(transaction, name, *lease);
    return parts_.leases.note_failure(transaction, name, std::move(*lease), said_by_engine(outcome.error()), is_final(outcome.error()));
  });
  if (!outcome) meters_.errors.add();
  if (forget) parts_.log.warn("expiration", "a lease is forgotten whose secret could not be taken back", {{"lease", name}, {"why", outcome.error().message}});
  else if (!outcome) parts_.log.warn("expiration", "a lease could not be revoked, and is tried again", {{"lease", name}, {"why", outcome.error().message}});
  if (!written && outcome && written.error().code != Code::sealed) return finish(name, written);  // gone outside, and the engine could not write it
  if (!written) return written;
  if (outcome || forget) return {};
  return std::unexpected(said_by_engine(outcome.error()));
}

// ---- some leases of one mount -----------------------------------------------------------------------------------------------------
Revocations::Taken Revocations::take_some(const Some& some, bool forget, const std::function<Done()>& done_of_each) {
  Taken taken;
  Strings for_lane;
  const auto together = transact([&](Transaction& transaction) -> Result<std::size_t> {
    for_lane.clear();
    std::size_t ended = 0;
    for (const auto& name : some.names) {
      const auto lease = TRY(parts_.leases.load(transaction, name));
      if (!lease) continue;
      const auto asked = asked_of(transaction, *lease);
      if (!asked || asked->type->revoke.act) {
        for_lane.push_back(name);
        continue;
      }
      TRY(end_here(transaction, *asked, name, *lease));
      ++ended;
    }
    return ended;
  });
  if (together) taken.ended = *together, meters_.expirations.add(*together);
  else for_lane = some.names;  // one of them failed: each by itself
  if (!together && together.error().code == Code::sealed) return taken.left = some.names, taken;
  for (const auto& name : for_lane) {
    Wanted wanted{.name = name, .mount = some.mount, .forget = forget};
    Done done = done_of_each ? done_of_each() : Done();
    if (claim(wanted, done, FairLane::Turn::last)) continue;
    taken.left.push_back(name);
    if (done) done({});  // it was not asked for after all
  }
  return taken;
}

std::size_t Revocations::take_due() {
  std::lock_guard lock(work_mutex_);
  lane_.look_for_late();
  const Time began = parts_.clock.now();
  ExpiryIndex& index = parts_.leases.expiry();
  std::size_t ended = 0;
  bool all = true;
  std::set<std::string, std::less<>> full;  // mounts whose queue is
  for (std::string after;;) {
    const auto names = index.due(parts_.store, parts_.barrier, began, names_of_one_look, after);
    if (!names || names->empty()) {
      all = all && names.has_value();
      break;
    }
    for (std::size_t at = 0; at < names->size();) {
      const std::string_view first = ExpiryIndex::what_of((*names)[at]);
      Some some{.mount = std::string(first.substr(0, first.find('/'))), .names = {}};
      for (; at < names->size() && some.names.size() < leases_of_one_step; ++at) {
        const std::string_view what = ExpiryIndex::what_of((*names)[at]);
        if (!what.starts_with(some.mount) || what[some.mount.size()] != '/') break;
        some.names.emplace_back(what.substr(some.mount.size() + 1));
      }
      if (full.contains(some.mount)) continue;
      const auto step_began = std::chrono::steady_clock::now();
      const Taken taken = take_some(some, false, {});
      ended += taken.ended;
      all = all && taken.ended == some.names.size();
      if (!taken.left.empty()) full.insert(some.mount);
      // No more than half of one thread, so that a million ends beside what clients ask for.
      if (taken.ended > 0) std::this_thread::sleep_for(std::chrono::steady_clock::now() - step_began);
    }
    after = names->back();
  }
  if (all) index.passed(began);
  return ended;
}

// ---- jobs over many -----------------------------------------------------------------------------------------------------------------
Result<std::string> Revocations::ask(Transaction& transaction, Random& random, const Sweeping& sweeping) {
  const std::string id = random_uuid(random);
  TRY(core_view(transaction).put(concat(keys::revocations, id), store_record(sweeping)));
  return id;
}

void Revocations::await(const std::string& job, Done done) {
  std::optional<Result<void>> outcome;
  {
    std::lock_guard lock(mutex_);
    const auto finished = std::ranges::find(finished_, job, &std::pair<std::string, Result<void>>::first);
    if (finished == finished_.end()) awaiting_[job].push_back(std::move(done));
    else outcome = finished->second;
  }
  if (outcome) done(*outcome);
  else if (poke_) poke_();
}

std::size_t Revocations::end_those_of_tokens() {
  Transaction look(parts_.store, &parts_.barrier);
  look.go_on(Tier::any);
  std::size_t steps = 0;
  for (const auto& hash : core_view(look).list(keys::leases_going, {.after = {}, .limit = names_of_one_look}).value_or(Strings())) {
    for (bool more = true; more; ++steps) {
      const auto some = transact([&](Transaction& transaction) { return parts_.leases.end_some_of_token(transaction, hash); });
      if (!some) return steps;
      more = *some;
    }
  }
  return steps;
}

std::size_t Revocations::work_jobs() {
  std::lock_guard lock(work_mutex_);
  std::size_t ended = 0;
  if (end_those_of_tokens() > 0 && poke_) poke_();
  Transaction look(parts_.store, &parts_.barrier);
  look.go_on(Tier::any);
  View core = core_view(look);
  std::map<std::string, std::shared_ptr<Job>> now;
  const auto keep = [&](const std::string& id, auto make) {
    const auto before = jobs_.find(id);
    now[id] = before != jobs_.end() ? before->second : make();
  };
  for (const auto& id : core.list(keys::revocations, {.after = {}, .limit = names_of_one_look}).value_or(Strings()))
    keep(id, [&] {
      auto job = std::make_shared<Job>();
      const auto row = core.get(concat(keys::revocations, id));
      if (row && *row) job->sweeping = load_record<Sweeping>((*row)->value).value_or(Sweeping{});
      return job;
    });
  for (const auto& uuid : core.list(concat(keys::jobs, "unmount/"), {.after = {}, .limit = names_of_one_look}).value_or(Strings()))
    keep(concat("unmount/", uuid), [&] {
      auto job = std::make_shared<Job>();
      job->sweeping = {.places = {{uuid, ""}}, .forget = false, .asked = Time::max()};
      job->is_of_mount = true;
      return job;
    });
  jobs_ = std::move(now);
  for (auto& [id, job] : std::map(jobs_)) ended += work_job(id, *job);
  return ended;
}

// Walks on through the places until the lane has no room. When the walk is over and the lane has done its part, the job ends.
std::size_t Revocations::work_job(const std::string& id, Job& job) {
  std::size_t ended = 0;
  const auto done_of_each = [&]() -> Done {
    job.pending->fetch_add(1);
    return [this, pending = job.pending, outcome = job.outcome](Result<void> result) {
      if (!result) {
        std::lock_guard lock(outcome->mutex);
        if (!outcome->first) outcome->first = result.error();
      }
      if (pending->fetch_sub(1) == 1 && poke_) poke_();
    };
  };
  if (job.walked) return 0;  // what is left of the mount is due, and is tried again
  for (; job.place < job.sweeping.places.size(); ++job.place, job.after.clear()) {
    const IssuedPlace& place = job.sweeping.places[job.place];
    for (;;) {
      Transaction look(parts_.store, &parts_.barrier);
      look.go_on(Tier::any);
      const auto names = core_view(look).list(place.folder(), {.after = job.after, .limit = leases_of_one_step}, Depth::all);
      if (!names) return tell(id, std::unexpected(names.error())), ended;
      if (names->empty()) break;
      Some some{.mount = place.mount, .names = {}};
      for (const auto& path : *names) {
        const std::string name = path.substr(path.rfind('/') + 1);
        if (const auto hash = token_of_lease_name(name)) {
          const auto revoked = transact([&](Transaction& transaction) -> Result<bool> {
            const auto token = TRY(parts_.tokens.find(transaction, *hash));
            if (!token || token->value->token.created > job.sweeping.asked) return false;
            TRY(parts_.tokens.revoke(transaction, *hash));
            return true;
          });
          if (!revoked) return tell(id, std::unexpected(revoked.error())), ended;
          ended += *revoked;
          continue;
        }
        const auto lease = parts_.leases.load(look, name);
        if (lease && *lease && (*lease)->issued <= job.sweeping.asked) some.names.push_back(name);
      }
      const Taken taken = take_some(some, job.sweeping.forget, done_of_each);
      ended += taken.ended;
      if (!taken.left.empty()) return ended;  // no room: the same names again later
      job.after = names->back();
    }
  }
  if (job.pending->load() > 0) return ended;
  Result<void> outcome;
  {
    std::lock_guard lock(job.outcome->mutex);
    if (const auto first = std::exchange(job.outcome->first, std::nullopt)) outcome = std::unexpected(*first);
  }
  // Whatever is left is tried again because it is due. Where not even that could be written, the walk is made once more.
  if (!outcome && !all_are_ending(job)) {
    job.place = 0;
    return tell(id, outcome), ended;
  }
  if (job.is_of_mount) return job.walked = true, ended;  // the mount's own job ends it
  const auto removed = transact([&](Transaction& transaction) { return core_view(transaction).remove(concat(keys::revocations, id)); });
  return tell(id, removed ? outcome : removed), ended;
}

bool Revocations::all_are_ending(const Job& job) {
  for (const auto& place : job.sweeping.places) {
    for (std::string after;;) {
      Transaction look(parts_.store, &parts_.barrier);
      look.go_on(Tier::any);
      const auto names = core_view(look).list(place.folder(), {.after = after, .limit = names_of_one_look}, Depth::all);
      if (!names) return false;
      for (const auto& path : *names) {
        const auto lease = parts_.leases.load(look, path.substr(path.rfind('/') + 1));
        if (!lease || (*lease && !(*lease)->ending && (*lease)->issued <= job.sweeping.asked)) return false;
      }
      if (names->size() < names_of_one_look) break;
      after = names->back();
    }
  }
  return true;
}

// Who waits may come late: then the outcome is there already.
void Revocations::tell(const std::string& job, const Result<void>& outcome) {
  std::vector<Done> waiting;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = awaiting_.find(job); found != awaiting_.end()) {
      waiting = std::move(found->second);
      awaiting_.erase(found);
    } else if (std::ranges::find(finished_, job, &std::pair<std::string, Result<void>>::first) == finished_.end()) {
      finished_.emplace_back(job, outcome);
      if (finished_.size() > outcomes_kept) finished_.pop_front();
    }
  }
  for (auto& done : waiting) done(outcome);
}

bool Revocations::is_empty(const std::string& mount_uuid) {
  Transaction look(parts_.store, &parts_.barrier);
  look.go_on(Tier::any);
  for (const std::string& folder : {IssuedPlace{mount_uuid, ""}.folder(), concat(keys::intents, mount_uuid, "/")}) {
    const auto names = core_view(look).list(folder, {.after = {}, .limit = 1}, Depth::all);
    if (!names || !names->empty()) return false;
  }
  return true;
}

// ---- life -----------------------------------------------------------------------------------------------------------------------------
void Revocations::forget() {
  lane_.clear();
  {
    std::lock_guard lock(work_mutex_);  // what works there finds the barrier locked
    jobs_.clear();
  }
  std::vector<Done> waiting;
  {
    std::lock_guard lock(mutex_);
    for (auto& [name, claim] : claims_) std::ranges::move(claim.waiting, std::back_inserter(waiting));
    for (auto& [job, dones] : awaiting_) std::ranges::move(dones, std::back_inserter(waiting));
    claims_.clear();
    awaiting_.clear();
  }
  for (auto& done : waiting) done(fail(Code::sealed, "Vault is sealed"));
}

void Revocations::on_commit(std::span<const std::string_view> committed) {
  for (const auto key : committed) {
    const auto name = View::core_name(key);
    if (!name || !(name->starts_with(keys::leases_going) || name->starts_with(keys::revocations) || name->starts_with("job/unmount/"))) continue;
    if (poke_) poke_();
    return;
  }
}

}  // namespace sr
