#include "core/root_generation.h"
#include <algorithm>
#include "core/keys.h"
#include "text/base64.h"

namespace sr {

Result<RootGeneration::Status> RootGeneration::status(Transaction& transaction) const {
  Status status{.required = TRY(seal_config(transaction)).secret_threshold};
  std::lock_guard lock(mutex_);
  if (!attempt_) return status;
  status.started = true;
  status.nonce = attempt_->given.nonce();
  status.progress = attempt_->given.count();
  return status;
}

Result<void> RootGeneration::start(std::string_view otp) {
  if (otp.size() != otp_size) return fail(Code::invalid, "OTP string has incorrect length");
  std::lock_guard lock(mutex_);
  if (attempt_) return fail(Code::invalid, "root generation already in progress");
  attempt_.emplace(Attempt{.otp = Secret(otp), .given = GivenShares(parts_.random)});
  return {};
}

void RootGeneration::cancel() {
  std::lock_guard lock(mutex_);
  attempt_.reset();
}

Result<RootGeneration::Status> RootGeneration::give(Transaction& transaction, std::string_view share, std::string_view nonce) {
  TRY(check_size(share));
  const SealConfig now = TRY(seal_config(transaction));
  std::lock_guard lock(mutex_);
  if (!attempt_) return fail(Code::invalid, "no root generation in progress");
  if (nonce != attempt_->given.nonce())
    return fail(Code::invalid, concat("incorrect nonce supplied; nonce for this root generation operation is \"", attempt_->given.nonce(), "\""));
  const bool is_again = attempt_->given.has(share);
  if (is_again && attempt_->token_id.empty()) return fail(Code::invalid, "given key has already been provided during this generation operation");
  if (!is_again && !attempt_->token_id.empty()) return fail(Code::invalid, "root generation aborted: this share was not part of it");
  Status status{.started = true, .nonce = attempt_->given.nonce(), .required = now.secret_threshold};
  if (attempt_->token_id.empty()) {
    attempt_->given.add(share);
    status.progress = attempt_->given.count();
    if (status.progress < now.secret_threshold) return status;
  }
  // Each time: when the request runs again, the keys may have been changed since.
  if (const auto right = check_shares(transaction, now, attempt_->given); !right) {
    attempt_->given.clear();
    attempt_->token_id.clear();
    attempt_->token_key.clear();
    return fail(right.error().code, concat("root generation aborted: ", now.opens_itself() ? "unable to authenticate: " : "", right.error().message));
  }
  if (attempt_->token_id.empty()) {
    attempt_->token_id = "hvs." + random_base62(parts_.random, otp_size - 4);
    waits_ = true;
    attempt_->token_key = concat(keys::tokens, TRY(parts_.tokens.hash_of(parts_.barrier, attempt_->token_id)));
  }
  status.progress = now.secret_threshold;
  NewToken wanted;
  wanted.id = attempt_->token_id;
  wanted.token.path = initial_root_path;
  wanted.token.display_name = "root";
  wanted.token.policies = {"root"};
  wanted.token.created = parts_.clock.now();
  wanted.token.orphan = true;
  wanted.token.renewable = false;
  TRY(parts_.tokens.create(transaction, parts_.barrier, std::move(wanted)));
  Buffer pad;
  for (std::size_t i = 0; i < otp_size; ++i) pad += static_cast<char>(attempt_->token_id[i] ^ attempt_->otp.reveal()[i]);
  std::string encoded = base64::encode(pad.view());
  while (encoded.ends_with('=')) encoded.pop_back();
  status.encoded_token = Secret(encoded);
  return status;
}

// What has become durable needs its attempt no more.
void RootGeneration::on_commit(std::span<const std::string_view> committed) {
  if (!waits_) return;
  std::lock_guard lock(mutex_);
  if (!attempt_ || attempt_->token_key.empty()) return;
  const auto is_it = [&](std::string_view key) { return View::core_name(key) == attempt_->token_key; };
  if (std::ranges::any_of(committed, is_it)) attempt_.reset(), waits_ = false;
}

void RootGeneration::forget() {
  std::lock_guard lock(mutex_);
  attempt_.reset();
}

}  // namespace sr
