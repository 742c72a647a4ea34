#include "core/core.h"
#include "base/blocks.h"
#include "base/process.h"
#include "core/cubbyholes.h"
#include "core/keys.h"
#include "core/versions.h"
#include "storage/keyring.h"

namespace sr {

Core::Core(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      monitors_(parts.log),
      barrier_(parts.random),
      seal_({parts.store, barrier_, parts.clock, parts.random, parts.log, parts.seals}),
      mounts_(parts.store, barrier_, parts.clock, parts.random, parts.log, metrics_),
      lockouts_(barrier_, parts.clock, options_.lockout),
      policies_(parts.clock),
      tokens_(barrier_, parts.clock, parts.random),
      leases_(parts.clock, parts.random, tokens_),
      wrapping_(tokens_, barrier_, parts.clock),
      web_(parts.store, barrier_, parts.log),
      quotas_(parts.store, barrier_, parts.clock, parts.log, metrics_),
      lease_counts_({parts.store, barrier_, parts.log, mounts_, quotas_}, metrics_),
      rotation_({parts.store, barrier_, parts.clock, parts.random, parts.log}),
      rekeying_({barrier_, rotation_, seal_, parts.random}),
      root_generation_({barrier_, tokens_, parts.clock, parts.random}),
      audit_({parts.store, barrier_, parts.clock, parts.random, parts.log, metrics_}, options_.audit_require),
      audited_headers_(parts.store, barrier_, parts.log),
      intents_({parts.store, barrier_, parts.clock, parts.log, mounts_, leases_}),
      revocations_({parts.store, barrier_, parts.clock, parts.log, mounts_, tokens_, leases_}, metrics_, options_.revocation_deadline),
      mount_work_({parts.store, barrier_, parts.clock, parts.log, mounts_, policies_}),
      snapshots_({parts.store, barrier_, parts.clock, parts.log}, [this](auto replacement, Revision later_than, const KeySecret* root_key) { return replace_store(std::move(replacement), later_than, root_key); }),
      pipeline_(*this, options_.limits),
      jobs_(options_.sweeps ? options_.sweep_interval : std::chrono::hours(24 * 365), [this] { if (options_.sweeps) sweep_all_but_leases(); }),
      lease_jobs_(options_.sweeps ? options_.sweep_interval : std::chrono::hours(24 * 365), [this] { sweep_leases(options_.sweeps); }),
      mount_work_jobs_(options_.sweeps ? options_.sweep_interval : std::chrono::hours(24 * 365), [this] { if (options_.sweeps) sweep_mount_work(); }),
      unsealer_({seal_, parts.clock, parts.log, [this] { return settled(seal_.unseal_itself(opening())); }}, options_.unseal_pace) {
  set_gauges();
  mounts_.ttl_default = options_.default_lease_ttl;
  mounts_.ttl_max = options_.max_lease_ttl;
  mounts_.set_poke([this] { jobs_.poke(); });
  tokens_.set_poke([this] { jobs_.poke(); });
  mount_work_.set_poke([this] { mount_work_jobs_.poke(); });
  tokens_.set_on_tree([this](const Tokens::TreeProgress& tree) {
    parts_.log.info("core", tree.is_over ? "a large tree of tokens has been revoked" : "a large tree of tokens is being revoked", {{"revoked", tree.revoked}});
  });
  revocations_.set_poke([this] { lease_jobs_.poke(); });
  quotas_.set_poke([this] { jobs_.poke(); });
  lease_counts_.set_poke([this] { jobs_.poke(); });
  mounts_.set_is_settled([this](const std::string& uuid) { return revocations_.is_empty(uuid); });
  parts_.store.subscribe([this](const CommitNews& news) {
    const auto revision = news.revision;
    const auto keys = news.keys;
    lease_counts_.on_commit(news);
    tokens_.on_commit(revision, keys);
    policies_.on_commit(revision, keys);
    mounts_.on_commit(revision, keys);
    revocations_.on_commit(keys);
    mount_work_.on_commit(keys);
    audit_.on_commit(revision, keys);
    audited_headers_.on_commit(keys);
    web_.on_commit(keys);
    quotas_.on_commit(keys);
    rekeying_.on_commit(keys);
    root_generation_.on_commit(keys);
  });
  look_ahead();
}

// What an unseal reads lies in a few of the store's files, and there may be many: these are opened now, while nobody waits for an answer.
void Core::look_ahead() {
  Transaction transaction(parts_.store, nullptr);
  auto core = core_view(transaction);
  for (const auto key : {keys::format, keys::seal_config, keys::root_key, keys::keyring, keys::restored, keys::cluster, keys::fixed_mounts, keys::versions, keys::mounts_changed,
                         keys::mounts, keys::audit_devices, keys::audited_headers, keys::cors, keys::quotas_changed, keys::quotas, keys::quota_config, keys::lease_counts, keys::rotation,
                         keys::encryptions, keys::policies_changed, keys::policies, keys::jobs, keys::lease_expiry, keys::expiry, keys::tokens})
    core.look_ahead(key);
}

// The audit devices end with a checkpoint that nobody waits for: the store may hear of it when there is no core any more.
Core::~Core() {
  end_unsealing();
  drain();
  parts_.store.unsubscribe();
}

// What is true now and needs no counting. A gauge that asks the mount table takes the published one.
void Core::set_gauges() {
  const auto unsealed = [this] { return seal_.is_open() ? 1.0 : 0.0; };
  metrics_.gauge({"core.unsealed"}, unsealed);
  metrics_.gauge({"core.active"}, unsealed);
  metrics_.gauge({"core.storage.lingering"}, [this] { return static_cast<double>(parts_.store.lingering()); });
  metrics_.gauge({"core.in_flight_requests"}, [this] { return static_cast<double>(pipeline_.under_way()); });
  metrics_.gauge({"token.revoke_tree.under_way"}, [this] { return tokens_.trees_are_going() ? 1.0 : 0.0; });
  metrics_.gauge({"token.revoke_tree.tokens"}, [this] { return static_cast<double>(tokens_.tree_tokens_revoked()); });
  metrics_.gauge({"runtime.alloc_bytes"}, [] { return static_cast<double>(process_stats().heap_bytes); });
  metrics_.gauge({"runtime.sys_bytes"}, [] { return static_cast<double>(process_stats().arena_bytes); });
  for (const bool auth : {false, true})
    for (const bool local : {false, true})
      metrics_.gauge({"core.mount_table.num_entries", {{"type", auth ? "auth" : "logical"}, {"local", local ? "true" : "false"}}}, [this, auth, local] {
        const auto router = mounts_.current();
        return static_cast<double>(std::ranges::count_if(router->mounts(), [&](const auto& mount) { return mount.second->entry.is_auth() == auth && mount.second->entry.local == local; }));
      });
}

// What a new store starts with: what every unsealed one knows of its program, the policies that always are, and a root token.
Result<InitResult> Core::initialize(Transaction& raw, InitOptions wanted) {
  return seal_.initialize(raw, wanted.seal, options_.cluster_name, [&](Transaction& inside, const Barrier& barrier) -> Result<std::string> {
    TRY(name_this_program(inside));
    TRY(policies_.write(inside, PolicyName("default"), {.text = std::string(default_policy_text()), .written = clock().now()}));
    NewToken root;
    root.id = wanted.root_token_id;
    const bool is_chosen = !wanted.root_token_id.empty();  // in development mode, where Vault makes it as any token is made
    root.token.path = is_chosen ? "auth/token/create" : initial_root_path;
    root.token.display_name = is_chosen ? "token" : "root";
    root.token.policies = {"root"};
    root.token.created = clock().now();
    root.token.orphan = true;
    root.token.renewable = false;
    return TRY(tokens_.create(inside, barrier, std::move(root))).id;
  });
}

Result<InitResult> Core::initialize_now(InitOptions wanted) {
  Transaction raw(parts_.store, nullptr);
  raw.go_on(Tier::any);
  auto made = TRY(initialize(raw, std::move(wanted)));
  const auto committed = commit_and_wait(parts_.store, TRY(raw.take_batch()));
  if (committed) return made;
  if (committed.error().conflict) return fail(Code::invalid, "Vault is already initialized");
  return std::unexpected(committed.error().error);
}

Result<void> Core::unseal(std::string_view share, SealState::Purpose purpose) {
  return settled(seal_.unseal(share, purpose, opening()));
}

// What an opening has loaded that a seal has overtaken.
Result<void> Core::settled(Result<void> opened) {
  if (!opened && opened.error().code == Code::sealed) close();
  return opened;
}

SealState::Opening Core::opening() {
  return {.load = [this] { return load(); }, .begin = [this] { begin_jobs(); }};
}

Result<void> Core::load() {
  TRY(rotation_.load());
  TRY(record_this_program());
  TRY(mounts_.load());
  audit_.close_retired();
  TRY(audit_.load());
  TRY(audit_.follow(options_.audit_devices));
  TRY(audited_headers_.load());
  TRY(web_.load());
  TRY(quotas_.load());
  lease_counts_.begin();
  Transaction transaction(parts_.store, &barrier_);
  tokens_.take_up_jobs(transaction);
  return {};
}

void Core::begin_jobs() {
  jobs_.poke();
  lease_jobs_.poke();
  mount_work_jobs_.poke();
  sweep_intents();
}

void Core::sweep_intents() {
  intents_.sweep(revocations_.lane(), [this] {
    std::set<std::string> ids;
    for (const auto& request : pipeline_.list_under_way()) ids.insert(request.id);
    return ids;
  });
}

// Sealed around the switch, so that nothing that is known of the one content is used on the other. The audit devices have let go of
// their files before those of the new content open what may be the same ones.
Result<void> Core::replace_store(std::unique_ptr<Replacement> next, Revision later_than, const KeySecret* root_key) {
  std::lock_guard lock(sweep_mutex_);
  const auto before = barrier_.keyring();
  if (!before) return fail(Code::sealed, "Vault is sealed");
  if (root_key && !(before->root_key() == *root_key)) return fail(Code::busy, "the root key was changed while the snapshot came in, try again");
  auto unseal_key = seal_.unseal_key();
  const auto devices = audit_.enabled();
  const std::uint64_t sealed = seal();
  std::lock_guard no_leases(lease_sweep_mutex_);
  std::lock_guard no_work(mount_work_mutex_);
  AuditBroker::wait_until_closed(*devices);
  tokens_.forget_swept();
  leases_.expiry().forget();
  const auto replaced = parts_.store.replace(std::move(next), later_than);
  const auto reopen = [&](const KeySecret& key) -> Result<void> {
    return settled(seal_.reopen({key.copy(), std::move(unseal_key)}, opening(), sealed));
  };
  if (!replaced) {
    TRY(reopen(before->root_key()));
    return std::unexpected(replaced.error());
  }
  // A request of before may still hold what it has read of the other store.
  tokens_.forget(*replaced);
  policies_.forget(*replaced);
  parts_.log.info("core", "a snapshot is in the place of the store", {{"revision", *replaced}});
  if (root_key) return reopen(*root_key);
  unsealer_.open_soon();  // the seal may know the key of that time
  return {};
}

// What a store is to know of the program that serves it.
Result<void> Core::name_this_program(Transaction& transaction) {
  TRY(mounts_.name_fixed(transaction));
  return record_version(transaction, clock().now());
}

// Written when another program than the last one unseals, before anything is served. Else unsealing writes nothing: it goes on a full disk.
Result<void> Core::record_this_program() {
  Transaction transaction(parts_.store, &barrier_);
  transaction.go_on(Tier::any);
  TRY(name_this_program(transaction));
  if (!transaction.has_writes()) return {};
  const auto committed = commit_and_wait(parts_.store, TRY(transaction.take_batch()));
  if (!committed) return fail(Code::internal, committed.error().conflict ? "the store changed while it was unsealed, try again" : committed.error().error.message);
  return {};
}

std::uint64_t Core::seal() {
  const std::uint64_t times = seal_.seal();
  close();
  return times;
}

void Core::let_go() {
  static_cast<void>(mounts_.router());
  static_cast<void>(audit_.devices());
  audited_headers_.let_go();
  web_.let_go();
  quotas_.let_go();
}

void Core::close() {
  monitors_.end_all();
  mounts_.unload();
  audit_.unload();
  audited_headers_.unload();
  web_.unload();
  quotas_.unload();  // first, or a walk would begin for them
  lease_counts_.forget();
  revocations_.forget();
  intents_.forget();
  tokens_.forget();
  rekeying_.forget();
  root_generation_.forget();
  policies_.forget();
}

std::size_t Core::sweep() {
  const std::size_t ended = sweep_leases(true);
  sweep_mount_work();
  return ended + sweep_all_but_leases();
}

void Core::sweep_mount_work() {
  std::lock_guard lock(mount_work_mutex_);
  if (seal_.is_open()) mount_work_.sweep();
}

// What was asked for is done as soon as it is poked; what is due, when it is time to look.
std::size_t Core::sweep_leases(bool due_too) {
  std::lock_guard lock(lease_sweep_mutex_);
  if (!seal_.is_open()) return 0;
  const std::size_t ended = revocations_.work_jobs();
  sweep_intents();
  return ended + (due_too ? revocations_.take_due() : 0);
}

std::size_t Core::sweep_all_but_leases() {
  std::lock_guard lock(sweep_mutex_);
  blocks::release_idle();
  if (!seal_.is_open()) return 0;  // before the mounts are loaded, all that is theirs would look left over
  const std::size_t swept = tokens_.sweep(parts_.store, barrier_);
  sweep_cubbyholes(parts_.store, barrier_);
  mounts_.sweep(parts_.store);
  rotation_.sweep();
  quotas_.sweep();
  lease_counts_.sweep();
  lockouts_.sweep(parts_.store, *mounts_.router());
  return swept;
}

}  // namespace sr
