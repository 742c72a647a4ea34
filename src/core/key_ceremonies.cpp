#include "core/key_ceremonies.h"
#include "core/keys.h"
#include "crypto/shamir.h"
#include "text/base64.h"

namespace sr {
namespace {

Result<void> check_size(std::string_view share) {
  if (share.size() < 16) return fail(Code::invalid, "key is shorter than minimum 16 bytes");
  if (share.size() > 33) return fail(Code::invalid, "key is longer than maximum 33 bytes");
  return {};
}

std::unexpected<Error> wrong_nonce(std::string_view of, std::string_view nonce) {
  return fail(Code::invalid, concat("incorrect nonce supplied; nonce for this ", of, " operation is \"", nonce, "\""));
}

}  // namespace

bool GivenShares::has(std::string_view share) const {
  return std::ranges::any_of(shares_, [&](const Secret& known) { return equal_in_constant_time(known.reveal(), share); });
}

Result<Secret> GivenShares::combine() const { return shares_.size() == 1 ? Result<Secret>(shares_.front().copy()) : shamir_combine(shares_); }

Result<SealConfig> KeyCeremonies::config(Transaction& transaction) const {
  const auto row = TRY(core_view(transaction).get_raw(keys::seal_config));
  if (!row) return fail(Code::invalid, "Vault is not initialized");
  return SealConfig::parse(row->value.reveal());
}

Result<void> KeyCeremonies::check_shares(Transaction& transaction, const GivenShares& given) const {
  const auto row = TRY(core_view(transaction).get_raw(keys::root_key));
  if (!row) return fail(Code::internal, "the store has no root key: it is damaged, restore a backup");
  const auto key = given.combine();
  if (!key) return fail(Code::invalid, "failed to compute root key: " + key.error().message);
  const auto seal = ShamirSeal::from_key(key->reveal());
  if (!seal) return fail(Code::invalid, "failed to setup unseal key: " + seal.error().message);
  const auto root_key = seal->unwrap(row->value.reveal());
  if (!root_key && root_key.error().code == Code::invalid) return fail(Code::invalid, "root key verification failed: " + root_key.error().message);
  if (!root_key) return std::unexpected(root_key.error());
  return {};
}

// ---- rekey ----------------------------------------------------------------------------------------------------------------
Result<KeyCeremonies::RekeyStatus> KeyCeremonies::rekey_status(Transaction& transaction) const {
  RekeyStatus status{.required = TRY(config(transaction)).secret_threshold};
  std::lock_guard lock(mutex_);
  if (!rekey_) return status;
  status.started = true;
  status.nonce = rekey_->given.nonce();
  status.threshold = rekey_->wanted.secret_threshold;
  status.shares = rekey_->wanted.secret_shares;
  status.progress = rekey_->prepared ? 0 : rekey_->given.count();
  status.verification = rekey_->verification;
  if (rekey_->verifying) status.verification_nonce = rekey_->verifying->nonce();
  return status;
}

Result<void> KeyCeremonies::start_rekey(const SealConfig& wanted, bool verification) {
  if (const auto sound = wanted.check(); !sound) {
    std::string_view why = sound.error().message;
    constexpr std::string_view head = "invalid seal configuration: ";
    if (why.starts_with(head)) why.remove_prefix(head.size());
    return fail(Code::invalid, concat("invalid rekey seal configuration: ", why));
  }
  std::lock_guard lock(mutex_);
  if (rekey_) return fail(Code::invalid, "rekey already in progress");
  rekey_.emplace(Rekey{.wanted = wanted, .verification = verification, .given = GivenShares(parts_.random)});
  return {};
}

void KeyCeremonies::cancel_rekey() {
  std::lock_guard lock(mutex_);
  rekey_.reset();
}

// The three rows that say how the store is opened, and the ring under the new root key: all of them or none.
Result<void> KeyCeremonies::write_rekey(Transaction& transaction, const Rekey& rekey) {
  const auto ring = TRY(stored_ring(transaction, parts_.barrier));
  View core = core_view(transaction);
  TRY(core.put_raw(keys::seal_config, Secret(rekey.prepared->made.config_row)));
  TRY(core.put_raw(keys::root_key, Secret(rekey.prepared->made.wrapped_root_key)));
  const auto is_known = [&](const KeySecret& key) { return equal_in_constant_time(key.reveal(), rekey.prepared->root_key.reveal()); };
  if (std::ranges::none_of(pending_, is_known)) pending_.push_back(rekey.prepared->root_key.copy());
  return store_ring(transaction, *ring->under(rekey.prepared->root_key.copy()), parts_.random);
}

Result<std::optional<KeyCeremonies::NewShares>> KeyCeremonies::give_for_rekey(Transaction& transaction, std::string_view share, std::string_view nonce) {
  TRY(check_size(share));
  const SealConfig now = TRY(config(transaction));
  std::lock_guard lock(mutex_);
  if (!rekey_) return fail(Code::invalid, "no barrier rekey in progress");
  if (rekey_->verifying)
    return fail(Code::invalid, concat("rekey operation already finished; verification must be performed; nonce for the verification operation is \"",
                                      rekey_->verifying->nonce(), "\""));
  if (nonce != rekey_->given.nonce()) return wrong_nonce("rekey", rekey_->given.nonce());
  const bool is_again = rekey_->given.has(share);  // of a request whose commit failed: all is prepared
  if (is_again && !rekey_->prepared) return fail(Code::invalid, "given key has already been provided during this rekey operation");
  if (!is_again && rekey_->prepared) return fail(Code::invalid, "root key verification failed: this share was not part of it");
  if (!rekey_->prepared) {
    rekey_->given.add(share);
    if (rekey_->given.count() < now.secret_threshold) return std::nullopt;
    if (const auto right = check_shares(transaction, rekey_->given); !right) {
      rekey_->given.clear();
      return std::unexpected(right.error());
    }
    KeySecret root_key = KeySecret::generate(parts_.random);
    auto made = TRY(init_shamir(rekey_->wanted, root_key, parts_.random));
    rekey_->prepared.emplace(Rekey::Prepared{std::move(made), std::move(root_key)});
  }
  if (rekey_->verification) rekey_->verifying.emplace(parts_.random);
  else TRY(write_rekey(transaction, *rekey_));
  NewShares out{.nonce = rekey_->given.nonce(), .verification_nonce = rekey_->verifying ? rekey_->verifying->nonce() : ""};
  for (const Secret& one : rekey_->prepared->made.shares) out.shares.push_back(one.copy());
  return out;
}

Result<KeyCeremonies::RekeyStatus> KeyCeremonies::verification_status(Transaction& transaction) const {
  RekeyStatus status = TRY(rekey_status(transaction));
  if (!status.started) return fail(Code::invalid, "no rekey configuration found");
  std::lock_guard lock(mutex_);
  status.started = rekey_ && rekey_->verifying;
  status.verified = status.started ? rekey_->verifying->count() : 0;
  return status;
}

Result<void> KeyCeremonies::restart_verification() {
  std::lock_guard lock(mutex_);
  if (rekey_ && rekey_->verifying) rekey_->verifying.emplace(parts_.random);
  return {};
}

Result<bool> KeyCeremonies::give_for_verification(Transaction& transaction, std::string_view share, std::string_view nonce) {
  TRY(check_size(share));
  std::lock_guard lock(mutex_);
  if (!rekey_) return fail(Code::invalid, "no rekey in progress");
  if (!rekey_->verifying) return fail(Code::invalid, "no rekey verification in progress");
  GivenShares& given = *rekey_->verifying;
  if (nonce != given.nonce()) return wrong_nonce("verify", given.nonce());
  const std::size_t needed = rekey_->wanted.secret_threshold;
  if (!(given.has(share) && given.count() >= needed)) {
    if (given.has(share)) return fail(Code::invalid, "given key has already been provided during this verify operation");
    given.add(share);
    if (given.count() < needed) return false;
    const auto key = given.combine();
    const auto seal = key ? ShamirSeal::from_key(key->reveal()) : std::unexpected(key.error());
    if (!seal || !seal->unwrap(rekey_->prepared->made.wrapped_root_key)) {
      rekey_->verifying.emplace(parts_.random);
      return fail(Code::invalid, "rekey verification failed; incorrect key shares supplied");
    }
  }
  TRY(write_rekey(transaction, *rekey_));
  return true;
}

// ---- generate-root ----------------------------------------------------------------------------------------------------------
Result<KeyCeremonies::RootStatus> KeyCeremonies::root_status(Transaction& transaction) const {
  RootStatus status{.required = TRY(config(transaction)).secret_threshold};
  std::lock_guard lock(mutex_);
  if (!root_) return status;
  status.started = true;
  status.nonce = root_->given.nonce();
  status.progress = root_->given.count();
  return status;
}

Result<void> KeyCeremonies::start_root(std::string_view otp) {
  if (otp.size() != otp_size) return fail(Code::invalid, "OTP string has incorrect length");
  std::lock_guard lock(mutex_);
  if (root_) return fail(Code::invalid, "root generation already in progress");
  root_.emplace(Root{.otp = Secret(otp), .given = GivenShares(parts_.random)});
  return {};
}

void KeyCeremonies::cancel_root() {
  std::lock_guard lock(mutex_);
  root_.reset();
}

Result<KeyCeremonies::RootStatus> KeyCeremonies::give_for_root(Transaction& transaction, std::string_view share, std::string_view nonce) {
  TRY(check_size(share));
  const SealConfig now = TRY(config(transaction));
  std::lock_guard lock(mutex_);
  if (!root_) return fail(Code::invalid, "no root generation in progress");
  if (nonce != root_->given.nonce()) return wrong_nonce("root generation", root_->given.nonce());
  const bool is_again = root_->given.has(share);
  if (is_again && root_->token_id.empty()) return fail(Code::invalid, "given key has already been provided during this generation operation");
  if (!is_again && !root_->token_id.empty()) return fail(Code::invalid, "root generation aborted: this share was not part of it");
  RootStatus status{.started = true, .nonce = root_->given.nonce(), .required = now.secret_threshold};
  if (root_->token_id.empty()) {
    root_->given.add(share);
    status.progress = root_->given.count();
    if (status.progress < now.secret_threshold) return status;
    if (const auto right = check_shares(transaction, root_->given); !right) {
      root_->given.clear();
      return fail(right.error().code, "root generation aborted: " + right.error().message);
    }
    root_->token_id = "hvs." + random_base62(parts_.random, otp_size - 4);
    root_waits_ = true;
    root_->token_key = concat(keys::tokens, TRY(parts_.tokens.hash_of(parts_.barrier, root_->token_id)));
  }
  status.progress = now.secret_threshold;
  NewToken wanted;
  wanted.id = root_->token_id;
  wanted.token.path = "auth/token/root";
  wanted.token.display_name = "root";
  wanted.token.policies = {"root"};
  wanted.token.created = parts_.clock.now();
  wanted.token.orphan = true;
  wanted.token.renewable = false;
  TRY(parts_.tokens.create(transaction, parts_.barrier, std::move(wanted)));
  Buffer pad;
  for (std::size_t i = 0; i < otp_size; ++i) pad += static_cast<char>(root_->token_id[i] ^ root_->otp.reveal()[i]);
  std::string encoded = base64::encode(pad.view());
  while (encoded.ends_with('=')) encoded.pop_back();
  status.encoded_token = Secret(encoded);
  return status;
}

// What has become durable needs its attempt no more.
void KeyCeremonies::on_commit(std::span<const std::string_view> committed) {
  const auto has = [&](std::string_view name) { return std::ranges::any_of(committed, [&](std::string_view key) { return View::core_name(key) == name; }); };
  const bool has_ring = has(keys::keyring);
  if (!has_ring && !root_waits_) return;
  std::lock_guard lock(mutex_);
  if (has_ring) {
    parts_.rotation.adopt(pending_);
    if (has(keys::root_key)) rekey_.reset(), pending_.clear();
  }
  if (root_ && !root_->token_key.empty() && has(root_->token_key)) root_.reset(), root_waits_ = false;
}

void KeyCeremonies::forget() {
  std::lock_guard lock(mutex_);
  rekey_.reset();
  root_.reset();
  pending_.clear();
}

}  // namespace sr
