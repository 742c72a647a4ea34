#include "core/rate_limiter.h"
#include <gtest/gtest.h>
#include <thread>

namespace sr {
namespace {

using namespace std::chrono_literals;
const Time start{Seconds(1'700'000'000)};

TEST(RateLimiter, LetsThroughWhatTheRuleSaysAndBeginsAnewAfterTheInterval) {
  const auto budget = std::make_shared<RateLimiter::Budget>();
  RateLimiter limiter({.requests = 2, .interval = 10s}, budget);
  const auto first = limiter.take("10.0.0.1", start);
  EXPECT_TRUE(first.allowed);
  EXPECT_EQ(first.remaining, 1u);
  EXPECT_EQ(first.reset, 10s);
  EXPECT_TRUE(limiter.take("10.0.0.1", start + 4s).allowed);
  EXPECT_TRUE(limiter.would_refuse("10.0.0.1", start + 4s));
  const auto refused = limiter.take("10.0.0.1", start + 4s);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.reset, 6s);
  EXPECT_TRUE(limiter.take("10.0.0.2", start + 4s).allowed) << "each client has a count of its own";
  EXPECT_FALSE(limiter.would_refuse("10.0.0.1", start + 10s));
  EXPECT_TRUE(limiter.take("10.0.0.1", start + 10s).allowed);
}

TEST(RateLimiter, BlocksWhoAskedTooOftenForAsLongAsItSays) {
  const auto budget = std::make_shared<RateLimiter::Budget>();
  RateLimiter limiter({.requests = 1, .interval = 1s, .block = 60s}, budget);
  EXPECT_TRUE(limiter.take("a", start).allowed);
  EXPECT_EQ(limiter.take("a", start).reset, 60s);
  const auto later = limiter.take("a", start + 59s);
  EXPECT_TRUE(later.blocked);
  EXPECT_EQ(later.reset, 1s) << "asking again prolongs nothing";
  EXPECT_TRUE(limiter.take("a", start + 60s).allowed);
}

TEST(RateLimiter, AClockThatIsSetBackKeepsNobodyOut) {
  const auto budget = std::make_shared<RateLimiter::Budget>();
  RateLimiter limiter({.requests = 1, .interval = 10s}, budget);
  EXPECT_TRUE(limiter.take("a", start).allowed);
  EXPECT_TRUE(limiter.take("a", start - 3600s).allowed);
}

TEST(RateLimiter, WhoComesWithManyAddressesLimitsHimselfAndNobodyElse) {
  const auto budget = std::make_shared<RateLimiter::Budget>(100);
  RateLimiter limiter({.requests = 3, .interval = 10s}, budget);
  EXPECT_TRUE(limiter.take("regular", start).allowed);
  std::size_t allowed = 0;
  for (int i = 0; i < 100'000; ++i) allowed += limiter.take("2001:db8::" + std::to_string(i), start).allowed;
  EXPECT_LE(budget->used, 100u);
  EXPECT_LE(allowed, (100 + 16) * 3u) << "those beyond the budget share a count in each shard";
  EXPECT_TRUE(limiter.take("regular", start).allowed);
  EXPECT_TRUE(limiter.take("newcomer", start + 10s).allowed) << "what has ended makes room";
  limiter.forget_idle(start + 60s);
  EXPECT_EQ(budget->used, 0u);
}

TEST(RateLimiter, GivesItsPartOfTheBudgetBack) {
  const auto budget = std::make_shared<RateLimiter::Budget>();
  {
    RateLimiter limiter({}, budget);
    for (int i = 0; i < 50; ++i) limiter.take(std::to_string(i), start);
    EXPECT_EQ(budget->used, 50u);
  }
  EXPECT_EQ(budget->used, 0u);
}

TEST(RateLimiter, OfSixtyFourThreadsExactlySoManyComeThrough) {
  const auto budget = std::make_shared<RateLimiter::Budget>();
  RateLimiter limiter({.requests = 1000, .interval = 10s}, budget);
  std::atomic<int> allowed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) allowed += limiter.take("10.0.0.1", start).allowed;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(allowed, 1000);
}

}  // namespace
}  // namespace sr
