// Which versions of this program have served a store, in the order in which they came.
#pragma once
#include "storage/transaction.h"
#include "base/clock.h"

namespace sr {

struct VersionEntry {
  std::string version{};
  Time installed{};
  std::string build_date{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, version);
    archive(2, installed);
    archive(3, build_date);
  }
};

Result<std::vector<VersionEntry>> load_versions(Transaction&);
Result<void> record_version(Transaction&, Time now);  // the running one, unless it is known already

}  // namespace sr
