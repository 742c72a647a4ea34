#include "engines/kv/carry.h"
#include "base/concat.h"
#include "logical/op.h"

namespace sr::kv {
namespace {

// Of one secret that is carried: its rows are written, those of what it replaces removed, and its own too when it moves.
constexpr std::size_t versions_max = 300;
static_assert(3 * (versions_max + 2) < limits::batch_rows);
constexpr std::size_t bytes_max = limits::batch_bytes - (8 << 20);  // beside it there is what a job writes of itself

std::unexpected<Error> too_large(std::string_view path, std::string what) {
  return fail(Code::invalid, concat("\"", path, "\" has more than ", what, ": too much to be carried in one piece"));
}

}  // namespace

Result<void> check_versions(std::string_view path, const Meta& meta) {
  if (meta.current - meta.first() < static_cast<VersionNumber>(versions_max)) return {};
  return too_large(path, concat(std::to_string(versions_max), " versions"));
}

std::size_t Whole::bytes() const {
  std::size_t bytes = meta_row.value.size();
  for (const auto& [number, row] : versions) bytes += row.value.size();
  return bytes;
}

Revision Whole::newest() const {
  Revision newest = meta_row.revision;
  for (const auto& [number, row] : versions) newest = std::max(newest, row.revision);
  return newest;
}

Revision Whole::oldest() const {
  Revision oldest = meta_row.revision;
  for (const auto& [number, row] : versions) oldest = std::min(oldest, row.revision);
  return oldest;
}

Result<std::optional<Whole>> load_whole(View& rows, std::string_view path) {
  auto row = TRY(rows.get(meta_key(path)));
  if (!row) return std::nullopt;
  Whole secret{.meta = TRY(load_record<Meta>(row->value)), .meta_row = std::move(*row)};
  TRY(check_versions(path, secret.meta));
  std::size_t bytes = secret.meta_row.value.size();
  for (VersionNumber number = secret.meta.first(); number <= secret.meta.current; ++number) {
    auto version = TRY(rows.get(version_key(path, number)));
    if (!version) continue;
    bytes += version->value.size();
    if (bytes > bytes_max) return too_large(path, concat(std::to_string(bytes_max >> 20), " MiB"));
    secret.versions.emplace_back(number, std::move(*version));
  }
  return secret;
}

Result<void> store_whole(View& rows, std::string_view path, const Whole& secret, const std::optional<Whole>& there) {
  if (there)
    for (const auto& [number, row] : there->versions)
      if (std::ranges::find(secret.versions, number, [](const auto& version) { return version.first; }) == secret.versions.end()) TRY(rows.remove(version_key(path, number), Former::leaves_disk));
  const Former former = there ? Former::leaves_disk : Former::may_linger;
  for (const auto& [number, row] : secret.versions) TRY(rows.put(version_key(path, number), row.value, former));
  return rows.put(meta_key(path), secret.meta_row.value, former);
}

Result<void> remove_whole(View& rows, std::string_view path, const Whole& secret) {
  for (const auto& [number, row] : secret.versions) TRY(rows.remove(version_key(path, number), Former::leaves_disk));
  // Those that were dropped for newer ones may be in a file still.
  if (secret.meta.first() > 1) TRY(rows.remove(version_key(path, 1), Former::leaves_disk));
  return rows.remove(meta_key(path), Former::leaves_disk);
}

bool is_same(const Whole& a, const Whole& b) {
  return a.meta_row.value.reveal() == b.meta_row.value.reveal() &&
         std::ranges::equal(a.versions, b.versions, [](const auto& x, const auto& y) { return x.first == y.first && x.second.value.reveal() == y.second.value.reveal(); });
}

std::string right_path(Carrying how, std::string_view path) { return concat(name_of(how), "/", path); }

bool may_take(Elsewhere& elsewhere, Carrying how, std::string_view path) {
  return elsewhere.may_here(Op::update, right_path(how, path)) && !elsewhere.denies_here(concat("data/", path)) && !elsewhere.denies_here(concat("metadata/", path));
}

bool may_put(Elsewhere& elsewhere, Carrying how, const Elsewhere::Place& to, std::string_view path, bool replaces) {
  return elsewhere.may(replaces ? Op::update : Op::create, to, right_path(how, path)) && !elsewhere.denies(to, concat("data/", path)) &&
         !elsewhere.denies(to, concat("metadata/", path));
}

}  // namespace sr::kv
