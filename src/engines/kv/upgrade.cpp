#include "engines/kv/plain.h"
#include "engines/kv/rows.h"

namespace sr::kv {
namespace {

constexpr std::size_t secrets_of_one_step = 40;        // three rows each
constexpr std::size_t bytes_of_one_step = 8 << 20;     // or one secret, if that is larger

}  // namespace

// A secret leaves the old folder in the commit that brings its first version, so that it is always in exactly one of the two.
Result<bool> upgrade_plain(View rows, Time now) {
  const auto names = TRY(rows.list(plain_folder, {.after = {}, .limit = secrets_of_one_step}, Depth::all));
  std::size_t bytes = 0;
  for (const auto& path : names) {
    const std::string old_key = concat(plain_folder, path);
    const auto row = TRY(rows.get(old_key));
    if (!row) continue;
    bytes += row->value.size();
    if (bytes > bytes_of_one_step && bytes > row->value.size()) break;
    auto secret = TRY(load_record<PlainSecret>(row->value));
    const Version first{.created = now, .data = std::move(secret.data)};
    const Meta meta{.current = 1, .oldest = 1, .created = now, .updated = now};
    TRY(rows.put(version_key(path, 1), store_record(first)));
    TRY(rows.put(meta_key(path), store_record(meta)));
    TRY(rows.remove(old_key, Former::leaves_disk));  // or destroying it one day would leave this copy
  }
  return !names.empty();
}

}  // namespace sr::kv
