// New keys above the keyring, on a server that is open: a new root key, with new shares of the unseal key or under the seal that opens
// itself, and new shares of the recovery key. It takes as many of the present shares as unsealing does, given one by one under a nonce
// that names the attempt.
//
// Shared by all threads. The shares given so far are in memory only: an attempt ends with the server or its sealing. What an attempt
// comes to is prepared once and written in the transaction of the request that brought the last share; until that is durable the
// attempt stays, and the same request again writes the same.
#pragma once
#include <array>
#include <atomic>
#include <mutex>
#include "core/rotation.h"
#include "core/seal_state.h"
#include "core/shares.h"

namespace sr {

class Rekeying {
 public:
  struct Parts { Barrier& barrier; Rotation& rotation; SealState& seal; Random& random; };
  explicit Rekeying(Parts parts) : parts_(parts) {}

  enum class Target : std::uint8_t { root, recovery };  // which key changes
  // The words of sys/rekey and those of sys/rotate, which are the same otherwise.
  struct Spelling {
    std::string_view name, operation, doing, seal;  // "rekey" " operation" "rekeying"; "rotation" "" "rotating"
    bool per_target;                 // "no barrier rekey in progress"
    std::size_t shares_of_the_seal;  // that a seal that opens itself is said to have
  };
  static constexpr Spelling rekey{"rekey", " operation", "rekeying", "rekey", true, 0};
  static constexpr Spelling rotate{"rotation", "", "rotating", "rotate", false, 1};

  struct Status {
    bool started = false;
    std::string nonce{};
    std::size_t threshold = 0, shares = 0;      // wanted
    std::size_t progress = 0, required = 0;     // of the shares there are
    bool verification = false;
    std::string verification_nonce{};           // once the new shares are out
    std::size_t verified = 0;
  };
  struct NewShares {
    std::vector<Secret> shares{};               // none where the seal opens itself and its root key has changed
    std::string nonce{}, verification_nonce{};  // the latter: they count once they have been given back
  };
  struct Wanted { std::size_t shares = 0, threshold = 0; bool verification = false; };

  Result<Status> status(Transaction&, Target) const;
  Result<void> start(Transaction&, Target, const Spelling&, Wanted);
  // The first recovery key of a store that was made without one: whoever may ask for it gets its shares at once. Nothing: there is one.
  Result<std::optional<NewShares>> first_recovery_key(Transaction&, const Spelling&, Wanted);
  void cancel(Target);
  Result<std::optional<NewShares>> give(Transaction&, Target, const Spelling&, std::string_view share, std::string_view nonce);
  Result<Status> verification_status(Transaction&, Target, const Spelling&) const;
  void restart_verification(Target);
  Result<bool> verify(Transaction&, Target, const Spelling&, std::string_view share, std::string_view nonce);  // true: the new shares hold

  // A new root key, and all else as it was: no shares are asked for.
  Result<void> change_root_key(Transaction&);

  void on_commit(std::span<const std::string_view> keys);
  void forget();                                // at seal

 private:
  struct Prepared {
    std::vector<Secret> shares{};
    KeySecret shared_key{}, root_key{};         // whichever of them is new
    std::string config_row{}, wrapped_root_key{};
  };
  struct Attempt {
    SealConfig wanted;
    bool verification;
    GivenShares given;
    std::optional<Prepared> prepared{};
    std::optional<GivenShares> verifying{};
  };
  struct Pending { KeySecret root_key, unseal_key; };

  Result<SealConfig> check(const SealConfig& now, Target, const Spelling&, const Wanted&) const;
  Result<Prepared> prepare(Target, const SealConfig& wanted) const;  // may ask the seal
  Result<NewShares> hand_out(Transaction&, Target, Attempt&);
  Result<void> write(Transaction&, Target, const Prepared&);
  Result<void> write_root_key(Transaction&, const KeySecret& root_key, std::string_view wrapped, const KeySecret& unseal_key);
  std::optional<Attempt>& attempt(Target target) { return attempts_[static_cast<std::size_t>(target)]; }
  const std::optional<Attempt>& attempt(Target target) const { return attempts_[static_cast<std::size_t>(target)]; }

  const Parts parts_;
  mutable std::mutex mutex_;                    // guards all below; held while shares are tried, never while a seal is asked
  std::array<std::optional<Attempt>, 2> attempts_;
  std::vector<Pending> pending_;                // keys on their way to the disk, whatever became of the attempt meanwhile
  std::atomic<bool> recovery_waits_ = false;    // a recovery key is on its way: commits are looked at
};

}  // namespace sr
