#include "logical/paging.h"

namespace sr::paging {

// The store gives out its names in pages of its own; a client that asks for no page wants them all.
Result<Strings> list_names(Call& call, View rows, std::string_view folder) {
  const auto asked = call[limit] > 0 ? static_cast<std::size_t>(call[limit]) : limits::list_names;
  Strings names;
  std::string behind(call[after]);
  while (names.size() < asked) {
    const std::size_t page = std::min(asked - names.size(), limits::list_page);
    Strings more = TRY(rows.list(folder, {.after = behind, .limit = page}));
    std::ranges::move(more, std::back_inserter(names));
    if (more.size() < page) return names;
    behind = names.back();
  }
  if (call[limit] <= 0) return fail(Code::too_large, "too many names for one answer, list them in pages with limit and after");
  return names;
}

}  // namespace sr::paging
