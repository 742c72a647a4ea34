// The server's configuration: HCL or JSON files, folders of them, and what the environment adds. A value.
#pragma once
#include "base/clock.h"
#include "base/log.h"
#include "core/audit_broker.h"
#include "core/lockout_settings.h"
#include "http/v1.h"
#include "net/server.h"
#include "server/seal_config.h"
#include "text/hcl.h"

namespace sr::server {

struct StorageConfig {
  std::string type{};  // "rocksdb", "file" (served by RocksDB at its path), "inmem"
  std::string path{};
};

struct ListenerConfig {
  net::ListenerOptions net{};
  http::V1::Options http{};
};

struct Config {
  std::optional<StorageConfig> storage{};
  std::vector<ListenerConfig> listeners{};
  SealSettings seals{};
  std::string cluster_name{};
  std::string api_addr{};
  Seconds default_lease_ttl = limits::default_lease_ttl;
  Seconds max_lease_ttl = limits::max_lease_ttl;
  LockoutConfig lockout{};
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::standard;
  std::string log_file{};
  std::string pid_file{};
  std::string metrics_prefix = "vault";
  Seconds prometheus_retention{24 * 3600};  // 0: no metrics for Prometheus
  unsigned io_threads = 0;             // event loops; 0: one a core
  std::size_t cache_bytes = 0;         // of the store's block cache; 0: its default
  AuditRequire audit_require = AuditRequire::any;
  std::vector<ConfiguredAuditDevice> audit_devices{};
  bool audit_by_api = true;            // unsafe_allow_api_audit_creation; OpenBao's own default is no
  bool audit_prefix = false;           // allow_audit_log_prefixing
  std::vector<std::string> audit_folders{};  // where audit files may lie; empty: anywhere that is harmless
  bool disable_mlock = false;
  bool raw_storage_endpoint = false;   // sys/raw is there
  bool introspection_endpoint = false; // sys/internal/inspect is there
  std::vector<std::string> notes{};    // what was read and has no effect here, or is unknown; for the log
};

// One text into `config`: what is said again replaces what was said before, listeners and seals add up. Errors name the line and what to do.
// A setting that restricts and is not enforced here is refused; one that only tunes, and one that nobody knows, is noted.
Result<void> merge_config(Config& config, std::string_view text, std::string_view source);

// Files as they are, folders by their *.hcl and *.json in the order of their names.
Result<void> load_config(Config& config, const std::vector<std::string>& paths);

}  // namespace sr::server
