// Durations as the API reads and prints them.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include "base/result.h"

namespace sr {

using Duration = std::chrono::nanoseconds;  // as Go's time.Duration: +-292 years

// What parseutil.ParseDurationSecond reads: whole seconds ("3600"), days ("7d"), or a Go duration ("1h30m", "250ms", "-1.5h").
// The empty text is 0. Negative values come back negative: refusing them is the field's business. What does not fit is an
// error, never a wrapped value.
Result<Duration> parse_duration(std::string_view text);

// What Go would say is wrong with a text that parse_duration refuses: a number has no unit, or one that there is not. Go takes no days.
struct DurationFault {
  enum class Kind : std::uint8_t { other, missing_unit, unknown_unit };
  Kind kind = Kind::other;
  std::string_view unit{};  // that is not known; borrows from the text
};
DurationFault duration_fault(std::string_view text);

// Whole seconds; an error when they do not fit.
Result<Duration> duration_of_seconds(std::int64_t seconds);

// As Go's time.Duration.String: "768h0m0s", "1m30s", "250ms", "1.5s", "0s".
std::string print_duration(Duration duration);

// As the command line prints a TTL: zero units at the end left out, "768h", "1h30m", "30m"; "0s" for nothing.
std::string humanize_duration(std::chrono::seconds duration);

}  // namespace sr
