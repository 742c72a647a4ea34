// What stands above the keyring: a seal wraps the root key, and whoever can unwrap it opens the store. Pure logic: bytes
// in, bytes out; the core reads and writes the rows.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/key_secret.h"

namespace sr {

// The plain row that tells how to open the store: {"secret_shares":5,"secret_threshold":3,"type":"shamir"}.
struct SealConfig {
  static constexpr std::string_view shamir = "shamir";
  std::string type{shamir};          // "shamir", or that of a seal that opens itself
  std::size_t secret_shares = 0;     // of the unseal key; of the recovery key where the seal opens itself, and there 0 for none
  std::size_t secret_threshold = 0;

  bool opens_itself() const { return type != shamir; }
  std::string_view fault() const;  // what is wrong with the numbers, in Vault's words; "" when nothing is
  Result<void> check() const;      // the same behind "invalid seal configuration: " or "invalid recovery configuration: "
  std::string print() const;
  static Result<SealConfig> parse(std::string_view row);  // Code::internal: the row was damaged
};

// A key in shares of 33 bytes; a single share is the key itself, 32 bytes, as Vault has it.
Result<std::vector<Secret>> split_key(const KeySecret& key, const SealConfig& config, Random& random);

// The unseal key, which is handed out in shares, wraps the root key. (Seals that open themselves: storage/auto_seal.h.)
class ShamirSeal {
 public:
  static Result<ShamirSeal> from_key(std::string_view unseal_key);  // 32 bytes
  static ShamirSeal generate(Random& random);

  Result<std::string> wrap(const KeySecret& root_key, Random& random) const;
  // Code::invalid: another unseal key, or a damaged row.
  Result<KeySecret> unwrap(std::string_view wrapped) const;
  const KeySecret& key() const { return key_; }

 private:
  explicit ShamirSeal(KeySecret key) : key_(std::move(key)) {}
  KeySecret key_;
};

// Everything that initialising a store with a Shamir seal makes.
struct ShamirInit {
  std::vector<Secret> shares;     // for the operators; kept nowhere
  std::string config_row;         // both are stored as they are, outside of the barrier
  std::string wrapped_root_key;
  KeySecret unseal_key;
};
Result<ShamirInit> init_shamir(const SealConfig& config, const KeySecret& root_key, Random& random);

// The root key, by an unseal key that was put together. Code::invalid "invalid key: ...": by that one it is not.
Result<KeySecret> open_root_key(const KeySecret& unseal_key, std::string_view wrapped_root_key);

// Shares on their way to a key. One thread at a time.
class UnsealAttempt {
 public:
  // Takes a share. With the last one that is needed: the key that they make. Nothing: more are needed. A share that was given before
  // changes nothing while some are missing, and one of a wrong length is refused; the attempt goes on. Shares that do not fit together
  // end it: Code::invalid "invalid key: ...". Whether the key is the right one the caller finds out, and resets then; or does not
  // reset, when it could not be found out, and the last share may be given again.
  Result<std::optional<KeySecret>> add(std::string_view share, const SealConfig& config, Random& random);
  void reset();

  std::size_t progress() const { return shares_.size(); }
  const std::string& nonce() const { return nonce_; }  // names the attempt; "" before its first share

 private:
  std::vector<Secret> shares_;
  std::string nonce_;
};

}  // namespace sr
