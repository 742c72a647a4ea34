// Keys as a whole, out and in.
#include "base/concat.h"
#include "engines/transit/backup_json.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "logical/names.h"

namespace sr::transit {
namespace {

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

}  // namespace

Result<Reply> Transit::back_up(Call& call) {
  const auto name = TRY(check_name(call[field::name]));
  auto found = TRY(open(call, name));
  if (!found) return invalid(concat("key \"", name, "\" not found"));
  Backup backup{.key = std::move(found->settings()), .versions = {}};
  Key& key = backup.key;
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  if (!key.exportable) return invalid("exporting is disallowed on the policy");
  if (!key.plaintext_backup) return invalid("plaintext backup is disallowed on the policy");
  for (VersionNumber number = key.first_kept(); number <= key.latest; ++number) {
    auto version = TRY(load_version(call.storage(), key, number));
    if (!version) return fail(Code::internal, concat("version ", std::to_string(number), " of the key is missing"));
    backup.versions.emplace(number, std::move(*version));
  }
  key.backup = Occasion{.time = call.now(), .version = key.latest};
  TRY(store_key(call.storage(), name, key));
  return Reply::data(json::Object().set("backup", TRY(print_backup(name, backup)).reveal()));
}

Result<Reply> Transit::restore(Call& call) {
  if (call[field::backup].reveal().empty()) return invalid("'backup' must be supplied");
  if (call[field::name].contains('/')) return invalid("key names cannot be paths");
  auto [old_name, backup] = TRY(parse_backup(call.arena(), call[field::backup].reveal()));
  const std::string name = call[field::name].empty() ? old_name : std::string(call[field::name]);
  if (!is_plain_name(name)) return invalid("the backup has no name that a key may have");
  if (const auto before = TRY(load_key(call.storage(), TRY(check_name(name))))) {
    if (!call[field::force]) return invalid(concat("key \"", name, "\" already exists"));
    forget_versions(*before, before->first_kept(), before->latest + 1);
    TRY(remove_key(call.storage(), name, *before, Removal::by_job));  // the new versions need the room
  }
  backup.key.id = random_uuid(call.host().random());
  backup.key.restore = Occasion{.time = call.now(), .version = backup.key.latest};
  for (const auto& [number, version] : backup.versions) TRY(store_version(call.storage(), backup.key, number, version));
  TRY(store_key(call.storage(), name, backup.key));
  return Reply::empty();
}

}  // namespace sr::transit
