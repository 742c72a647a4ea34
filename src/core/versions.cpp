#include "core/versions.h"
#include "base/concat.h"
#include "base/version.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {

Result<std::vector<VersionEntry>> load_versions(Transaction& transaction) {
  View core = core_view(transaction);
  std::vector<VersionEntry> all;
  for (const auto& name : TRY(core.list(keys::versions)))
    if (const auto row = TRY(core.get(concat(keys::versions, name)))) all.push_back(TRY(load_record<VersionEntry>(row->value)));
  std::ranges::sort(all, {}, [](const VersionEntry& entry) { return std::pair(entry.installed, std::string_view(entry.version)); });
  return all;
}

Result<void> record_version(Transaction& transaction, Time now) {
  View core = core_view(transaction);
  const std::string key = concat(keys::versions, api_version());
  if (TRY(core.get(key))) return {};
  return core.put(key, store_record(VersionEntry{api_version(), now, std::string(build_date)}));
}

}  // namespace sr
