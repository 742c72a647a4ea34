#include "sys/sys.h"

namespace sr::sys {

Spec spec(Core& core) {
  Spec spec{
      .type = "system",
      .help = "The system backend is built-in and cannot be remounted or disabled. It configures the server and shows its state.",
      .make = [&core](const Mounted&) { return std::make_unique<Sys>(core); },
  };
  // In this order: of two patterns that fit, the first is taken.
  constexpr std::vector<Route> (*parts[])() = {
      &init_routes,     &seal_routes,
      &health_routes,
      &tune_routes,     &mount_routes,
      &policy_routes,
      &audit_routes,    &audited_header_routes,
      &lockout_routes,
      &lease_routes,    &lease_revoke_routes,
      &capability_routes,
      &internal_routes,
      &web_routes,
      &quota_routes,   &logger_routes, &monitor_routes, &plugin_routes, &counter_routes, &feature_routes,
      &wrapping_routes,
      &tool_routes,
      &password_policy_routes,
      &key_routes,      &rekey_routes,  &generate_root_routes,
      &remount_routes,
      &snapshot_routes, &raft_routes,   &raw_routes,
      &metrics_routes,  &observe_routes, &inspect_routes,
  };
  for (auto* part : parts)
    for (auto& route : (*part)()) spec.routes.push_back(std::move(route));
  return spec;
}

}  // namespace sr::sys
