#include "backup/manifest.h"
#include <charconv>
#include "base/concat.h"
#include "text/json.h"

namespace sr {
namespace {

std::unexpected<Error> none_of_ours() {
  return fail(Code::invalid, "this is no snapshot that this server can read; those of Vault's and OpenBao's integrated storage cannot be restored here");
}

template <class T> bool read(const json::Value& object, std::string_view name, T& into) {
  const json::Value* member = object.find(name);
  if (!member) return false;
  if constexpr (std::same_as<T, std::string>) {
    into = member->text;
    return member->is_string();
  } else {
    const auto [end, problem] = std::from_chars(member->text.data(), member->text.data() + member->text.size(), into);
    return member->type == json::Type::number && problem == std::errc() && end == member->text.data() + member->text.size();
  }
}

}  // namespace

std::string Manifest::id() const {
  return concat("strongroom-", std::to_string(revision), "-", std::to_string(std::chrono::floor<Seconds>(created).time_since_epoch().count()));
}

std::string Manifest::print() const {
  json::Object ours;
  ours.put("format", format)
      .put("store_format", store_format)
      .put_raw("rows", std::to_string(rows))
      .put("root_key_id", root_key_id)
      .put("seal_type", seal_type)
      .put("secret_shares", static_cast<std::int64_t>(secret_shares))
      .put("secret_threshold", static_cast<std::int64_t>(secret_threshold))
      .put("created", std::int64_t{std::chrono::floor<Seconds>(created).time_since_epoch().count()})
      .put("program", program);
  json::Object all;
  all.put("Version", 1)
      .put("ID", id())
      .put_raw("Index", std::to_string(revision))
      .put("Term", static_cast<std::int64_t>(key_term))
      .put_raw("Size", std::to_string(bytes))
      .put("strongroom", ours);
  return all.text() + "\n";
}

Result<Manifest> Manifest::parse(std::string_view text) {
  Arena arena;
  const auto parsed = json::parse(arena, text, {.depth = 8, .strings = 1000, .string_bytes = bytes_max, .memory = 1024 * 1024});
  if (!parsed || !(*parsed)->is_object()) return none_of_ours();
  const json::Value* ours = (*parsed)->find("strongroom");
  Manifest manifest;
  if (!ours || !read(*ours, "format", manifest.format) || manifest.format < 1) return none_of_ours();
  if (manifest.format > format_now)
    return fail(Code::invalid, concat("the snapshot has the format ", std::to_string(manifest.format), ", and this server knows those up to ", std::to_string(format_now), ": restore it with the version that took it, or a newer one"));
  std::int64_t created = 0;
  const bool whole = read(*ours, "store_format", manifest.store_format) && read(*ours, "rows", manifest.rows) && read(*ours, "root_key_id", manifest.root_key_id) &&
                     read(*ours, "seal_type", manifest.seal_type) && read(*ours, "secret_shares", manifest.secret_shares) &&
                     read(*ours, "secret_threshold", manifest.secret_threshold) && read(*ours, "created", created) && read(*ours, "program", manifest.program) &&
                     read(**parsed, "Index", manifest.revision) && read(**parsed, "Term", manifest.key_term) && read(**parsed, "Size", manifest.bytes);
  constexpr std::int64_t seconds_most = 253'402'300'799;  // the year 9999
  // A revision that leaves no room for more would stop the store for good.
  if (!whole || created < 0 || created > seconds_most || manifest.revision > std::uint64_t{1} << 62) return fail(Code::invalid, "the snapshot's meta.json is damaged");
  manifest.created = Time(std::min(Seconds(created), std::chrono::floor<Seconds>(Time::max().time_since_epoch())));
  return manifest;
}

std::string backup::print_sums(std::string_view manifest_sum, std::string_view rows_sum) {
  return concat(manifest_sum, "  ", manifest_name, "\n", rows_sum, "  ", rows_name, "\n");
}

}  // namespace sr
