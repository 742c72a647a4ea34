// How often each client may ask: so many requests in an interval that begins with the first of them. Exact: of any number of threads
// that ask at once, as many as there is room for are let through.
//
// Memory is bounded, for one limiter and, by the budget that they share, for all. Clients for whom there is no room any more share one
// count with each other: whoever comes with a million addresses limits himself, and nobody who was here before.
//
// For any thread.
#pragma once
#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include "base/clock.h"
#include "base/limits.h"

namespace sr {

class RateLimiter {
 public:
  struct Rule {
    std::uint64_t requests = 1;       // in each interval
    Seconds interval{1};
    Seconds block{};                  // who was refused is refused for so long; 0: until the interval ends
    bool operator==(const Rule&) const = default;
  };
  struct Budget {
    explicit Budget(std::size_t clients = limits::quota_clients) : most(clients) {}
    const std::size_t most;
    std::atomic<std::size_t> used = 0;
  };
  struct Verdict {
    bool allowed = false;
    bool blocked = false;             // by an earlier refusal: nothing was counted
    std::uint64_t remaining = 0;
    std::chrono::nanoseconds reset{}; // until the interval ends, or the block
  };

  RateLimiter(Rule rule, std::shared_ptr<Budget> budget) : rule_(rule), budget_(std::move(budget)) {}
  RateLimiter(const RateLimiter&) = delete;
  ~RateLimiter();

  const Rule& rule() const { return rule_; }
  Verdict take(std::string_view client, Time now);
  bool would_refuse(std::string_view client, Time now);  // the same question, and nothing is counted
  void forget_idle(Time now);                            // what has ended makes room

 private:
  struct Count {
    Time since{};
    std::uint64_t used = 0;
    Time blocked_until{};
  };
  // An ordered map: whoever chooses his addresses cannot make it slow.
  struct alignas(64) Shard {
    std::mutex mutex;  // guards all below
    std::map<std::string, Count, std::less<>> counts;
    Count shared;
    Time full_until{};  // before then nothing here has ended
  };
  Shard& shard_of(std::string_view client);
  Count& count_of(Shard&, std::string_view client, Time now);
  bool is_over(const Count&, Time now) const;
  Verdict judge(Count&, Time now) const;
  void forget_idle(Shard&, Time now);

  const Rule rule_;
  const std::shared_ptr<Budget> budget_;  // a thread may hold a limiter for longer than there are quotas
  std::array<Shard, 16> shards_;
};

}  // namespace sr
