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

class Seal {
 public:
  virtual ~Seal() = default;
  virtual std::string_view type() const = 0;  // as in the configuration: "shamir"
  virtual Result<std::string> wrap(const KeySecret& root_key, Random& random) const = 0;
  virtual Result<KeySecret> unwrap(std::string_view wrapped) const = 0;
};

// The plain row that tells how to open the store: {"secret_shares":5,"secret_threshold":3,"type":"shamir"}.
struct SealConfig {
  std::string type = "shamir";
  std::size_t secret_shares = 0;
  std::size_t secret_threshold = 0;

  Result<void> check() const;  // Vault's bounds and texts: 1 to 255, one share only with threshold 1 and the other way round
  std::string print() const;
  static Result<SealConfig> parse(std::string_view row);  // Code::internal: the row was damaged
};

// The unseal key, which is handed out in shares, wraps the root key.
class ShamirSeal final : public Seal {
 public:
  static Result<ShamirSeal> from_key(std::string_view unseal_key);  // 32 bytes
  static ShamirSeal generate(Random& random);

  std::string_view type() const override { return "shamir"; }
  Result<std::string> wrap(const KeySecret& root_key, Random& random) const override;
  // Code::invalid: another unseal key, or a damaged row.
  Result<KeySecret> unwrap(std::string_view wrapped) const override;

  // The unseal key in shares of 33 bytes; a single share is the key itself, 32 bytes, as Vault has it.
  Result<std::vector<Secret>> split(const SealConfig& config, Random& random) const;

 private:
  explicit ShamirSeal(KeySecret key) : key_(std::move(key)) {}
  KeySecret key_;
};

// Everything that initialising a store with a Shamir seal makes.
struct ShamirInit {
  std::vector<Secret> shares;     // for the operators; kept nowhere
  std::string config_row;         // both are stored as they are, outside of the barrier
  std::string wrapped_root_key;
};
Result<ShamirInit> init_shamir(const SealConfig& config, const KeySecret& root_key, Random& random);

// Shares on their way to an unseal key. One thread at a time.
class UnsealAttempt {
 public:
  // Takes a share. With the last one that is needed: the root key, or Code::invalid "invalid key: ..." if they do not
  // fit; the attempt is over either way. Nothing: more are needed. A share that was given before changes nothing; one of a
  // wrong length is refused, and the attempt goes on.
  Result<std::optional<KeySecret>> add(std::string_view share, const SealConfig& config, std::string_view wrapped_root_key, Random& random);
  void reset();

  std::size_t progress() const { return shares_.size(); }
  const std::string& nonce() const { return nonce_; }  // names the attempt; "" before its first share

 private:
  std::vector<Secret> shares_;
  std::string nonce_;
};

}  // namespace sr
