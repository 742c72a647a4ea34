// Lists in pages: every list route takes `after` and `limit`, and reads its names through `list_names`; every scan through `scan_names`.
#pragma once
#include "logical/call.h"

namespace sr::paging {

inline constexpr TextField after{"after", "List only the names behind this one."};
inline constexpr IntegerField limit{"limit", "List at most this many names; all of them when it is absent, 0 or negative."};

// The names under a folder that the call asks for.
Result<Strings> list_names(Call& call, View rows, std::string_view folder);
inline Result<Strings> list_names(Call& call, std::string_view folder) { return list_names(call, call.storage(), folder); }

// The names under a folder and all folders in it that the call asks for, as far as its caller may see them.
Result<Strings> scan_names(Call& call, std::string_view folder);

// The page that the call asks for, of a list that is made elsewhere.
Page page_in(const Call& call);

// All names under a folder, and then the page of them that the call asks for: where the names that clients see are not the
// stored ones. Sorts them.
Result<Strings> all_names(View rows, std::string_view folder);
Strings page_of(const Call& call, Strings names);

}  // namespace sr::paging
