// Keeps a token alive: renews it when two thirds of its time are over, and tries on when the server that knows it is out of reach.
//
// One thread of its own, from construction to destruction.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace sr {

// What a renewal said of the token.
struct Lifetime {
  Seconds left{};          // 0: it has no end
  bool renewable = false;
};

class TokenRenewal {
 public:
  using Renew = std::function<Result<Lifetime>()>;  // Code::upstream: nobody answered; another: the token may not be renewed
  struct Pace {
    std::chrono::milliseconds retry_first{1000}, retry_most{60'000};  // doubled from one try to the next
    std::chrono::milliseconds refused{3600'000};                      // a policy may be mended, or the token given time by others
    std::chrono::milliseconds per_second{1000};                       // of the token's life
  };
  TokenRenewal(Renew renew, Log& log, Pace pace);
  TokenRenewal(Renew renew, Log& log) : TokenRenewal(std::move(renew), log, Pace()) {}
  ~TokenRenewal();

 private:
  using Pause = std::optional<std::chrono::milliseconds>;
  void run();
  Pause try_once();  // how long to the next time; nothing: never again

  const Renew renew_;
  Log& log_;
  const Pace pace_;
  std::chrono::milliseconds retry_;  // of the thread alone, as the next
  Seconds longest_{};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;  // guarded by the mutex
  std::thread thread_;
};

}  // namespace sr
