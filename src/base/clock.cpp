#include "base/clock.h"
#include <charconv>

namespace sr {

namespace {

// Digits by hand: strftime would take longer than the rest of an audit line's head.
char* print_digits(char* to, std::uint64_t number, int digits) {
  for (int i = digits; i-- > 0; number /= 10) to[i] = static_cast<char>('0' + number % 10);
  return to + digits;
}

char* print(char* to, Time time, int digits) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time) - day);
  to = print_digits(to, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  *to++ = '-', to = print_digits(to, static_cast<unsigned>(date.month()), 2);
  *to++ = '-', to = print_digits(to, static_cast<unsigned>(date.day()), 2);
  *to++ = 'T', to = print_digits(to, static_cast<std::uint64_t>(clock.hours().count()), 2);
  *to++ = ':', to = print_digits(to, static_cast<std::uint64_t>(clock.minutes().count()), 2);
  *to++ = ':', to = print_digits(to, static_cast<std::uint64_t>(clock.seconds().count()), 2);
  if (digits > 0) {
    auto fraction = static_cast<std::uint64_t>((time - std::chrono::floor<std::chrono::seconds>(time)).count());
    for (int i = digits; i < 9; ++i) fraction /= 10;
    *to++ = '.', to = print_digits(to, fraction, digits);
  }
  *to++ = 'Z';
  return to;
}

int digits_needed(Time time) {
  auto fraction = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  int digits = fraction == 0 ? 0 : 9;
  while (digits > 0 && fraction % 10 == 0) fraction /= 10, --digits;
  return digits;
}

// Takes exactly so many digits.
bool take_number(std::string_view& text, std::size_t digits, unsigned& number) {
  if (text.size() < digits || text.substr(0, digits).find_first_not_of("0123456789") != text.npos) return false;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return true;
}
bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || !one_of.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

// Nanoseconds, as far as they are written.
bool take_fraction(std::string_view& text, std::uint64_t& nanoseconds) {
  if (!take(text, ".")) return true;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 9) return false;
  std::from_chars(text.data(), text.data() + digits, nanoseconds);
  for (std::size_t i = digits; i < 9; ++i) nanoseconds *= 10;
  text.remove_prefix(digits);
  return true;
}

// "Z" or "+02:00".
bool take_offset(std::string_view& text, std::chrono::minutes& offset) {
  if (take(text, "Zz")) return true;
  const bool west = text.starts_with('-');
  unsigned hours = 0, minutes = 0;
  if (!take(text, "+-") || !take_number(text, 2, hours) || !take(text, ":") || !take_number(text, 2, minutes) || hours > 23 || minutes > 59) return false;
  offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  if (west) offset = -offset;
  return true;
}

constexpr std::int64_t last_second = 9'214'646'400;  // beyond it nanoseconds would not fit

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  if (!text.empty() && text.size() <= 11 && text.find_first_not_of("0123456789") == text.npos) {
    std::int64_t seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (seconds >= last_second) return std::nullopt;
    return Time(Seconds(seconds));
  }
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  std::uint64_t fraction = 0;
  std::chrono::minutes offset{};
  if (!take_number(text, 4, year) || !take(text, "-") || !take_number(text, 2, month) || !take(text, "-") || !take_number(text, 2, day) || !take(text, "Tt") ||
      !take_number(text, 2, hour) || !take(text, ":") || !take_number(text, 2, minute) || !take(text, ":") || !take_number(text, 2, second) ||
      !take_fraction(text, fraction) || !take_offset(text, offset) || !text.empty())
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || year < 1970 || year > 2261 || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) + Seconds(second) - offset + std::chrono::nanoseconds(fraction);
}

std::size_t print_rfc3339(Time time, std::span<char, 30> to) {
  return static_cast<std::size_t>(print(to.data(), time, digits_needed(time)) - to.data());
}

std::string rfc3339(Time time, int digits) {
  char text[30];
  return {text, print(text, time, std::min(digits, 9))};
}

std::string rfc3339(Time time) { return rfc3339(time, digits_needed(time)); }

}  // namespace sr
