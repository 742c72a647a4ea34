// A key with all its versions as Vault and OpenBao write it down: JSON in base64, numbers as Go prints them. What is written here can
// be restored there, and the other way round.
#pragma once
#include "engines/transit/rows.h"

namespace sr::transit {

struct Backup {
  Key key{};
  std::map<VersionNumber, Version> versions{};   // all from key.first_kept() to key.latest
};

// In base64. Fails for stored keys that cannot be read.
Result<Secret> print_backup(std::string_view name, const Backup& backup);

// `name`: as it was. Hostile input: whatever comes back holds together, and its versions make keys.
struct ReadBackup {
  std::string name{};
  Backup backup{};
};
Result<ReadBackup> parse_backup(Arena& arena, std::string_view text);

}  // namespace sr::transit
