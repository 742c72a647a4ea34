// What a KV mount stores, and how it is found again.
#pragma once
#include "logical/call.h"
#include "storage/record.h"
#include "text/json.h"

namespace sr::kv {

using VersionNumber = std::int64_t;  // from 1; 0 stands for "none"

constexpr std::uint32_t max_versions_default = 10;
// Versions that one request removes at most: with the other rows they stay under limits::batch_rows.
constexpr VersionNumber removals_max = 1000;
static_assert(removals_max + 8 < limits::batch_rows);

struct Config {
  std::uint32_t max_versions = 0;    // 0: the default
  bool cas_required = false;
  Seconds delete_version_after{};    // 0: never; negative: not for the keys either

  template <class Archive> void fields(Archive& archive) {
    archive(1, max_versions);
    archive(2, cas_required);
    archive(3, delete_version_after);
  }
};

struct Meta {
  VersionNumber current = 0;         // 0: settings without a version
  VersionNumber oldest = 0;          // that is kept; 0 until one has been dropped
  Time created{}, updated{};         // of the key; deleting a version does not count
  std::uint32_t max_versions = 0;    // 0: the mount's
  bool cas_required = false;
  Seconds delete_version_after{};    // 0: the mount's
  StringMap custom{};

  VersionNumber first() const { return std::max<VersionNumber>(oldest, 1); }
  template <class Archive> void fields(Archive& archive) {
    archive(1, current);
    archive(2, oldest);
    archive(3, created);
    archive(4, updated);
    archive(5, max_versions);
    archive(6, cas_required);
    archive(7, delete_version_after);
    archive(8, custom);
  }
};

struct Version {
  Time created{};
  std::optional<Time> deleted{};     // may lie ahead: delete_version_after
  bool destroyed = false;
  Secret data{};                     // canonical JSON; empty when destroyed

  bool is_readable(Time now) const { return !destroyed && !(deleted && *deleted <= now); }
  template <class Archive> void fields(Archive& archive) {
    archive(1, created);
    archive(2, deleted);
    archive(3, destroyed);
    archive(4, data);
  }
};

std::string meta_key(std::string_view path);
std::string version_key(std::string_view path, VersionNumber number);

Result<Config> load_config(View& rows);
Result<void> store_config(View& rows, const Config& config);

Result<std::optional<Meta>> load_meta(View& rows, std::string_view path);
// The same for one that only looks: null when there is none.
using MetaCache = RevisionCache<Meta>;
Result<std::shared_ptr<const Meta>> see_meta(View& rows, MetaCache& cache, std::string_view path);
Result<void> store_meta(View& rows, std::string_view path, const Meta& meta);
Result<void> remove_meta(View& rows, std::string_view path, Former former = Former::may_linger);

Result<std::optional<Version>> load_version(View& rows, std::string_view path, VersionNumber number);
Result<void> store_version(View& rows, std::string_view path, VersionNumber number, const Version& version, Former former = Former::may_linger);
Result<void> remove_version(View& rows, std::string_view path, VersionNumber number, Former former = Former::may_linger);

// When a version that is written or restored now deletes itself.
std::optional<Time> deletion_time(Time now, const Config& config, const Meta& meta);

// ---- as clients are told --------------------------------------------------------------------------------------------------
std::string print_deletion_time(const Version& version);  // "" for none
json::Object print_custom(const Meta& meta);
void put_custom(json::Object& to, const Meta& meta);      // "custom_metadata", null for none
constexpr std::size_t usual_metadata_bytes = 256;         // of what the next one prints, without custom metadata
void print_version(Buffer& out, VersionNumber number, const Version& version, const Meta& meta);  // as a JSON object
Buffer print_version(VersionNumber number, const Version& version, const Meta& meta);

}  // namespace sr::kv
