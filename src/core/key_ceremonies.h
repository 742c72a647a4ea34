// What operators do together with their shares on a server that is open: change the shares (rekey), and make a root token when none
// is left (generate-root). Each needs as many shares as unsealing does, given one by one under a nonce that names the attempt.
//
// Shared by all threads. The shares given so far are in memory only: an attempt ends with the server or its sealing. What an attempt
// comes to is prepared once and written in the transaction of the request that brought the last share; until that is durable the
// attempt stays, and the same request again writes the same.
#pragma once
#include "core/rotation.h"
#include "core/tokens.h"
#include "storage/seal.h"

namespace sr {

// Shares of one attempt.
class GivenShares {
 public:
  explicit GivenShares(Random& random) : nonce_(random_uuid(random)) {}
  const std::string& nonce() const { return nonce_; }
  std::size_t count() const { return shares_.size(); }
  bool has(std::string_view share) const;
  void add(std::string_view share) { shares_.emplace_back(share); }
  void clear() { shares_.clear(); }
  Result<Secret> combine() const;  // the unseal key

 private:
  std::string nonce_;
  std::vector<Secret> shares_;
};

class KeyCeremonies {
 public:
  struct Parts { Barrier& barrier; Tokens& tokens; Rotation& rotation; const Clock& clock; Random& random; };
  explicit KeyCeremonies(Parts parts) : parts_(parts) {}

  // ---- rekey --------------------------------------------------------------------------------------------------------------
  struct RekeyStatus {
    bool started = false;
    std::string nonce{};
    std::size_t threshold = 0, shares = 0;      // wanted
    std::size_t progress = 0, required = 0;     // of the shares there are
    bool verification = false;
    std::string verification_nonce{};           // once the new shares are out
    std::size_t verified = 0;
  };
  struct NewShares {
    std::vector<Secret> shares{};
    std::string nonce{}, verification_nonce{};  // the latter: they count once they have been given back
  };
  Result<RekeyStatus> rekey_status(Transaction&) const;
  Result<void> start_rekey(const SealConfig& wanted, bool verification);
  void cancel_rekey();
  Result<std::optional<NewShares>> give_for_rekey(Transaction&, std::string_view share, std::string_view nonce);
  Result<RekeyStatus> verification_status(Transaction&) const;
  Result<void> restart_verification();
  Result<bool> give_for_verification(Transaction&, std::string_view share, std::string_view nonce);  // true: the new shares hold

  // ---- generate-root --------------------------------------------------------------------------------------------------------
  static constexpr std::size_t otp_size = 28;   // of a token: "hvs." and 24
  struct RootStatus {
    bool started = false;
    std::string nonce{};
    std::size_t progress = 0, required = 0;
    Secret encoded_token{};                     // base64 of the token under the one-time pad; when complete
  };
  Result<RootStatus> root_status(Transaction&) const;
  Result<void> start_root(std::string_view otp);
  void cancel_root();
  Result<RootStatus> give_for_root(Transaction&, std::string_view share, std::string_view nonce);

  void on_commit(std::span<const std::string_view> keys);
  void forget();                                // at seal

 private:
  struct Rekey {
    SealConfig wanted;
    bool verification;
    GivenShares given;
    struct Prepared { ShamirInit made; KeySecret root_key; };
    std::optional<Prepared> prepared{};
    std::optional<GivenShares> verifying{};
  };
  struct Root {
    Secret otp;
    GivenShares given;
    std::string token_id{}, token_key{};        // once all shares are there
  };
  Result<SealConfig> config(Transaction&) const;
  Result<void> check_shares(Transaction&, const GivenShares&) const;  // they open the root key
  Result<void> write_rekey(Transaction&, const Rekey&);

  const Parts parts_;
  mutable std::mutex mutex_;                    // guards all below; held while shares are tried
  std::optional<Rekey> rekey_;
  std::optional<Root> root_;
  std::vector<KeySecret> pending_;              // root keys on their way to the disk, whatever became of the attempt meanwhile
  std::atomic<bool> root_waits_ = false;        // a root token is on its way: commits are looked at
};

}  // namespace sr
