#include "core/seal_state.h"
#include "base/concat.h"
#include "core/keys.h"
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

}  // namespace

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

Result<bool> SealState::initialized() const { return TRY(rows()).has_value(); }

Result<SealStatus> SealState::status() const {
  SealStatus status;
  const auto known = TRY(rows());
  std::lock_guard lock(mutex_);
  status.initialized = known.has_value();
  status.sealed = parts_.barrier.locked();
  if (known) {
    status.type = known->config.type;
    status.shares = known->config.secret_shares;
    status.threshold = known->config.secret_threshold;
  }
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

Result<InitResult> SealState::initialize(Transaction& raw, const SealConfig& config, std::string cluster_name, const Fill& fill) {
  View core = core_view(raw);
  if (TRY(core.get(keys::seal_config))) return fail(Code::invalid, "Vault is already initialized");
  TRY(config.check());

  auto root_key = KeySecret::generate(parts_.random);
  auto made = TRY(init_shamir(config, root_key, parts_.random));
  const auto keyring = Keyring::create(root_key.copy(), parts_.random, parts_.clock.now());
  TRY(core.put(keys::format, Secret(View::format)));
  TRY(core.put(keys::seal_config, Secret(made.config_row)));
  TRY(core.put(keys::root_key, Secret(made.wrapped_root_key)));
  TRY(core.put(keys::keyring, Secret(keyring->seal(core.at(keys::keyring).text(), parts_.random))));

  // What lies behind the barrier from the start goes into the same commit, sealed already.
  Barrier barrier(parts_.random);
  barrier.unlock(keyring);
  Transaction inside(parts_.store, &barrier);
  inside.go_on(Tier::any);
  if (cluster_name.empty()) cluster_name = concat("vault-cluster-", random_uuid(parts_.random).substr(0, 8));
  TRY(core_view(inside).put(keys::cluster, store_record(Cluster{std::move(cluster_name), random_uuid(parts_.random)})));
  Secret root_token(TRY(fill(inside, barrier)));
  TRY(raw.absorb(TRY(inside.take_batch())));
  return InitResult{std::move(made.shares), std::move(root_token)};
}

Result<void> SealState::unseal(std::string_view share, const Opened& opened) {
  const auto known = TRY(rows());
  if (!known) return fail(Code::invalid, "Vault is not initialized");
  std::lock_guard lock(mutex_);
  if (!parts_.barrier.locked()) return {};
  auto root_key = TRY(attempt_.add(share, known->config, known->wrapped_root_key, parts_.random));
  if (!root_key) return {};
  return open(std::move(*root_key), opened);
}

Result<void> SealState::open(KeySecret root_key, const Opened& opened) {
  const auto sealed = TRY(raw_row(parts_.store, keys::keyring));
  if (!sealed) return fail(Code::internal, "the store has no keyring: it is damaged, restore a backup");
  Transaction names(parts_.store, nullptr);
  parts_.barrier.unlock(TRY(Keyring::open(std::move(root_key), core_view(names).at(keys::keyring).text(), *sealed)));
  auto go = [&]() -> Result<void> {
    Transaction inside(parts_.store, &parts_.barrier);
    inside.go_on(Tier::any);
    const auto row = TRY(core_view(inside).get(keys::cluster));
    if (row) cluster_ = TRY(load_record<Cluster>(row->value));
    return opened();
  };
  const auto went = go();
  if (!went) {
    parts_.barrier.lock();
    parts_.log.error("core", "unsealing failed", {{"why", went.error().message}});
    return went;
  }
  unsealed_at_ = parts_.clock.now();
  parts_.log.info("core", "vault is unsealed");
  return {};
}

void SealState::reset_unseal() {
  std::lock_guard lock(mutex_);
  attempt_.reset();
}

void SealState::seal() {
  parts_.barrier.lock();
  reset_unseal();
  parts_.log.info("core", "vault is sealed");
}

}  // namespace sr
