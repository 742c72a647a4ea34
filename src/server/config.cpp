#include "server/config.h"
#include <dirent.h>
#include <sys/stat.h>
#include <fstream>
#include <set>
#include <sstream>
#include "base/concat.h"
#include "text/lower.h"
#include "server/listener_config.h"

namespace sr::server {
namespace {

using hcl::Item;

// What has no effect here and does no harm: Vault's tuning of itself, or of what this server does not have.
const std::set<std::string, std::less<>> harmless{
    "ui",            "cache_size",       "disable_cache",          "plugin_directory",    "plugin_file_uid",       "plugin_file_permissions",
    "max_request_json_memory", "cluster_addr",    "disable_clustering",  "disable_sealwrap",      "disable_printable_check",
    "experiments",   "enable_response_header_hostname", "enable_response_header_raft_node_id", "detect_deadlocks",    "log_requests_level",
    "log_rotate_bytes", "log_rotate_duration", "log_rotate_max_files", "reporting",      "license_path",          "imprecise_lease_role_tracking",
    "disable_sentinel_trace", "default_max_request_duration", "service_registration",
    "disable_standby_reads"};
// What would protect somewhere else and does not here: not to be taken for granted.
const std::set<std::string, std::less<>> unenforced{"user_lockout", "ha_storage", "initialize", "plugin", "entropy", "kms_library", "external_keys",
                                                    "administrative_namespace_path", "adaptive_overload_protection"};

std::unexpected<Error> refused(const Item& item, std::string_view why) { return hcl::fail_at(item.line, concat("\"", item.key, "\" ", why)); }
Result<Seconds> seconds(const Item& item) { return std::chrono::floor<Seconds>(TRY(hcl::to_duration(item))); }

Result<void> read_telemetry(const hcl::Block& block, Config& config) {
  for (const auto& item : block.body->items) {
    if (item.key == "prometheus_retention_time") config.prometheus_retention = TRY(seconds(item));
    else if (item.key == "metrics_prefix") config.metrics_prefix = TRY(hcl::to_text(item));
    else config.notes.push_back(concat("telemetry: \"", item.key, "\" has no effect: metrics are read from sys/metrics"));
  }
  return {};
}

Result<StorageConfig> read_storage(const hcl::Block& block) {
  StorageConfig storage{.type = block.labels.front()};
  if (storage.type != "rocksdb" && storage.type != "file" && storage.type != "inmem")
    return hcl::fail_at(block.line, concat("unknown storage type \"", storage.type, "\": use \"rocksdb\" { path = \"...\" }, \"file\" or \"inmem\""));
  for (const auto& item : block.body->items)
    if (item.key == "path") storage.path = TRY(hcl::to_text(item));
  if (storage.type != "inmem" && storage.path.empty()) return hcl::fail_at(block.line, concat("storage \"", storage.type, "\" needs a path"));
  return storage;
}

// user_lockout "all" or for the type of an auth method, one that is served or one that Vault has.
Result<void> read_lockout(const hcl::Block& block, LockoutConfig& config) {
  const std::string type = to_lower(block.labels.front());
  if (type != "all" && type != "userpass" && type != "approle" && type != "ldap")
    return hcl::fail_at(block.line, concat("user_lockout \"", type, "\" is for no auth method that counts failed logins: use \"all\", \"userpass\", \"approle\" or \"ldap\""));
  LockoutSettings settings;
  for (const auto& item : block.body->items) {
    const std::string& key = item.key;
    if (key == "lockout_threshold") {
      const auto threshold = TRY(hcl::to_integer(item));
      if (threshold < 0) return refused(item, "cannot be negative");
      settings.threshold = static_cast<std::uint64_t>(threshold);
    } else if (key == "lockout_duration" || key == "lockout_counter_reset") {
      const auto time = TRY(seconds(item));
      if (time < Seconds(0)) return refused(item, "cannot be negative");
      (key == "lockout_duration" ? settings.duration : settings.counter_reset) = time;
    } else if (key == "disable_lockout") settings.disabled = TRY(hcl::to_flag(item));
    else return refused(item, "is no setting of user_lockout, or is misspelt: take it out");
  }
  config.stanzas.insert_or_assign(type, settings);
  return {};
}

// audit "file" "name" { description = "..." options { file_path = "..." } }, as OpenBao writes it.
Result<void> read_audit(const hcl::Block& block, std::vector<ConfiguredAuditDevice>& devices) {
  ConfiguredAuditDevice device{.path = block.labels[1], .type = block.labels[0]};
  for (const auto& item : block.body->items) {
    if (item.key == "description") device.description = TRY(hcl::to_text(item));
    else if (item.key == "local") device.local = TRY(hcl::to_flag(item));
    else if (item.key == "path") device.path = TRY(hcl::to_text(item));
    else if (item.key != "options") return refused(item, "is no setting of an audit device: take it out");
  }
  for (const auto& options : TRY(hcl::blocks(*block.body, "options")))
    for (const auto& item : options.body->items) device.options.insert_or_assign(item.key, TRY(hcl::to_text(item)));
  while (device.path.ends_with('/')) device.path.pop_back();
  if (device.path.empty()) return hcl::fail_at(block.line, "an audit device needs a path: audit \"file\" \"name\" { }");
  device.path += '/';
  if (std::ranges::find(devices, device.path, &ConfiguredAuditDevice::path) != devices.end()) return hcl::fail_at(block.line, concat("two audit devices have the path ", device.path));
  devices.push_back(std::move(device));
  return {};
}

// One stanza in a text, in either of its names. A later text replaces what an earlier one said, as in Vault, and that is told:
// a server that opens another store than before looks as if it had lost everything.
Result<void> merge_storage(Config& config, const hcl::Value& root, std::string_view source) {
  auto stanzas = TRY(hcl::blocks(root, "storage", 1));
  std::ranges::move(TRY(hcl::blocks(root, "backend", 1)), std::back_inserter(stanzas));
  if (stanzas.empty()) return {};
  if (stanzas.size() > 1) return hcl::fail_at(stanzas[1].line, "only one \"storage\" block is permitted: take one of them out");
  if (config.storage) config.notes.push_back(concat("the storage of ", source, " replaces the one that was configured before it"));
  config.storage = TRY(read_storage(stanzas.front()));
  return {};
}

}  // namespace

Result<void> merge_config(Config& config, std::string_view text, std::string_view source) {
  auto merge = [&]() -> Result<void> {
    const hcl::Value root = TRY(hcl::parse(text));
    TRY(merge_storage(config, root, source));
    for (const auto& block : TRY(hcl::blocks(root, "telemetry"))) TRY(read_telemetry(block, config));
    for (const auto& block : TRY(hcl::blocks(root, "listener", 1))) config.listeners.push_back(TRY(read_listener(block, source, config.notes)));
    for (const auto& block : TRY(hcl::blocks(root, "audit", 2))) TRY(read_audit(block, config.audit_devices));
    for (const auto& block : TRY(hcl::blocks(root, "user_lockout", 1))) TRY(read_lockout(block, config.lockout));
    for (const auto& block : TRY(hcl::blocks(root, "seal", 1))) TRY(config.seals.add(block, config.notes));
    for (const auto& item : root.items) {
      const std::string& key = item.key;
      if (key == "storage" || key == "backend" || key == "listener" || key == "user_lockout" || key == "audit" || key == "seal" || key == "telemetry") continue;
      if (key == "cluster_name") config.cluster_name = TRY(hcl::to_text(item));
      else if (key == "api_addr") config.api_addr = TRY(hcl::to_text(item));
      else if (key == "default_lease_ttl") config.default_lease_ttl = TRY(seconds(item));
      else if (key == "max_lease_ttl") config.max_lease_ttl = TRY(seconds(item));
      else if (key == "log_level") {
        const auto level = parse_log_level(TRY(hcl::to_text(item)));
        if (!level) return refused(item, "must be trace, debug, info, warn or error");
        config.log_level = *level;
      } else if (key == "log_format") {
        const auto format = TRY(hcl::to_text(item));
        if (format != "json" && format != "standard") return refused(item, "must be standard or json");
        config.log_format = format == "json" ? LogFormat::json : LogFormat::standard;
      } else if (key == "log_file") config.log_file = TRY(hcl::to_text(item));
      else if (key == "pid_file") config.pid_file = TRY(hcl::to_text(item));
      else if (key == "raw_storage_endpoint") config.raw_storage_endpoint = TRY(hcl::to_flag(item));
      else if (key == "introspection_endpoint") config.introspection_endpoint = TRY(hcl::to_flag(item));
      else if (key == "unsafe_allow_api_audit_creation") config.audit_by_api = TRY(hcl::to_flag(item));
      else if (key == "allow_audit_log_prefixing") config.audit_prefix = TRY(hcl::to_flag(item));
      else if (key == "audit_require") {
        const auto require = TRY(hcl::to_text(item));
        if (require != "any" && require != "all") return refused(item, "must be any or all");
        config.audit_require = require == "all" ? AuditRequire::all : AuditRequire::any;
      } else if (key == "audit_folders") {
        config.audit_folders = TRY(hcl::to_texts(item));
        for (const auto& folder : config.audit_folders)
          if (!folder.starts_with('/')) return refused(item, "needs whole paths, which begin with a slash");
      } else if (key == "disable_mlock") config.disable_mlock = TRY(hcl::to_flag(item));
      else if (key == "io_threads") {
        const auto threads = TRY(hcl::to_integer(item));
        if (threads < 0 || threads > 256) return refused(item, "must lie between 0 (one a core) and 256");
        config.io_threads = static_cast<unsigned>(threads);
      } else if (harmless.contains(key)) config.notes.push_back(concat("\"", key, "\" has no effect"));
      else if (unenforced.contains(key)) return refused(item, "is not supported yet: take it out");
      else config.notes.push_back(unknown_field(item, source));
    }
    if (config.default_lease_ttl > config.max_lease_ttl) return fail(Code::invalid, "default_lease_ttl is longer than max_lease_ttl");
    return {};
  };
  const auto merged = merge();
  if (!merged) return fail(merged.error().code, concat(source, ": ", merged.error().message));
  return {};
}

Result<void> load_config(Config& config, const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return fail(Code::invalid, concat("cannot read the configuration ", path, ": ", std::strerror(errno), "; give -config a file that exists, or try -dev"));
    std::vector<std::string> files;
    if (S_ISDIR(info.st_mode)) {
      DIR* folder = opendir(path.c_str());
      if (!folder) return fail(Code::invalid, concat("cannot read the folder ", path, ": ", std::strerror(errno)));
      while (const dirent* entry = readdir(folder)) {
        const std::string_view name = entry->d_name;
        if (name.ends_with(".hcl") || name.ends_with(".json")) files.push_back(concat(path, "/", name));
      }
      closedir(folder);
      std::ranges::sort(files);
      if (files.empty()) return fail(Code::invalid, concat("no *.hcl or *.json in the folder ", path));
    } else {
      files.push_back(path);
    }
    for (const auto& file : files) {
      std::ifstream stream(file, std::ios::binary);
      std::stringstream text;
      text << stream.rdbuf();
      if (!stream) return fail(Code::invalid, concat("cannot read ", file));
      TRY(merge_config(config, text.str(), file));
    }
  }
  return config.seals.hear_environment();
}

}  // namespace sr::server
