#include "server/sanitized.h"

namespace sr::server {
namespace {

json::Object shown(const ListenerConfig& listener) {
  json::Object config, telemetry;
  config.put("address", listener.net.address).put("tls_disable", !listener.net.tls);
  if (listener.http.open_metrics) config.put_raw("telemetry", json::Array().add(telemetry.put("unauthenticated_metrics_access", true)).text());
  json::Object block;
  block.put("type", listener.net.unix_socket ? "unix" : "tcp").put("config", config);
  return block;
}

}  // namespace

StringMap sanitized(const Config& config) {
  StringMap all;
  const auto set = [&](std::string_view name, auto value) {
    json::Array one;
    one.add(value);
    const std::string text = one.text();
    all.insert_or_assign(std::string(name), text.substr(1, text.size() - 2));
  };
  set("api_addr", config.api_addr);
  set("cluster_addr", "");
  set("cluster_name", config.cluster_name);
  set("default_lease_ttl", std::int64_t{config.default_lease_ttl.count()});
  set("max_lease_ttl", std::int64_t{config.max_lease_ttl.count()});
  set("disable_mlock", config.disable_mlock);
  set("enable_ui", false);
  set("introspection_endpoint", config.introspection_endpoint);
  set("raw_storage_endpoint", config.raw_storage_endpoint);
  set("log_format", config.log_format == LogFormat::json ? "json" : "standard");
  set("log_level", name_of(config.log_level));
  set("pid_file", config.pid_file);
  set("unsafe_allow_api_audit_creation", config.audit_by_api);
  set("allow_audit_log_prefixing", config.audit_prefix);
  set("audit_require", config.audit_require == AuditRequire::all ? "all" : "any");
  json::Array listeners;
  for (const auto& listener : config.listeners) listeners.add(shown(listener));
  all["listeners"] = listeners.text();
  json::Array seals;
  for (const auto& seal : config.seals.stanzas) seals.add(json::Object().set("type", seal.type).set("disabled", seal.disabled));
  if (!config.seals.in_use() && (config.seals.stanzas.empty() || config.seals.leaving())) seals.add(json::Object().set("type", SealConfig::shamir).set("disabled", false));
  all["seals"] = seals.text();
  all["storage"] = json::Object().set("type", config.storage ? config.storage->type : "").set("redirect_addr", config.api_addr).set("cluster_addr", "").set("disable_clustering", true).text();
  all["telemetry"] = json::Object()
                         .set("metrics_prefix", config.metrics_prefix)
                         .set("prometheus_retention_time", std::int64_t{std::chrono::nanoseconds(config.prometheus_retention).count()})
                         .text();
  return all;
}

}  // namespace sr::server
