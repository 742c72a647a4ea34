// `strongroom operator diagnose`: why a server would not start with a configuration, and what would trouble it later. Looks at
// this machine and changes nothing on it: the store is not opened, since a start as another user would leave it files that the server
// cannot read.
#pragma once
#include <set>
#include "base/clock.h"
#include "server/config.h"
#include "server/diagnosis.h"

namespace sr::server {

struct DiagnoseOptions {
  std::set<std::string> skip{};  // "storage", "listener", "seal" ("autounseal")
  Time now{};
};

Diagnosis diagnose_system(const Config& config);
Diagnosis diagnose_storage(const Config& config);
Diagnosis diagnose_listeners(const Config& config, Time now);
// All of it, with the configuration as it was read, or the error that reading it ended with.
Diagnosis diagnose(const Result<Config>& config, const DiagnoseOptions& options);

// The words behind "operator diagnose": -config, -skip, -format=table|json, -debug. Exit codes: 0 in order, 1 a failure, 2 warnings, 3
// wrong words.
int run_diagnose(std::vector<std::string> args);

}  // namespace sr::server
