#include "core/seal_state.h"
#include "base/concat.h"
#include "core/keys.h"
#include "core/recovery_key.h"
#include "core/snapshots.h"
#include "core/tokens.h"
#include "storage/keyring.h"
#include "storage/record.h"

namespace sr {
namespace {

Result<std::optional<std::string>> raw_row(Store& store, std::string_view name) {
  Transaction raw(store, nullptr);
  raw.go_on(Tier::any);
  const auto row = TRY(core_view(raw).get(name));
  return row ? std::optional(std::string(row->value.reveal())) : std::nullopt;
}

std::string place_of_ring(Store& store) {
  Transaction names(store, nullptr);
  return core_view(names).at(keys::keyring).text();
}

}  // namespace

// ---- what is there ----------------------------------------------------------------------------------------------------------
Result<std::optional<SealState::Rows>> SealState::rows() const {
  const auto format = TRY(raw_row(parts_.store, keys::format));
  if (format && *format != View::format)
    return fail(Code::internal, concat("the store has the format \"", *format, "\", and this server knows \"", View::format, "\" only: run the version that wrote it"));
  const auto config = TRY(raw_row(parts_.store, keys::seal_config));
  if (!config) return std::nullopt;
  const auto wrapped = TRY(raw_row(parts_.store, keys::root_key));
  if (!wrapped) return fail(Code::internal, "the store has a seal configuration but no root key: it is damaged, restore a backup");
  return Rows{TRY(SealConfig::parse(*config)), *wrapped};
}

// The seal that the store was closed with; null: shares, or a seal that the configuration does not have.
const AutoSeal* SealState::seal_of(const SealConfig& stored) const {
  for (const AutoSeal* seal : {parts_.seals.in_use, parts_.seals.leaving})
    if (seal && seal->type() == stored.type) return seal;
  return nullptr;
}

Result<void> SealState::check() const {
  const auto known = TRY(rows());
  if (!known) return {};
  const SealConfig& stored = known->config;
  if (!must_migrate(stored)) return {};
  if (stored.opens_itself() && !seal_of(stored))
    return fail(Code::invalid, concat("cannot seal migrate from \"", stored.type, "\" to ", parts_.seals.in_use ? concat("\"", parts_.seals.type(), "\"") : "Shamir",
                                      ", no disabled seal in configuration: add the stanza of the former seal with  disabled = \"true\""));
  parts_.log.warn("core", "entering seal migration mode: the server opens when the shares are given with \"migrate\"", {{"from", stored.type}, {"to", parts_.seals.type()}});
  return {};
}

Result<bool> SealState::initialized() const { return TRY(rows()).has_value(); }

Result<SealStatus> SealState::status() const {
  SealStatus status;
  const auto known = TRY(rows());
  status.type = parts_.seals.type();
  status.opens_itself = parts_.seals.in_use != nullptr;
  status.initialized = known.has_value();
  status.sealed = !is_open();
  if (known) {
    status.migration = must_migrate(known->config);
    status.shares = known->config.secret_shares;
    status.threshold = known->config.secret_threshold;
  }
  std::lock_guard lock(mutex_);
  if (status.sealed) {
    status.progress = attempt_.progress();
    status.nonce = attempt_.nonce();
  } else {
    status.cluster_name = cluster_.name;
    status.cluster_id = cluster_.id;
  }
  return status;
}

Cluster SealState::cluster() const {
  std::lock_guard lock(mutex_);
  return cluster_;
}
Time SealState::unsealed_at() const {
  std::lock_guard lock(mutex_);
  return unsealed_at_;
}

// ---- the first start ----------------------------------------------------------------------------------------------------------
Result<InitResult> SealState::initialize(Transaction& raw, SealConfig config, std::string cluster_name, const Fill& fill) {
  View core = core_view(raw);
  if (TRY(core.get(keys::seal_config))) return fail(Code::invalid, "Vault is already initialized");
  config.type = parts_.seals.type();
  TRY(config.check());

  const auto root_key = KeySecret::generate(parts_.random);
  KeySecret recovery_key;
  std::vector<Secret> shares;
  std::string wrapped;
  if (parts_.seals.in_use) {
    wrapped = TRY(parts_.seals.in_use->wrap(root_key, parts_.random)).print();
    if (config.secret_shares > 0) recovery_key = KeySecret::generate(parts_.random);
    shares = TRY(split_key(recovery_key, config, parts_.random));
  } else {
    auto made = TRY(init_shamir(config, root_key, parts_.random));
    wrapped = std::move(made.wrapped_root_key);
    shares = std::move(made.shares);
  }
  const auto keyring = Keyring::create(root_key.copy(), parts_.random, parts_.clock.now());
  TRY(core.put(keys::format, Secret(View::format)));
  TRY(core.put(keys::seal_config, Secret(config.print())));
  TRY(core.put(keys::root_key, Secret(wrapped)));
  TRY(core.put(keys::keyring, Secret(keyring->seal(core.at(keys::keyring).text(), parts_.random))));

  // What lies behind the barrier from the start goes into the same commit, sealed already.
  Barrier barrier(parts_.random);
  barrier.unlock(keyring);
  Transaction inside(parts_.store, &barrier);
  inside.go_on(Tier::any);
  if (cluster_name.empty()) cluster_name = concat("vault-cluster-", random_uuid(parts_.random).substr(0, 8));
  TRY(core_view(inside).put(keys::cluster, store_record(Cluster{std::move(cluster_name), random_uuid(parts_.random)})));
  if (!recovery_key.empty()) TRY(store_recovery_key(inside, recovery_key));
  Secret root_token(TRY(fill(inside, barrier)));
  TRY(raw.absorb(TRY(inside.take_batch())));
  return InitResult{std::move(shares), std::move(root_token)};
}

// ---- opening ------------------------------------------------------------------------------------------------------------------
Result<void> SealState::unseal(std::string_view share, Purpose purpose, const Opening& opening) {
  std::lock_guard only(opening_);
  const std::uint64_t sealed = times_sealed_;
  const auto known = TRY(rows());
  if (!known) return fail(Code::invalid, "Vault is not initialized");
  if (is_open()) return {};
  const bool is_move = must_migrate(known->config);
  if (is_move && purpose != Purpose::migrate) return fail(Code::invalid, "migrate option not provided and seal migration is pending");
  if (!is_move && purpose == Purpose::migrate) return fail(Code::invalid, "can't perform a seal migration, no migration seal found");
  std::optional<KeySecret> shared_key;
  {
    std::lock_guard lock(mutex_);
    shared_key = TRY(attempt_.add(share, known->config, parts_.random));
  }
  if (!shared_key) return {};
  auto done = [&]() -> Result<void> {
    auto keys = TRY(keys_by(*known, *shared_key));
    if (is_move) keys = TRY(migrate(*known, std::move(keys)));
    else wrap_again(*known, keys.root_key);
    return open(std::move(keys), opening, sealed);
  }();
  // Wrong shares are forgotten. When the store or the seal failed, the last one may be given again.
  if (done || done.error().code == Code::invalid) reset_unseal();
  return done;
}

Result<void> SealState::unseal_itself(const Opening& opening) {
  std::lock_guard only(opening_);
  const std::uint64_t sealed = times_sealed_;
  const auto known = TRY(rows());
  if (!known) return fail(Code::invalid, "Vault is not initialized");
  if (is_open()) return {};
  if (must_migrate(known->config)) return fail(Code::invalid, "cannot auto-unseal during seal migration");
  if (!parts_.seals.in_use) return fail(Code::invalid, "the server is opened by shares");
  auto root_key = TRY(unwrap(*known, *parts_.seals.in_use));
  wrap_again(*known, root_key);
  return open({std::move(root_key), {}}, opening, sealed);
}

Result<void> SealState::reopen(Keys keys, const Opening& opening, std::uint64_t sealed) {
  std::lock_guard only(opening_);
  if (is_open()) return {};
  if (times_sealed_ != sealed) return fail(Code::sealed, "Vault was sealed meanwhile, and stays so");
  const auto known = TRY(rows());
  if (!known) return fail(Code::invalid, "Vault is not initialized");
  const bool fits = !keys.unseal_key.empty() && !known->config.opens_itself() && open_root_key(keys.unseal_key, known->wrapped_root_key).has_value();
  if (!fits) keys.unseal_key = {};
  return open(std::move(keys), opening, sealed);
}

Result<KeySecret> SealState::unwrap(const Rows& rows, const AutoSeal& seal) const { return seal.unwrap(TRY(WrappedKey::parse(rows.wrapped_root_key))); }

Result<std::shared_ptr<const Keyring>> SealState::ring(const KeySecret& root_key) const {
  const auto sealed = TRY(raw_row(parts_.store, keys::keyring));
  if (!sealed) return fail(Code::internal, "the store has no keyring: it is damaged, restore a backup");
  return Keyring::open(root_key.copy(), place_of_ring(parts_.store), *sealed);
}

// What the shares came to: the unseal key itself, or a recovery key, which opens nothing. Whether it is the right one is known behind
// the barrier only, so that is opened aside.
Result<SealState::Keys> SealState::keys_by(const Rows& rows, const KeySecret& shared_key) const {
  if (!rows.config.opens_itself()) {
    auto root_key = TRY(open_root_key(shared_key, rows.wrapped_root_key));
    return Keys{std::move(root_key), shared_key.copy()};
  }
  const AutoSeal* seal = seal_of(rows.config);
  if (!seal) return fail(Code::internal, concat("the store was closed by a seal \"", rows.config.type, "\", which the configuration does not have"));
  auto root_key = unwrap(rows, *seal);
  // Not the fault of who gave the shares, whatever the seal says.
  if (!root_key) return fail(Code::upstream, concat("the seal \"", seal->type(), "\" does not open the root key: ", root_key.error().message));
  Barrier aside(parts_.random);
  aside.unlock(TRY(ring(*root_key)));
  Transaction inside(parts_.store, &aside);
  inside.go_on(Tier::any);
  const auto right = check_recovery_key(inside, shared_key);
  if (!right && right.error().code == Code::invalid) return fail(Code::invalid, concat("invalid key: failed to verify recovery key: ", right.error().message));
  if (!right) return std::unexpected(right.error());
  return Keys{std::move(*root_key), shared_key.copy()};
}

Result<void> SealState::open(Keys keys, const Opening& opening, std::uint64_t sealed) {
  parts_.barrier.unlock(TRY(ring(keys.root_key)));
  auto go = [&]() -> Result<void> {
    Transaction inside(parts_.store, &parts_.barrier);
    inside.go_on(Tier::any);
    TRY(check_restored());
    const auto row = TRY(core_view(inside).get(keys::cluster));
    {
      std::lock_guard lock(mutex_);
      if (row) cluster_ = TRY(load_record<Cluster>(row->value));
      unsealed_at_ = parts_.clock.now();
      unseal_key_ = parts_.seals.in_use ? KeySecret() : std::move(keys.unseal_key);
    }
    return opening.load();
  };
  const auto went = go();
  if (!went) {
    parts_.barrier.lock();
    keep({});
    parts_.log.error("core", "unsealing failed", {{"why", went.error().message}});
    return went;
  }
  open_.store(true, std::memory_order_release);
  if (times_sealed_ != sealed) {  // somebody has sealed it while it was being opened
    open_.store(false, std::memory_order_release);
    parts_.barrier.lock();
    keep({});
    return fail(Code::sealed, "Vault was sealed meanwhile, and stays so");
  }
  parts_.log.info("core", "vault is unsealed");
  opening.begin();
  return {};
}

// A snapshot that was restored without its keys could not be told from one that somebody had changed; now it can.
Result<void> SealState::check_restored() const {
  const auto row = TRY(raw_row(parts_.store, keys::restored));
  if (!row) return {};
  const auto [sums, sealed] = split_restored(*row);
  const auto ring = parts_.barrier.keyring();
  if (ring && equal_in_constant_time(seal_sums(*ring, sums), sealed)) return {};
  return fail(Code::internal, "the snapshot that was restored here had been changed by somebody without its keys: restore another one");
}

void SealState::reset_unseal() {
  std::lock_guard lock(mutex_);
  attempt_.reset();
}

std::uint64_t SealState::seal() {
  const std::uint64_t times = ++times_sealed_;
  open_.store(false, std::memory_order_release);
  parts_.barrier.lock();
  keep({});
  reset_unseal();
  parts_.log.info("core", "vault is sealed");
  return times;
}

// ---- the keys of the seal in use ------------------------------------------------------------------------------------------------
Result<std::string> SealState::wrap(const KeySecret& root_key) const {
  if (parts_.seals.in_use) return TRY(parts_.seals.in_use->wrap(root_key, parts_.random)).print();
  const auto key = unseal_key();
  if (key.empty()) return fail(Code::busy, "the unseal key is being changed, try again");
  return TRY(ShamirSeal::from_key(key.reveal())).wrap(root_key, parts_.random);
}

void SealState::keep(KeySecret unseal_key) {
  std::lock_guard lock(mutex_);
  unseal_key_ = std::move(unseal_key);
}

KeySecret SealState::unseal_key() const {
  std::lock_guard lock(mutex_);
  return unseal_key_.copy();
}

// The root key comes out of the row and goes back into it, so that this is right whatever else is done to the keys meanwhile.
Result<void> SealState::tend() const {
  const AutoSeal* seal = parts_.seals.in_use;
  if (!seal) return {};
  const std::string key_id = TRY(probe(*seal, parts_.random));
  const auto known = TRY(rows());
  if (!known || must_migrate(known->config) || TRY(WrappedKey::parse(known->wrapped_root_key)).key_id == key_id) return {};
  wrap_again(*known, TRY(unwrap(*known, *seal)));
  return {};
}

// A seal has a new key: the root key goes under it. That can wait; the former one has just opened it.
void SealState::wrap_again(const Rows& rows, const KeySecret& root_key) const {
  const AutoSeal* seal = parts_.seals.in_use;
  if (!seal) return;
  auto go = [&]() -> Result<std::string> {
    const auto stored = TRY(WrappedKey::parse(rows.wrapped_root_key));
    if (stored.key_id == TRY(seal->key_id())) return std::string();
    const auto wrapped = TRY(seal->wrap(root_key, parts_.random));
    Transaction raw(parts_.store, nullptr);
    raw.go_on(Tier::any);
    View core = core_view(raw);
    if (TRY(core.get(keys::root_key))->value.reveal() != rows.wrapped_root_key) return std::string();
    TRY(core.put(keys::root_key, Secret(wrapped.print())));
    const auto committed = commit_and_wait(parts_.store, TRY(raw.take_batch()));
    if (!committed) return fail(Code::internal, committed.error().conflict ? "the row has changed meanwhile" : committed.error().error.message);
    return wrapped.key_id;
  };
  const auto key_id = go();
  if (!key_id) parts_.log.warn("core", "the root key is still wrapped by the former key of the seal", {{"why", key_id.error().message}});
  else if (!key_id->empty()) parts_.log.info("core", "the root key is wrapped by another key of the seal from now on", {{"key_id", *key_id}});
}

}  // namespace sr
