#include "engines/transit/rows.h"
#include <charconv>
#include "base/concat.h"
#include "logical/names.h"

namespace sr::transit {
namespace {

constexpr VersionNumber removals_max = 900;  // of one request; with the other rows they stay under limits::batch_rows
static_assert(removals_max + 16 < static_cast<VersionNumber>(limits::batch_rows));
constexpr std::size_t name_bytes_max = 512;

std::string sortable(std::uint64_t number) {
  char text[17] = "0000000000000000", digits[17];
  const auto end = std::to_chars(digits, digits + 16, number, 16).ptr;
  std::copy_backward(digits, end, text + 16);
  return std::string(text, 16);
}

std::string rotation_row(Time when, std::string_view name) {
  return concat(rotations_folder, sortable(static_cast<std::uint64_t>(std::max<std::int64_t>(when.time_since_epoch().count(), 0))), "/", name);
}

std::optional<Time> next_rotation(const Key& key) {
  if (key.rotation_period <= Seconds(0) || key.soft_deleted || (key.imported && !key.imported_may_rotate)) return std::nullopt;
  if (key.rotation_period > std::chrono::floor<Seconds>(Time::max() - key.latest_created)) return std::nullopt;  // beyond the year 2262 is never
  return key.latest_created + key.rotation_period;
}

}  // namespace

bool is_key_name(std::string_view name) { return is_plain_name(name) && name.size() <= name_bytes_max; }
Result<std::string_view> check_name(std::string_view name) {
  if (!is_key_name(name)) return fail(Code::not_found, "1 error occurred:\n\t* unsupported path\n\n");
  return name;
}

std::string key_row(std::string_view name) { return concat(keys_folder, name); }

Result<std::optional<Key>> load_key(View& rows, std::string_view name) { return load_row<Key>(rows, key_row(name)); }

Result<void> store_key(View& rows, std::string_view name, Key& key) {
  const auto next = next_rotation(key);
  if (next != key.rotates_at) {
    if (key.rotates_at) TRY(rows.remove(rotation_row(*key.rotates_at, name)));
    if (next) TRY(rows.put(rotation_row(*next, name), Secret("")));
    key.rotates_at = next;
  }
  return rows.put(key_row(name), store_record(key));
}

Result<void> remove_key(View& rows, std::string_view name, const Key& key, Removal removal) {
  if (key.rotates_at) TRY(rows.remove(rotation_row(*key.rotates_at, name)));
  TRY(rows.remove(key_row(name)));
  return drop_versions(rows, key.id, key.first_kept(), key.latest + 1, removal);
}

std::string version_row(std::string_view id, VersionNumber number) { return concat("version/", id, "/", sortable(static_cast<std::uint64_t>(number))); }

Result<std::optional<Version>> load_version(View& rows, const Key& key, VersionNumber number) { return load_row<Version>(rows, version_row(key.id, number)); }
Result<void> store_version(View& rows, const Key& key, VersionNumber number, const Version& version) {
  return rows.put(version_row(key.id, number), store_record(version));
}

// What is left over from an earlier time comes first; so at any time there is one range.
Result<void> drop_versions(View& rows, std::string_view id, VersionNumber first, VersionNumber end, Removal removal) {
  const std::string leftover = concat(leftovers_folder, id);
  const auto before = TRY(load_row<Leftover>(rows, leftover));
  if (before) first = std::min(first, before->first);
  const VersionNumber stop = removal == Removal::by_job ? first : std::min(end, first + removals_max);
  for (VersionNumber number = first; number < stop; ++number) TRY(rows.remove(version_row(id, number), Former::leaves_disk));
  if (stop == end) return before ? rows.remove(leftover) : Result<void>();
  return rows.put(leftover, store_record(Leftover{.first = stop, .end = end}));
}

}  // namespace sr::transit
