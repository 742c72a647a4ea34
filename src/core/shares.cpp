#include "core/shares.h"
#include <algorithm>
#include "core/keys.h"
#include "core/recovery_key.h"
#include "core/tokens.h"
#include "crypto/shamir.h"

namespace sr {

bool GivenShares::has(std::string_view share) const {
  return std::ranges::any_of(shares_, [&](const Secret& known) { return equal_in_constant_time(known.reveal(), share); });
}

Result<KeySecret> GivenShares::combine() const {
  if (shares_.size() == 1) return KeySecret(shares_.front().reveal());
  return KeySecret(TRY(shamir_combine(shares_)).reveal());
}

Result<void> check_size(std::string_view share) {
  if (share.size() < 16) return fail(Code::invalid, "key is shorter than minimum 16 bytes");
  if (share.size() > 33) return fail(Code::invalid, "key is longer than maximum 33 bytes");
  return {};
}

Result<SealConfig> seal_config(Transaction& transaction) {
  const auto row = TRY(core_view(transaction).get_raw(keys::seal_config));
  if (!row) return fail(Code::invalid, "Vault is not initialized");
  return SealConfig::parse(row->value.reveal());
}

Result<void> check_shares(Transaction& transaction, const SealConfig& config, const GivenShares& given) {
  const auto key = given.combine();
  if (!key) return fail(Code::invalid, "failed to compute root key: " + key.error().message);
  if (config.opens_itself()) {
    const auto right = check_recovery_key(transaction, *key);
    if (!right && right.error().code == Code::invalid) return fail(Code::invalid, "recovery key verification failed: " + right.error().message);
    return right;
  }
  const auto row = TRY(core_view(transaction).get_raw(keys::root_key));
  if (!row) return fail(Code::internal, "the store has no root key: it is damaged, restore a backup");
  const auto seal = ShamirSeal::from_key(key->reveal());
  if (!seal) return fail(Code::invalid, "failed to setup unseal key: " + seal.error().message);
  const auto root_key = seal->unwrap(row->value.reveal());
  if (!root_key && root_key.error().code == Code::invalid) return fail(Code::invalid, "root key verification failed: " + root_key.error().message);
  if (!root_key) return std::unexpected(root_key.error());
  return {};
}

}  // namespace sr
