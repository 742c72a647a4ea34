#include "base/clock.h"

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

}  // namespace

std::size_t print_rfc3339(Time time, std::span<char, 30> to) {
  return static_cast<std::size_t>(print(to.data(), time, digits_needed(time)) - to.data());
}

std::string rfc3339(Time time, int digits) {
  char text[30];
  return {text, print(text, time, std::min(digits, 9))};
}

std::string rfc3339(Time time) { return rfc3339(time, digits_needed(time)); }

}  // namespace sr
