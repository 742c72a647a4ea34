// sys/health and sys/leader: what load balancers ask.
#include "sys/sys.h"

namespace sr::sys {
namespace {

// Each state has its code, and the query may ask for another one.
constexpr TextField activecode{"activecode", "Status code of an active server.", ""};
constexpr TextField standbycode{"standbycode", "Status code of a standby.", ""};
constexpr TextField sealedcode{"sealedcode", "Status code of a sealed server.", ""};
constexpr TextField uninitcode{"uninitcode", "Status code of a server that is not initialized.", ""};
constexpr TextField drsecondarycode{"drsecondarycode", "Of a state that this server does not have.", ""};
constexpr TextField performancestandbycode{"performancestandbycode", "Of a state that this server does not have.", ""};
constexpr TextField haunhealthycode{"haunhealthycode", "Of a state that this server does not have.", ""};
constexpr TextField removedcode{"removedcode", "Of a state that this server does not have.", ""};
constexpr TextField standbyok{"standbyok", "A standby counts as active.", ""};
constexpr TextField perfstandbyok{"perfstandbyok", "A performance standby counts as active.", ""};

Result<int> code_of(Call& call, const TextField& field, int fallback) {
  const std::string_view text = call[field];
  if (text.empty()) return fallback;
  int code = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (problem != std::errc{} || end != text.data() + text.size() || code < 200 || code > 599) return fail(Code::invalid, "");
  return code;
}

}  // namespace

Result<Reply> Sys::read_health(Call& call) {
  const auto status = TRY(core_.seal_state().status());
  const int active = TRY(code_of(call, activecode, 200));
  const int sealed = TRY(code_of(call, sealedcode, 503));
  const int uninitialized = TRY(code_of(call, uninitcode, 501));
  for (const auto* other : {&standbycode, &drsecondarycode, &performancestandbycode, &haunhealthycode, &removedcode}) TRY(code_of(call, *other, 200));

  const bool is_active = status.initialized && !status.sealed;
  json::Object data;
  data.put("initialized", status.initialized)
      .put("sealed", status.sealed)
      .put("standby", !is_active)
      .put("performance_standby", false)
      .put("replication_performance_mode", is_active ? "disabled" : "unknown")
      .put("replication_dr_mode", is_active ? "disabled" : "unknown")
      .put("server_time_utc", std::int64_t{std::chrono::floor<Seconds>(call.now()).time_since_epoch().count()})
      .put("version", api_version())
      .put("enterprise", false)
      .put("echo_duration_ms", std::int64_t{0})
      .put("clock_skew_ms", std::int64_t{0})
      .put("replication_primary_canary_age_ms", std::int64_t{0});
  if (is_active) data.put("cluster_name", status.cluster_name).put("cluster_id", status.cluster_id);
  if (const json::Array warnings = seal_warnings(); !warnings.empty()) data.put("warnings", warnings);
  return Reply::bare(std::move(data)).status(is_active ? active : status.initialized ? sealed : uninitialized);
}

Result<Reply> Sys::read_leader(Call&) {
  json::Object data;
  data.put("ha_enabled", false)
      .put("is_self", false)
      .put("active_time", "0001-01-01T00:00:00Z")
      .put("leader_address", "")
      .put("leader_cluster_address", "")
      .put("performance_standby", false)
      .put("performance_standby_last_remote_wal", std::int64_t{0});
  return Reply::bare(std::move(data));
}

std::vector<Route> health_routes() {
  return {
      {.paths = {"health"},
       .help = "The state of this server as a status code: 200 active, 429 standby, 501 not initialized, 503 sealed. GET and HEAD.",
       .fields = {&activecode, &standbycode, &sealedcode, &uninitcode, &drsecondarycode, &performancestandbycode, &haunhealthycode, &removedcode, &standbyok, &perfstandbyok},
       .verbs = {on<&Sys::read_health>(Op::read, "Read the state.")},
       .access = Access::open,
       .when_sealed = true},
      {.paths = {"leader"},
       .help = "Who leads the cluster.",
       .verbs = {on<&Sys::read_leader>(Op::read, "Read the leader.")},
       .access = Access::open,
       .when_sealed = true},
  };
}

}  // namespace sr::sys
