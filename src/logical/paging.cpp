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

// A page holds as many names as were asked for, however many are left out on the way to them. Where that is a desert, the page ends
// with what was found; with nothing found there is nothing to go on from, and a scan further down is the way.
Result<Strings> scan_names(Call& call, std::string_view folder) {
  const std::int64_t wanted = call[limit];
  const std::size_t most = wanted > 0 ? std::min(static_cast<std::size_t>(wanted), limits::list_names) : limits::list_names + 1;
  std::string behind(call[after]);
  Strings names;
  for (std::size_t looked = 0; names.size() < most;) {
    const std::size_t page = std::clamp(most - names.size(), limits::scan_page, limits::list_page);
    Strings more = TRY(call.storage().list(folder, {.after = behind, .limit = page}, Depth::all));
    const bool is_end = more.size() < page;
    looked += more.size();
    if (!is_end) behind = more.back();
    for (auto& name : more)
      if (names.size() < most && call.shows(name)) names.push_back(std::move(name));
    if (is_end) break;
    if (looked <= limits::list_names) continue;
    if (names.empty() || wanted <= 0) return fail(Code::too_large, "too many names for one answer, scan them in pages with limit and after, or folder by folder");
    break;
  }
  if (names.size() > limits::list_names) return fail(Code::too_large, std::string(too_many));
  return names;
}

Result<Strings> all_names(View rows, std::string_view folder) {
  Strings names = TRY(up_to(rows, folder, {}, limits::list_names + 1));
  if (names.size() > limits::list_names) return fail(Code::too_large, std::string(too_many));
  return names;
}

Page page_in(const Call& call) {
  return {.after = call[after], .limit = call[limit] > 0 ? std::min(static_cast<std::size_t>(call[limit]), limits::list_names) : limits::list_names + 1};
}

Strings page_of(const Call& call, Strings names) {
  std::ranges::sort(names);
  names.erase(names.begin(), std::ranges::upper_bound(names, call[after], std::less<>()));
  if (call[limit] > 0 && names.size() > static_cast<std::size_t>(call[limit])) names.resize(static_cast<std::size_t>(call[limit]));
  return names;
}

}  // namespace sr::paging
