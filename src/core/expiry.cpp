#include "core/expiry.h"
#include "core/tokens.h"

namespace sr {

// In hex digits, so that the order of bytes is that of time.
std::string ExpiryIndex::second_of(Time time) {
  char digits[second_digits + 1];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(std::chrono::floor<Seconds>(time).time_since_epoch().count()));
  return digits;
}

std::string ExpiryIndex::key(Time time, std::string_view what) const { return concat(folder_, second_of(time), "/", what); }

Result<Strings> ExpiryIndex::due(Store& store, const Barrier& barrier, Time now, std::size_t most, std::string_view after) const {
  Transaction look(store, &barrier);
  look.go_on(Tier::any);
  auto names = TRY(core_view(look).list(folder_, {.after = std::max<std::string_view>(after, mark_), .limit = most}, Depth::all));
  const std::string second = second_of(now);
  const auto later = std::ranges::find_if(names, [&](const std::string& name) { return name.compare(0, second_digits, second) > 0; });
  names.erase(later, names.end());
  return names;
}

// A commit may come late with a time that has passed: what is younger than the margin is looked at again.
void ExpiryIndex::passed(Time now) {
  constexpr Seconds margin{600};
  mark_ = second_of(now - margin);
}

}  // namespace sr
