// A root token for those who have enough shares, when none is left. It leaves under a one-time pad.
//
// Shared by all threads. As with Rekeying, an attempt is in memory only, and what it comes to is made once: however many bring the last
// share, and however often its commit fails, there is one token.
#pragma once
#include <atomic>
#include <mutex>
#include "core/shares.h"
#include "core/tokens.h"

namespace sr {

class RootGeneration {
 public:
  struct Parts { Barrier& barrier; Tokens& tokens; const Clock& clock; Random& random; };
  explicit RootGeneration(Parts parts) : parts_(parts) {}

  static constexpr std::size_t otp_size = 28;   // of a token: "hvs." and 24
  struct Status {
    bool started = false;
    std::string nonce{};
    std::size_t progress = 0, required = 0;
    Secret encoded_token{};                     // base64 of the token under the one-time pad; when complete
  };
  Result<Status> status(Transaction&) const;
  Result<void> start(std::string_view otp);
  void cancel();
  Result<Status> give(Transaction&, std::string_view share, std::string_view nonce);

  void on_commit(std::span<const std::string_view> keys);
  void forget();                                // at seal

 private:
  struct Attempt {
    Secret otp;
    GivenShares given;
    std::string token_id{}, token_key{};        // once all shares are there
  };

  const Parts parts_;
  mutable std::mutex mutex_;                    // guards all below; held while shares are tried
  std::optional<Attempt> attempt_;
  std::atomic<bool> waits_ = false;             // a token is on its way: commits are looked at
};

}  // namespace sr
