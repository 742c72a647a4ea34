// The shares that operators give together on a server that is open, and what they prove: of the unseal key where shares open the
// store, of the recovery key where the seal opens itself.
#pragma once
#include "storage/seal.h"
#include "storage/transaction.h"

namespace sr {

// Those of one attempt, under a nonce that names it. Belongs to one thread at a time.
class GivenShares {
 public:
  explicit GivenShares(Random& random) : nonce_(random_uuid(random)) {}
  const std::string& nonce() const { return nonce_; }
  std::size_t count() const { return shares_.size(); }
  bool has(std::string_view share) const;
  void add(std::string_view share) { shares_.emplace_back(share); }
  void drop_last() { shares_.pop_back(); }
  void clear() { shares_.clear(); }
  Result<KeySecret> combine() const;  // the key that they are of

 private:
  std::string nonce_;
  std::vector<Secret> shares_;
};

// Vault's bounds, those of any AES key and the byte that a share adds.
Result<void> check_size(std::string_view share);
// As the store has it.
Result<SealConfig> seal_config(Transaction& transaction);
// Code::invalid: they are not shares of the key that the store has.
Result<void> check_shares(Transaction& transaction, const SealConfig& config, const GivenShares& given);

}  // namespace sr
