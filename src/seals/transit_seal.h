// The seal "transit": another server's transit engine wraps the root key, as OpenBao and Vault have it. The other server is one of
// theirs or one of ours; nothing but encrypt and decrypt under one key is asked of it, and it sees the root key on its way.
//
// Constant but for the renewal of its token, which has a thread of its own; shared by all threads. Each call is a connection of its own,
// so that one that hangs holds up no other, and reads the TLS files anew.
#pragma once
#include <memory>
#include "base/log.h"
#include "client/api_client.h"
#include "seals/token_renewal.h"
#include "storage/auto_seal.h"

namespace sr {

class TransitSeal final : public AutoSeal {
 public:
  struct Options {
    std::string address;
    client::TlsOptions tls{};
    Secret token{};
    std::string name_space{};
    std::string mount_path, key_name;
    std::string key_id_prefix{};  // before the version of the key that a ciphertext names
    bool renew_token = true;
    Seconds timeout{10};
  };
  // Refuses what can never work; the other server is not asked yet.
  static Result<std::unique_ptr<TransitSeal>> make(Options options, Log& log);

  std::string_view type() const override { return "transit"; }
  Result<std::string> key_id() const override;  // asks the other server
  Result<WrappedKey> wrap(const KeySecret& key, Random& random) const override;
  Result<KeySecret> unwrap(const WrappedKey& wrapped) const override;

 private:
  explicit TransitSeal(Options options) : options_(std::move(options)) {}
  Result<client::Response> ask(std::string path, std::string body) const;
  Result<WrappedKey> encrypt(std::string_view plaintext) const;
  Result<Lifetime> renew() const;

  const Options options_;
  std::unique_ptr<TokenRenewal> renewal_;  // ends before what it asks
};

}  // namespace sr
