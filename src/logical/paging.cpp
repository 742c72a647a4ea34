#include "logical/paging.h"

namespace sr::paging {

namespace {

constexpr std::string_view too_many = "too many names for one answer, list them in pages with limit and after";

// The store gives out its names in pages of its own.
Result<Strings> up_to(View& rows, std::string_view folder, std::string behind, std::size_t most) {
  Strings names;
  while (names.size() < most) {
    const std::size_t page = std::min(most - names.size(), limits::list_page);
    Strings more = TRY(rows.list(folder, {.after = behind, .limit = page}));
    const bool is_end = more.size() < page;
    std::ranges::move(more, std::back_inserter(names));
    if (is_end) break;
    behind = names.back();
  }
  return names;
}

}  // namespace

Result<Strings> list_names(Call& call, View rows, std::string_view folder) {
  const std::int64_t wanted = call[limit];
  const std::string behind(call[after]);
  if (wanted > 0) return up_to(rows, folder, behind, std::min(static_cast<std::size_t>(wanted), limits::list_names));
  Strings names = TRY(up_to(rows, folder, behind, limits::list_names + 1));
  if (names.size() > limits::list_names) return fail(Code::too_large, std::string(too_many));
  return names;
}

Result<Strings> all_names(View rows, std::string_view folder) {
  Strings names = TRY(up_to(rows, folder, {}, limits::list_names + 1));
  if (names.size() > limits::list_names) return fail(Code::too_large, std::string(too_many));
  return names;
}

Strings page_of(const Call& call, Strings names) {
  std::ranges::sort(names);
  names.erase(names.begin(), std::ranges::upper_bound(names, call[after], std::less<>()));
  if (call[limit] > 0 && names.size() > static_cast<std::size_t>(call[limit])) names.resize(static_cast<std::size_t>(call[limit]));
  return names;
}

}  // namespace sr::paging
