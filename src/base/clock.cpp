#include "base/clock.h"
#include <ctime>

namespace sr {

std::string rfc3339(Time time, int digits) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t whole = seconds.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  char text[48];
  std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  auto fraction = (time - seconds).count();
  if (digits > 0) {
    text[size] = '.';
    for (int i = 9; i >= 1; --i, fraction /= 10)
      if (i <= digits) text[size + static_cast<std::size_t>(i)] = static_cast<char>('0' + fraction % 10);
    size += static_cast<std::size_t>(digits) + 1;
  }
  text[size++] = 'Z';
  return {text, size};
}

std::string rfc3339(Time time) {
  auto fraction = (time - std::chrono::floor<std::chrono::seconds>(time)).count();
  int digits = fraction == 0 ? 0 : 9;
  while (digits > 0 && fraction % 10 == 0) fraction /= 10, --digits;
  return rfc3339(time, digits);
}

}  // namespace sr
