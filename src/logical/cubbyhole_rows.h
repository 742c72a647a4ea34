// Where the rows of cubbyholes lie, inside their mount. The engine writes them; the core takes them away with their token, and
// puts wrapped answers there.
//
//   rows/<hash of the token's id>/<path>   one secret: canonical JSON, an object
//   changed/<hash of the token's id>       rewritten with every row of that token
//
// A list protects nothing: a row could appear behind it. So whoever ends a token reads its `changed` row, and of a writer and him
// one starts over.
#pragma once
#include "storage/transaction.h"

namespace sr::cubbyhole {

inline constexpr std::string_view mount_uuid = "cubbyhole";  // the mount is always there

inline std::string folder_of(std::string_view token_hash) { return concat("rows/", token_hash, "/"); }
inline std::string row_of(std::string_view token_hash, std::string_view path) { return concat("rows/", token_hash, "/", path); }
inline std::string changed_of(std::string_view token_hash) { return concat("changed/", token_hash); }

// `rows` is the view of the mount.
inline Result<void> store(View& rows, std::string_view token_hash, std::string_view path, const Secret& json) {
  TRY(rows.put(row_of(token_hash, path), json));
  return rows.put(changed_of(token_hash), Secret(""));
}

}  // namespace sr::cubbyhole
