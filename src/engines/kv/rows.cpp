#include "engines/kv/rows.h"
#include "base/concat.h"
#include <charconv>

namespace sr::kv {
namespace {

constexpr std::string_view config_key = "config";

template <class T> Result<std::optional<T>> load(View& rows, const std::string& key) {
  const auto row = TRY(rows.get(key));
  if (!row) return std::nullopt;
  return TRY(load_record<T>(row->value));
}

}  // namespace

std::string meta_key(std::string_view path) { return concat("meta/", path); }

// A path holds no NUL, so no version of one key lies among those of another.
std::string version_key(std::string_view path, VersionNumber number) {
  char digits[17] = "0000000000000000";
  char text[17];
  const auto end = std::to_chars(text, text + 16, static_cast<std::uint64_t>(number), 16).ptr;
  std::copy_backward(text, end, digits + 16);
  return concat("data/", path, std::string_view("\0", 1), std::string_view(digits, 16));
}

Result<Config> load_config(View& rows) { return TRY(load<Config>(rows, std::string(config_key))).value_or(Config{}); }
Result<void> store_config(View& rows, const Config& config) { return rows.put(config_key, store_record(config)); }

Result<std::optional<Meta>> load_meta(View& rows, std::string_view path) { return load<Meta>(rows, meta_key(path)); }
Result<std::shared_ptr<const Meta>> see_meta(View& rows, MetaCache& cache, std::string_view path) {
  return rows.get_made(meta_key(path), cache, [](const Secret& row) { return load_record<Meta>(row); });
}
Result<void> store_meta(View& rows, std::string_view path, const Meta& meta) { return rows.put(meta_key(path), store_record(meta)); }
Result<void> remove_meta(View& rows, std::string_view path, Former former) { return rows.remove(meta_key(path), former); }

Result<std::optional<Version>> load_version(View& rows, std::string_view path, VersionNumber number) {
  if (number < 1) return std::nullopt;
  return load<Version>(rows, version_key(path, number));
}
Result<void> store_version(View& rows, std::string_view path, VersionNumber number, const Version& version, Former former) {
  return rows.put(version_key(path, number), store_record(version), former);
}
Result<void> remove_version(View& rows, std::string_view path, VersionNumber number, Former former) { return rows.remove(version_key(path, number), former); }

std::optional<Time> deletion_time(Time now, const Config& config, const Meta& meta) {
  if (config.delete_version_after < Seconds(0)) return std::nullopt;
  Seconds after = config.delete_version_after;
  if (meta.delete_version_after > Seconds(0) && (after == Seconds(0) || meta.delete_version_after < after)) after = meta.delete_version_after;
  if (after == Seconds(0)) return std::nullopt;
  if (after > std::chrono::floor<Seconds>(Time::max() - now)) return std::nullopt;  // beyond the year 2262 is never
  return now + after;
}

std::string print_deletion_time(const Version& version) { return version.deleted ? rfc3339(*version.deleted) : std::string(); }

json::Object print_custom(const Meta& meta) {
  json::Object custom;
  for (const auto& [name, value] : meta.custom) custom.put(name, value);
  return custom;
}

void put_custom(json::Object& to, const Meta& meta) {
  if (meta.custom.empty()) to.put("custom_metadata", nullptr);
  else to.put("custom_metadata", print_custom(meta));
}

void print_version(Buffer& out, VersionNumber number, const Version& version, const Meta& meta) {
  out.append(R"({"created_time":")").append(rfc3339(version.created)).append(R"(","custom_metadata":)");
  if (meta.custom.empty()) out += "null";
  else print_custom(meta).print(out);
  out.append(R"(,"deletion_time":")").append(print_deletion_time(version));
  out.append(version.destroyed ? R"(","destroyed":true,"version":)" : R"(","destroyed":false,"version":)").append_number(number) += '}';
}
Buffer print_version(VersionNumber number, const Version& version, const Meta& meta) {
  Buffer printed;
  print_version(printed, number, version, meta);
  return printed;
}

}  // namespace sr::kv
