// Time and randomness come from outside, so that a test can hold both still.
#pragma once
#include <chrono>
#include <cstddef>
#include <span>
#include <atomic>
#include <optional>
#include <string>
#include <string_view>

namespace sr {

using Seconds = std::chrono::seconds;
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;  // UTC

class Clock {  // shared by all threads
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::system_clock::now(); }
};

// Stands still until it is told to move.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Time start = Time(std::chrono::seconds(1'700'000'000))) : now_(start.time_since_epoch().count()) {}
  Time now() const override { return Time(std::chrono::nanoseconds(now_.load())); }
  void advance(std::chrono::nanoseconds by) { now_ += by.count(); }
  void set(Time to) { now_ = to.time_since_epoch().count(); }

 private:
  std::atomic<std::int64_t> now_;
};

// RFC 3339 in UTC as Go prints it: "2024-01-02T03:04:05.123456789Z", zeros at the end of the fraction left out.
std::string rfc3339(Time);
// The same with exactly `digits` digits of fraction.
std::string rfc3339(Time, int digits);
// A moment in RFC 3339 ("2030-01-02T03:04:05Z", with a fraction and an offset if wanted), or in seconds since 1970; up to the year 2261.
std::optional<Time> parse_time(std::string_view text);
// The first form, into a place that is there already; how much of it was used.
std::size_t print_rfc3339(Time, std::span<char, 30> to);

}  // namespace sr
