#include "base/metrics.h"
#include <gtest/gtest.h>
#include <cmath>
#include <thread>

namespace sr {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Metrics, CountsOfAllThreadsAddUp) {
  Metrics metrics;
  Counter& hits = metrics.counter({"hits"});
  Timing& times = metrics.timing({"times"});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 20; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 1000; ++n) hits.add(), times.add(milliseconds(1));
      });
  }
  EXPECT_EQ(hits.totals(), 20'000u);
  EXPECT_EQ(times.totals().count, 20'000u);
  EXPECT_DOUBLE_EQ(times.totals().milliseconds(), 20'000);
}

TEST(Metrics, ANameIsOneInstrumentAndLabelsTellApart) {
  Metrics metrics;
  EXPECT_EQ(&metrics.counter({"a"}), &metrics.counter({"a"}));
  EXPECT_NE(&metrics.counter({"a"}), &metrics.counter({"a", {{"type", "kv"}}}));
}

TEST(Metrics, QuantilesAreAsExactAsTheBuckets) {
  Timing times;
  for (int i = 1; i <= 1000; ++i) times.add(microseconds(100 * i));
  const auto totals = times.totals();
  for (const double share : {0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double exact = share * 100;  // milliseconds
    EXPECT_NEAR(totals.quantile(share), exact, exact * 0.15) << share;
  }
  EXPECT_TRUE(std::isnan(Timing().totals().quantile(0.5)));
}

TEST(Metrics, NoDurationIsTooShortOrTooLong) {
  Timing times;
  for (const auto took : {std::chrono::nanoseconds(-5), std::chrono::nanoseconds(0), std::chrono::nanoseconds(999), std::chrono::nanoseconds::max()}) times.add(took);
  EXPECT_EQ(times.totals().count, 4u);
  EXPECT_EQ(times.totals().in_bucket.front(), 3u);
  EXPECT_EQ(times.totals().in_bucket.back(), 1u);
}

TEST(Metrics, WhatIsRecentIsOneToTwoWindowsOld) {
  Metrics metrics;
  Counter& hits = metrics.counter({"hits"});
  const Time start{seconds(1'700'000'000)};
  hits.add(5);
  EXPECT_EQ(metrics.read(start).counters.front().recent, 5u);
  hits.add(2);
  EXPECT_EQ(metrics.read(start + seconds(3)).counters.front().recent, 7u);    // the window goes on
  EXPECT_EQ(metrics.read(start + seconds(10)).counters.front().recent, 2u);   // since the first reading
  const auto later = metrics.read(start + seconds(20));
  EXPECT_EQ(later.counters.front().recent, 0u);
  EXPECT_EQ(later.counters.front().total, 7u);
  EXPECT_EQ(later.since, start + seconds(10));
}

TEST(Metrics, NamesAreBounded) {
  Metrics metrics(3);
  for (int i = 0; i < 100; ++i) metrics.counter({"name" + std::to_string(i)}).add();
  EXPECT_EQ(metrics.read(Time{}).counters.size(), 3u);
}

TEST(Metrics, AGaugeMayHaveNothingToShow) {
  Metrics metrics;
  metrics.gauge({"none"}, [] { return std::nullopt; });
  metrics.gauge({"seven"}, [&] { return static_cast<double>(metrics.counter({"x"}).totals() + 7); });  // a gauge may ask the registry
  const auto reading = metrics.read(Time{});
  ASSERT_EQ(reading.gauges.size(), 1u);
  EXPECT_EQ(reading.gauges.front().value, 7);
}

}  // namespace
}  // namespace sr
