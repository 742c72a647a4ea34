// sys/metrics: what the server counts and times, for Prometheus or as a JSON summary.
#include "base/concat.h"
#include "sys/metrics_text.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField format{"format", "prometheus, or nothing for a JSON summary of the last seconds."};

}  // namespace

// Vault answers a wrong format in plain text.
Result<Reply> Sys::read_metrics(Call& call) {
  const auto refuse = [](std::string text) { return Reply::raw("text/plain", Buffer(text)).status(400); };
  const auto& telemetry = core_.options().telemetry;
  const MetricsStyle style{.prefix = telemetry.prefix, .cluster = core_.seal_state().cluster().name};
  const std::string_view wanted = call[format];
  if (wanted.empty()) return Reply::raw("application/json", json_summary(core_.metrics().read(core_.clock().now()), style));
  if (wanted != "prometheus") return refuse(concat("metric response format \"", wanted, "\" unknown"));
  if (telemetry.prometheus_retention == Seconds(0)) return refuse("prometheus is not enabled");
  return Reply::raw("text/plain; version=0.0.4; charset=utf-8", prometheus_text(core_.metrics().read(core_.clock().now()), process_stats(), style));
}

std::vector<Route> metrics_routes() {
  return {{.paths = {"metrics"},
           .help = "What the server counts and times about itself.",
           .fields = {&format},
           .verbs = {on<&Sys::read_metrics>(Op::read, "Read the metrics.")}}};
}

}  // namespace sr::sys
