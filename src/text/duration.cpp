#include "text/duration.h"
#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace sr {
namespace {

constexpr std::int64_t nanoseconds_of_second = 1'000'000'000;
constexpr std::uint64_t least_magnitude = std::uint64_t{1} << 63;  // of the most negative duration

std::unexpected<Error> not_a_duration() { return fail(Code::invalid, "invalid duration"); }
std::unexpected<Error> too_long() { return fail(Code::invalid, "duration is out of range"); }

Result<Duration> times(std::int64_t count, std::int64_t seconds) {
  std::int64_t product;
  if (__builtin_mul_overflow(count, seconds * nanoseconds_of_second, &product)) return too_long();
  return Duration(product);
}

// A whole text that is an integer, as strconv.ParseInt reads it.
enum class NotInteger { syntax, range };
std::expected<std::int64_t, NotInteger> integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::unexpected(NotInteger::syntax);
  }
  std::int64_t value;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc::invalid_argument || end != text.data() + text.size()) return std::unexpected(NotInteger::syntax);
  if (problem == std::errc::result_out_of_range) return std::unexpected(NotInteger::range);
  return value;
}

// Takes the unit at the front; its length in nanoseconds.
std::optional<std::uint64_t> take_unit(std::string_view& text) {
  const std::size_t size = std::min(text.find_first_of("0123456789."), text.size());
  const std::string_view unit = text.substr(0, size);
  text.remove_prefix(size);
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\u00b5s" || unit == "\u03bcs") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return std::nullopt;
}

// Go's time.ParseDuration.
Result<Duration> parse_units(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return Duration(0);
  if (text.empty()) return not_a_duration();
  std::uint64_t total = 0;
  while (!text.empty()) {
    const auto is_digit = [&] { return !text.empty() && text[0] >= '0' && text[0] <= '9'; };
    std::uint64_t whole = 0;
    bool digits = false;
    for (; is_digit(); text.remove_prefix(1), digits = true) {
      if (whole > least_magnitude / 10) return too_long();
      whole = whole * 10 + static_cast<std::uint64_t>(text[0] - '0');
      if (whole > least_magnitude) return too_long();
    }
    // Of the fraction as many digits count as fit, as in Go.
    std::uint64_t fraction = 0;
    double scale = 1;
    if (text.starts_with('.')) {
      text.remove_prefix(1);
      for (; is_digit(); text.remove_prefix(1), digits = true) {
        if (fraction > (least_magnitude - 1) / 10) continue;
        fraction = fraction * 10 + static_cast<std::uint64_t>(text[0] - '0');
        scale *= 10;
      }
    }
    if (!digits) return not_a_duration();
    const auto unit = take_unit(text);
    if (!unit) return not_a_duration();
    if (whole > least_magnitude / *unit) return too_long();
    whole *= *unit;
    if (fraction > 0) whole += static_cast<std::uint64_t>(static_cast<double>(fraction) * (static_cast<double>(*unit) / scale));
    if (whole > least_magnitude || total > least_magnitude - whole) return too_long();
    total += whole;
  }
  if (negative) return Duration(static_cast<std::int64_t>(0 - total));
  if (total >= least_magnitude) return too_long();
  return Duration(static_cast<std::int64_t>(total));
}

// `value` with the fraction that its last `places` digits are, zeros at the end left out.
std::string with_fraction(std::uint64_t value, int places) {
  std::uint64_t power = 1;
  for (int i = 0; i < places; ++i) power *= 10;
  std::string text = std::to_string(value / power);
  std::string fraction = std::to_string(value % power + power).substr(1);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return fraction.empty() ? text : text + '.' + fraction;
}

}  // namespace

Result<Duration> duration_of_seconds(std::int64_t seconds) { return times(seconds, 1); }

Result<Duration> parse_duration(std::string_view text) {
  if (text.empty()) return Duration(0);
  if (const auto seconds = integer(text)) return times(*seconds, 1);
  else if (seconds.error() == NotInteger::range) return too_long();
  if (text.ends_with('d')) {
    const auto days = integer(text.substr(0, text.size() - 1));
    return days ? times(*days, 24 * 3600) : days.error() == NotInteger::range ? too_long() : Result<Duration>(not_a_duration());
  }
  return parse_units(text);
}

DurationFault duration_fault(std::string_view text) {
  constexpr std::string_view digits = "0123456789", number = "0123456789.";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  while (!text.empty()) {
    if (text.find_first_of(digits) > text.find_first_not_of(number)) break;  // a unit of nothing
    text.remove_prefix(std::min(text.find_first_not_of(number), text.size()));
    if (text.empty()) return {DurationFault::Kind::missing_unit};
    const std::string_view unit = text;
    if (!take_unit(text)) return {DurationFault::Kind::unknown_unit, unit.substr(0, unit.size() - text.size())};
  }
  return {};
}

std::string print_duration(Duration duration) {
  const auto count = duration.count();
  if (count == 0) return "0s";
  const std::string sign = count < 0 ? "-" : "";
  const std::uint64_t value = count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  if (value < 1'000) return sign + std::to_string(value) + "ns";
  if (value < 1'000'000) return sign + with_fraction(value, 3) + "\u00b5s";
  if (value < 1'000'000'000) return sign + with_fraction(value, 6) + "ms";
  const std::uint64_t minute = 60'000'000'000;
  const std::uint64_t minutes = value / minute;
  std::string text = sign;
  if (minutes >= 60) text += std::to_string(minutes / 60) + 'h';
  if (minutes > 0) text += std::to_string(minutes % 60) + 'm';
  return text + with_fraction(value % minute, 9) + 's';
}

std::string humanize_duration(std::chrono::seconds duration) {
  const std::int64_t seconds = duration.count();
  if (seconds == 0) return "0s";
  const std::uint64_t value = seconds < 0 ? 0 - static_cast<std::uint64_t>(seconds) : static_cast<std::uint64_t>(seconds);
  std::string text = seconds < 0 ? "-" : "";
  if (value >= 3600) text += std::to_string(value / 3600) + 'h';
  if (value / 60 % 60 > 0) text += std::to_string(value / 60 % 60) + 'm';
  if (value % 60 > 0) text += std::to_string(value % 60) + 's';
  return text;
}

}  // namespace sr
