#include "base/metrics.h"
#include <bit>
#include <cmath>
#include <limits>

namespace sr {
namespace {

// Bucket 0 ends at 1 us; from there on four to each doubling.
std::size_t bucket_of(std::uint64_t nanoseconds) {
  const std::uint64_t micros = nanoseconds / 1000;
  if (micros == 0) return 0;
  const auto doubling = static_cast<std::size_t>(std::bit_width(micros) - 1);
  if (doubling >= Timing::doublings) return Timing::buckets - 1;
  // The two bits behind the first one say in which quarter of the doubling it lies.
  const auto quarter = static_cast<std::size_t>((doubling >= 2 ? micros >> (doubling - 2) : micros << (2 - doubling)) & 3);
  return 1 + doubling * Timing::steps + quarter;
}

// The middle of a bucket, in milliseconds.
double middle_of(std::size_t bucket) {
  if (bucket == 0) return 0.0005;
  const std::size_t doubling = (bucket - 1) / Timing::steps, quarter = (bucket - 1) % Timing::steps;
  return std::ldexp(1.0 + (static_cast<double>(quarter) + 0.5) / Timing::steps, static_cast<int>(doubling)) / 1000;
}

}  // namespace

Counter::Totals Counter::totals() const {
  Totals sum = 0;
  for (const Slot& slot : slots_) sum += slot.value.load(std::memory_order_relaxed);
  return sum;
}

// ---- timings ------------------------------------------------------------------------------------------------------------
struct alignas(64) Timing::Shard {
  std::atomic<std::uint64_t> nanoseconds = 0, square_micros = 0;
  std::array<std::atomic<std::uint64_t>, buckets> in_bucket{};
};

Timing::~Timing() {
  for (auto& shard : shards_) delete shard.load();
}

Timing::Shard& Timing::shard() {
  auto& place = shards_[thread_slot()];
  Shard* found = place.load(std::memory_order_acquire);
  if (found) return *found;
  auto fresh = std::make_unique<Shard>();
  if (place.compare_exchange_strong(found, fresh.get(), std::memory_order_acq_rel)) return *fresh.release();
  return *found;
}

void Timing::add(Duration took, std::uint64_t times) {
  const auto nanoseconds = static_cast<std::uint64_t>(std::max<Duration::rep>(took.count(), 0));
  Shard& mine = shard();
  mine.in_bucket[bucket_of(nanoseconds)].fetch_add(times, std::memory_order_relaxed);
  mine.nanoseconds.fetch_add(times * nanoseconds, std::memory_order_relaxed);
  const std::uint64_t micros = std::min<std::uint64_t>(nanoseconds / 1000, 1ull << 31);  // so that the square fits
  mine.square_micros.fetch_add(times * micros * micros, std::memory_order_relaxed);
}

Timing::Totals Timing::totals() const {
  Totals totals;
  std::uint64_t squares = 0;
  for (const auto& place : shards_) {
    const Shard* shard = place.load(std::memory_order_acquire);
    if (!shard) continue;
    totals.nanoseconds += shard->nanoseconds.load(std::memory_order_relaxed);
    squares += shard->square_micros.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < buckets; ++i) totals.in_bucket[i] += shard->in_bucket[i].load(std::memory_order_relaxed);
  }
  for (const auto count : totals.in_bucket) totals.count += count;
  totals.square_milliseconds = static_cast<double>(squares) / 1e6;
  return totals;
}

Timing::Totals Timing::Totals::operator-(const Totals& before) const {
  Totals rest = *this;
  rest.count -= before.count;
  rest.nanoseconds -= before.nanoseconds;
  rest.square_milliseconds -= before.square_milliseconds;
  for (std::size_t i = 0; i < buckets; ++i) rest.in_bucket[i] -= before.in_bucket[i];
  return rest;
}

double Timing::Totals::quantile(double share) const {
  if (count == 0) return std::numeric_limits<double>::quiet_NaN();
  const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count))));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += in_bucket[i];
    if (seen >= wanted) return middle_of(i);
  }
  return middle_of(buckets - 1);
}

// ---- the registry -------------------------------------------------------------------------------------------------------
template <class T> T& Metrics::find(Kind<T>& kind, const Name& name, Kept<T>& spare) {
  std::lock_guard lock(mutex_);
  if (const auto found = kind.find(name); found != kind.end()) return found->second->instrument;
  if (counters_.size() + timings_.size() >= names_max_) return spare.instrument;
  return kind.emplace(name, std::make_unique<Kept<T>>()).first->second->instrument;
}

Counter& Metrics::counter(const Name& name) { return find(counters_, name, spare_counter_); }
Timing& Metrics::timing(const Name& name) { return find(timings_, name, spare_timing_); }

void Metrics::gauge(Name name, Gauge value) {
  std::lock_guard lock(mutex_);
  gauges_.insert_or_assign(std::move(name), std::move(value));
}

Metrics::Reading Metrics::read(Time now) {
  // Gauges ask others, who may want an instrument: not under the lock.
  std::map<Name, Gauge> gauges;
  Reading reading{.now = now};
  {
    std::lock_guard lock(mutex_);
    gauges = gauges_;
    const bool turns = now - last_ >= window;
    const auto look = [&](auto& kept, auto& out) {
      for (auto& [name, one] : kept) {
        const auto totals = one->instrument.totals();
        if (turns) one->before = std::exchange(one->last, totals);
        out.push_back({name, totals, totals - one->before});
      }
    };
    look(counters_, reading.counters);
    look(timings_, reading.timings);
    if (turns) before_ = std::exchange(last_, now);
    reading.since = before_;
  }
  for (const auto& [name, ask] : gauges)
    if (const auto value = ask()) reading.gauges.push_back({name, *value});
  return reading;
}

}  // namespace sr
