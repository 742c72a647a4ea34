#include "core/rekeying.h"
#include <algorithm>
#include "base/assert.h"
#include "core/keys.h"
#include "core/recovery_key.h"
#include "core/tokens.h"

namespace sr {
namespace {

// More than can be on their way at once: each that is gone from the list would seal the server if it arrived.
constexpr std::size_t pending_most = 2 * limits::requests;

std::string none_in_progress(const Rekeying::Spelling& words, Rekeying::Target target) {
  return concat("no ", !words.per_target ? "" : target == Rekeying::Target::root ? "barrier " : "recovery ", words.name, " in progress");
}

}  // namespace

Result<Rekeying::Status> Rekeying::status(Transaction& transaction, Target target) const {
  Status status{.required = TRY(seal_config(transaction)).secret_threshold};
  std::lock_guard lock(mutex_);
  const auto& now = attempt(target);
  if (!now) return status;
  status.started = true;
  status.nonce = now->given.nonce();
  status.threshold = now->wanted.secret_threshold;
  status.shares = now->wanted.secret_shares;
  status.progress = now->prepared ? 0 : now->given.count();
  status.verification = now->verification;
  if (now->verifying) status.verification_nonce = now->verifying->nonce();
  return status;
}

// ---- an attempt begins ------------------------------------------------------------------------------------------------------
Result<SealConfig> Rekeying::check(const SealConfig& now, Target target, const Spelling& words, const Wanted& wanted) const {
  SealConfig config{.type = now.type, .secret_shares = wanted.shares, .secret_threshold = wanted.threshold};
  if (target == Target::root && now.opens_itself()) {
    if (wanted.verification) return fail(Code::invalid, concat("requiring verification not supported when ", words.doing, " the barrier key with recovery keys"));
    config.secret_shares = config.secret_threshold = words.shares_of_the_seal;
    return config;
  }
  SR_ASSERT(target == Target::root || now.opens_itself());
  const std::string_view why = config.secret_shares == 0 ? "shares must be at least one" : config.fault();
  if (why.empty()) return config;
  return fail(Code::invalid, target == Target::recovery ? concat("invalid recovery configuration: ", why) : concat("invalid ", words.seal, " seal configuration: ", why));
}

Result<void> Rekeying::start(Transaction& transaction, Target target, const Spelling& words, Wanted wanted) {
  auto config = TRY(check(TRY(seal_config(transaction)), target, words, wanted));
  std::lock_guard lock(mutex_);
  if (attempt(target)) return fail(Code::invalid, concat(words.name, " already in progress"));
  attempt(target).emplace(Attempt{.wanted = std::move(config), .verification = wanted.verification, .given = GivenShares(parts_.random)});
  return {};
}

Result<std::optional<Rekeying::NewShares>> Rekeying::first_recovery_key(Transaction& transaction, const Spelling& words, Wanted wanted) {
  const auto now = TRY(seal_config(transaction));
  if (!now.opens_itself() || now.secret_shares > 0) return std::nullopt;
  const auto config = TRY(check(now, Target::recovery, words, wanted));
  Attempt made{.wanted = config, .verification = wanted.verification, .given = GivenShares(parts_.random), .prepared = TRY(prepare(Target::recovery, config))};
  std::lock_guard lock(mutex_);
  if (attempt(Target::recovery)) return fail(Code::invalid, concat(words.name, " already in progress"));
  auto out = TRY(hand_out(transaction, Target::recovery, made));
  // Without verification nothing is left to be done, and a commit that fails leaves nothing that would be in the way.
  if (wanted.verification) attempt(Target::recovery) = std::move(made);
  return out;
}

void Rekeying::cancel(Target target) {
  std::lock_guard lock(mutex_);
  attempt(target).reset();
}

// ---- what it comes to ---------------------------------------------------------------------------------------------------------
Result<Rekeying::Prepared> Rekeying::prepare(Target target, const SealConfig& wanted) const {
  Prepared made;
  if (target == Target::recovery) {
    made.shared_key = KeySecret::generate(parts_.random);
    made.shares = TRY(split_key(made.shared_key, wanted, parts_.random));
    made.config_row = wanted.print();
    return made;
  }
  made.root_key = KeySecret::generate(parts_.random);
  if (wanted.opens_itself()) {
    made.wrapped_root_key = TRY(parts_.seal.wrap(made.root_key));
    return made;
  }
  auto init = TRY(init_shamir(wanted, made.root_key, parts_.random));
  made.shares = std::move(init.shares);
  made.shared_key = std::move(init.unseal_key);
  made.config_row = std::move(init.config_row);
  made.wrapped_root_key = std::move(init.wrapped_root_key);
  return made;
}

// The rows that say how the store is opened, and the ring under the new root key: all of them or none.
Result<void> Rekeying::write_root_key(Transaction& transaction, const KeySecret& root_key, std::string_view wrapped, const KeySecret& unseal_key) {
  const auto ring = TRY(stored_ring(transaction, parts_.barrier));
  TRY(core_view(transaction).put_raw(keys::root_key, Secret(wrapped)));
  if (std::ranges::none_of(pending_, [&](const Pending& known) { return known.root_key == root_key; })) {
    if (pending_.size() >= pending_most) pending_.erase(pending_.begin());
    pending_.push_back({root_key.copy(), unseal_key.copy()});
  }
  return store_ring(transaction, *ring->under(root_key.copy()), parts_.random);
}

Result<void> Rekeying::write(Transaction& transaction, Target target, const Prepared& made) {
  if (!made.config_row.empty()) TRY(core_view(transaction).put_raw(keys::seal_config, Secret(made.config_row)));
  if (target == Target::root) return write_root_key(transaction, made.root_key, made.wrapped_root_key, made.shared_key);
  recovery_waits_ = true;
  return store_recovery_key(transaction, made.shared_key);
}

Result<Rekeying::NewShares> Rekeying::hand_out(Transaction& transaction, Target target, Attempt& now) {
  if (now.verification) now.verifying.emplace(parts_.random);
  else TRY(write(transaction, target, *now.prepared));
  NewShares out{.nonce = now.given.nonce(), .verification_nonce = now.verifying ? now.verifying->nonce() : ""};
  for (const Secret& one : now.prepared->shares) out.shares.push_back(one.copy());
  return out;
}

Result<std::optional<Rekeying::NewShares>> Rekeying::give(Transaction& transaction, Target target, const Spelling& words, std::string_view share, std::string_view nonce) {
  TRY(check_size(share));
  const SealConfig config = TRY(seal_config(transaction));
  std::optional<Prepared> fresh;
  for (;;) {
    SealConfig wanted;
    {
      std::lock_guard lock(mutex_);
      auto& now = attempt(target);
      if (!now) return fail(Code::invalid, none_in_progress(words, target));
      if (now->verifying)
        return fail(Code::invalid, concat(words.name, words.operation, " already finished; verification must be performed; nonce for the verification operation is \"",
                                          now->verifying->nonce(), "\""));
      if (nonce != now->given.nonce())
        return fail(Code::invalid, concat("incorrect nonce supplied; nonce for ", words.operation.empty() ? "" : "this ", words.name, words.operation, " is \"", now->given.nonce(), "\""));
      const bool is_again = now->given.has(share);  // of a request whose commit failed: all is prepared
      if (is_again && !now->prepared) return fail(Code::invalid, concat("given key has already been provided during this ", words.name, words.operation));
      if (!is_again && now->prepared) return fail(Code::invalid, "root key verification failed: this share was not part of it");
      // The keys may have been changed since they were looked at.
      if (const auto right = now->prepared ? check_shares(transaction, config, now->given) : Result<void>(); !right) {
        now->given.clear();
        now->prepared.reset();
        return std::unexpected(right.error());
      }
      if (!now->prepared) {
        now->given.add(share);
        if (now->given.count() < config.secret_threshold) return std::nullopt;
        if (const auto right = check_shares(transaction, config, now->given); !right) {
          now->given.clear();
          return std::unexpected(right.error());
        }
        if (fresh) now->prepared = std::move(fresh);
        else now->given.drop_last();
      }
      if (now->prepared) return TRY(hand_out(transaction, target, *now));
      wanted = now->wanted;
    }
    fresh = TRY(prepare(target, wanted));  // may ask the seal, so not under the lock; what came meanwhile is looked at again
  }
}

Result<void> Rekeying::change_root_key(Transaction& transaction) {
  const auto root_key = KeySecret::generate(parts_.random);
  // The row is a precondition, so that no key is written under an unseal key that was changed meanwhile.
  const auto row = TRY(core_view(transaction).get_raw(keys::root_key));
  if (!row) return fail(Code::internal, "the store has no root key: it is damaged, restore a backup");
  // A rekey may be in the store already, and its unseal key not yet in memory.
  if (const auto unseal_key = parts_.seal.unseal_key(); !unseal_key.empty() && !open_root_key(unseal_key, row->value.reveal()))
    return fail(Code::busy, "the unseal key is being changed, try again");
  const auto wrapped = TRY(parts_.seal.wrap(root_key));
  std::lock_guard lock(mutex_);
  return write_root_key(transaction, root_key, wrapped, {});
}

// ---- verification -------------------------------------------------------------------------------------------------------------
Result<Rekeying::Status> Rekeying::verification_status(Transaction& transaction, Target target, const Spelling& words) const {
  Status status = TRY(this->status(transaction, target));
  if (!status.started) return fail(Code::invalid, concat("no ", words.name, " configuration found"));
  std::lock_guard lock(mutex_);
  const auto& now = attempt(target);
  status.started = now && now->verifying;
  status.verified = status.started ? now->verifying->count() : 0;
  return status;
}

void Rekeying::restart_verification(Target target) {
  std::lock_guard lock(mutex_);
  auto& now = attempt(target);
  if (now && now->verifying) now->verifying.emplace(parts_.random);
}

Result<bool> Rekeying::verify(Transaction& transaction, Target target, const Spelling& words, std::string_view share, std::string_view nonce) {
  TRY(check_size(share));
  TRY(seal_config(transaction));  // a precondition: the keys may not have changed meanwhile
  std::lock_guard lock(mutex_);
  auto& now = attempt(target);
  if (!now) return fail(Code::invalid, concat("no ", words.name, " in progress"));
  if (!now->verifying) return fail(Code::invalid, concat("no ", words.name, " verification in progress"));
  GivenShares& given = *now->verifying;
  if (nonce != given.nonce()) return fail(Code::invalid, concat("incorrect nonce supplied; nonce for this verify operation is \"", given.nonce(), "\""));
  const std::size_t needed = now->wanted.secret_threshold;
  if (!(given.has(share) && given.count() >= needed)) {
    if (given.has(share)) return fail(Code::invalid, "given key has already been provided during this verify operation");
    given.add(share);
    if (given.count() < needed) return false;
    const auto key = given.combine();
    if (!key || *key != now->prepared->shared_key) {
      now->verifying.emplace(parts_.random);
      return fail(Code::invalid, concat(words.name, " verification failed; incorrect key shares supplied"));
    }
  }
  TRY(write(transaction, target, *now->prepared));
  return true;
}

// ---- what has become durable ----------------------------------------------------------------------------------------------------
void Rekeying::on_commit(std::span<const std::string_view> committed) {
  const auto has = [&](std::string_view name) { return std::ranges::any_of(committed, [&](std::string_view key) { return View::core_name(key) == name; }); };
  if (recovery_waits_ && has(keys::recovery_key)) {
    std::lock_guard lock(mutex_);
    attempt(Target::recovery).reset();
    recovery_waits_ = false;
  }
  if (!has(keys::keyring)) return;
  std::lock_guard lock(mutex_);
  std::vector<KeySecret> opens;
  for (const Pending& one : pending_) opens.push_back(one.root_key.copy());
  parts_.rotation.adopt(opens);
  const auto ring = parts_.barrier.keyring();
  if (!ring || !has(keys::root_key)) return;
  const auto arrived = std::ranges::find_if(pending_, [&](const Pending& one) { return one.root_key == ring->root_key(); });
  if (arrived != pending_.end() && !arrived->unseal_key.empty()) parts_.seal.keep(std::move(arrived->unseal_key));
  auto& now = attempt(Target::root);
  if (now && now->prepared && now->prepared->root_key == ring->root_key()) now.reset();
  pending_.clear();
}

void Rekeying::forget() {
  std::lock_guard lock(mutex_);
  for (auto& one : attempts_) one.reset();
  pending_.clear();
}

}  // namespace sr
