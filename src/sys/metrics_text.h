// A reading of the metrics as text: in Prometheus' exposition format 0.0.4, and as the JSON summary that Vault has. Pure functions.
#pragma once
#include "base/metrics.h"
#include "base/process.h"
#include "base/secret.h"

namespace sr::sys {

struct MetricsStyle {
  std::string prefix = "vault";
  std::string cluster{};        // a label of gauges that concern the whole server
};

// vault_core_handle_request{quantile="0.5"} 0.12 and so on; times in milliseconds, as Vault gives them. Names that become the same
// in Prometheus' alphabet are added up.
Buffer prometheus_text(const Metrics::Reading& reading, const ProcessStats& process, const MetricsStyle& style);

// {"Timestamp": .., "Gauges": [..], "Points": [], "Counters": [..], "Samples": [..]}: what is recent.
Buffer json_summary(const Metrics::Reading& reading, const MetricsStyle& style);

}  // namespace sr::sys
