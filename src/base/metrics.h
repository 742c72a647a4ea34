// What the server counts and times about itself. A hot path pays one relaxed addition in a cache line that its thread seldom shares;
// the work is done by whoever reads.
//
// A Metrics owns its instruments: a reference to one stays good as long as the Metrics lives. Counting is for any thread, without a
// lock. To find an instrument by its name takes one: those who count often keep the reference.
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/clock.h"
#include "base/thread_slot.h"

namespace sr {

class Counter {
 public:
  void add(std::uint64_t count = 1) { slots_[thread_slot()].value.fetch_add(count, std::memory_order_relaxed); }
  using Totals = std::uint64_t;
  Totals totals() const;

 private:
  struct alignas(64) Slot { std::atomic<std::uint64_t> value = 0; };
  std::array<Slot, thread_slots> slots_;
};

// How long something took: count, sum, and how the durations are spread, in four steps to each doubling from a microsecond on.
class Timing {
 public:
  using Duration = std::chrono::nanoseconds;
  static constexpr std::size_t steps = 4, doublings = 26, buckets = steps * doublings + 1;  // up to 67 s; the last holds all beyond

  struct Totals {
    std::uint64_t count = 0;
    std::uint64_t nanoseconds = 0;
    double square_milliseconds = 0;                     // for the standard deviation
    std::array<std::uint64_t, buckets> in_bucket{};
    Totals operator-(const Totals& before) const;
    double quantile(double share) const;                // in milliseconds, as exact as the buckets are; NaN without durations
    double least() const { return quantile(0); }
    double most() const { return quantile(1); }
    double milliseconds() const { return static_cast<double>(nanoseconds) / 1e6; }
  };

  Timing() = default;
  ~Timing();
  void add(Duration took, std::uint64_t times = 1);
  Totals totals() const;

 private:
  struct Shard;
  Shard& shard();  // of this thread's slot; made when it is first used, since most timings are used by few threads
  std::array<std::atomic<Shard*>, thread_slots> shards_{};
};

// The time from here to the end of the block.
class TimeIt {
 public:
  explicit TimeIt(Timing* to) : to_(to), began_(to ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point()) {}
  TimeIt(const TimeIt&) = delete;
  ~TimeIt() {
    if (to_) to_->add(std::chrono::steady_clock::now() - began_);
  }

 private:
  Timing* const to_;
  const std::chrono::steady_clock::time_point began_;
};

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;
  struct Name {
    std::string text{};  // "core.handle_request": Vault's, without its prefix
    Labels labels{};
    auto operator<=>(const Name&) const = default;
  };
  // A value as of now; asked when somebody reads. Nothing: there is none to show.
  using Gauge = std::function<std::optional<double>()>;

  // How far back quantiles and the JSON form look: between this and twice this, or to the reading before.
  static constexpr Seconds window{10};

  explicit Metrics(std::size_t names_max = 4096) : names_max_(names_max) {}

  // Beyond `names_max` new names share one instrument that nobody is shown: no input may fill the memory with names.
  Counter& counter(const Name& name);
  Timing& timing(const Name& name);
  void gauge(Name name, Gauge value);                    // of the same name: replaces it

  struct Reading {
    struct Value { Name name; double value = 0; };
    struct Count { Name name; std::uint64_t total = 0, recent = 0; };
    struct Times { Name name; Timing::Totals total{}, recent{}; };
    Time since{}, now{};                                 // of what is recent
    std::vector<Value> gauges{};
    std::vector<Count> counters{};
    std::vector<Times> timings{};
  };
  Reading read(Time now);

 private:
  // An instrument and what it said at the last two readings that began a window.
  template <class T> struct Kept { T instrument{}; typename T::Totals before{}, last{}; };
  template <class T> using Kind = std::map<Name, std::unique_ptr<Kept<T>>>;
  template <class T> T& find(Kind<T>& kind, const Name& name, Kept<T>& spare);

  const std::size_t names_max_;
  std::mutex mutex_;  // guards all below
  Kind<Counter> counters_;
  Kind<Timing> timings_;
  Kept<Counter> spare_counter_;
  Kept<Timing> spare_timing_;
  std::map<Name, Gauge> gauges_;
  Time before_{}, last_{};  // when the totals in Kept were read
};

}  // namespace sr
