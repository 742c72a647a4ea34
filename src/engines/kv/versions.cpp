// Deleting, restoring and destroying versions by number. Versions that are not there are passed over, as in Vault.
#include "engines/kv/engine.h"
#include "engines/kv/fields.h"
#include "engines/kv/input.h"

namespace sr::kv {
namespace {

// Applies `change` to each version that is named; what it returns says whether anything has changed.
template <class Change> Result<Reply> change_versions(Call& call, const std::vector<VersionNumber>& numbers, Change change, Former former = Former::may_linger) {
  const auto meta = TRY(load_meta(call.storage(), call[field::path]));
  if (!meta) return Reply::empty();
  for (const VersionNumber number : numbers) {
    if (number > meta->current) break;
    auto found = TRY(load_version(call.storage(), call[field::path], number));
    if (!found || found->destroyed || !change(*found, *meta)) continue;
    TRY(store_version(call.storage(), call[field::path], number, *found, former));
  }
  return Reply::empty();
}

}  // namespace

Result<Reply> Kv::delete_versions(Call& call) {
  const auto numbers = TRY(version_numbers(call, "No version number provided"));
  return change_versions(call, numbers, [now = call.now()](Version& version, const Meta&) {
    if (!version.is_readable(now)) return false;
    version.deleted = now;
    return true;
  });
}

// A version that deletes itself gets its whole time again.
Result<Reply> Kv::undelete_versions(Call& call) {
  const auto numbers = TRY(version_numbers(call, "No version number provided"));
  const Config config = TRY(load_config(call.storage()));
  return change_versions(call, numbers, [&config, now = call.now()](Version& version, const Meta& meta) {
    version.deleted = deletion_time(now, config, meta);
    return true;
  });
}

Result<Reply> Kv::destroy_versions(Call& call) {
  const auto numbers = TRY(version_numbers(call, "no version number provided"));
  return change_versions(call, numbers, [](Version& version, const Meta&) {
    version.destroyed = true;
    version.data = Secret();
    return true;
  }, Former::leaves_disk);
}

}  // namespace sr::kv
