#include "server/listener_config.h"
#include <set>
#include "base/concat.h"

namespace sr::server {
namespace {

using hcl::Item;

// What has no effect here and does no harm.
const std::set<std::string, std::less<>> harmless{
    "cluster_address", "profiling", "disable_replication_status_endpoints", "disable_request_limiter",
    "tls_prefer_server_cipher_suites", "redact_addresses", "redact_cluster_name", "redact_version", "max_request_json_memory", "max_request_json_strings",
    "max_json_depth", "max_json_string_value_length", "max_json_object_entry_count", "max_json_array_element_count", "tls_auto_reload", "tls_auto_reload_interval"};
// What would protect or admit somewhere else and does not here.
const std::set<std::string, std::less<>> unenforced{"chroot_namespace", "purpose", "role", "agent_api", "proxy_api"};

std::unexpected<Error> refused(const Item& item, std::string_view why) { return hcl::fail_at(item.line, concat("\"", item.key, "\" ", why)); }

std::string with_port(std::string address) {
  const auto bracket = address.rfind(']');
  const auto colon = address.rfind(':');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos ? address.find(':') == colon : colon > bracket);
  return has_port ? address : address + ":8200";
}

// A time of 0 leaves what is the default here: nothing waits without end.
Result<void> read_time(const Item& item, net::Deadlines::Time& into) {
  const auto time = std::chrono::floor<net::Deadlines::Time>(TRY(hcl::to_duration(item)));
  if (time < net::Deadlines::Time(0)) return refused(item, "cannot be negative");
  if (time > net::Deadlines::Time(0)) into = time;
  return {};
}

Result<std::vector<Cidr>> read_networks(const Item& item) {
  std::vector<Cidr> networks;
  for (const auto& text : TRY(hcl::to_texts(item))) {
    auto network = Cidr::parse(text);
    if (!network) return refused(item, concat("has \"", text, "\", which is neither an address nor a network"));
    networks.push_back(std::move(*network));
  }
  return networks;
}

// A block, or the one object of a list: JSON has both.
Result<const hcl::Value*> object_of(const Item& item) {
  const hcl::Value* value = &item.value;
  if (value->is_list() && value->list.size() == 1) value = &value->list.front();
  if (!value->is_object()) return refused(item, "must be a block");
  return value;
}

// custom_response_headers { "default" = { "X-Frame-Options" = ["DENY"] } }: the values of one header are joined, as in Vault.
Result<http::CustomHeaders> read_custom_headers(const Item& stanza) {
  http::CustomHeaders custom;
  for (const auto& status : TRY(object_of(stanza))->items) {
    for (const auto& header : TRY(object_of(status))->items) {
      if (!header.value.is_list()) return refused(header, "must be a list of strings");
      http::Header made{header.key, {}};
      for (const auto& value : header.value.list) {
        if (value.type != hcl::Type::string) return refused(header, "must be a list of strings");
        if (!value.text.empty()) made.value += (made.value.empty() ? "" : "; ") + value.text;
      }
      custom[status.key].push_back(std::move(made));
    }
  }
  if (const auto checked = check(custom); !checked) return hcl::fail_at(stanza.line, checked.error().message);
  return custom;
}

// One item; false when the key is not one of these.
Result<bool> read_tls(const Item& item, net::TlsOptions& tls) {
  const std::string& key = item.key;
  if (key == "tls_cert_file") tls.cert_file = TRY(hcl::to_text(item));
  else if (key == "tls_key_file") tls.key_file = TRY(hcl::to_text(item));
  else if (key == "tls_min_version") tls.min_version = TRY(net::parse_tls_version(TRY(hcl::to_text(item))));
  else if (key == "tls_max_version") tls.max_version = TRY(net::parse_tls_version(TRY(hcl::to_text(item))));
  else if (key == "tls_cipher_suites") tls.cipher_suites = TRY(hcl::to_text(item));
  else if (key == "tls_client_ca_file") tls.client_ca_file = TRY(hcl::to_text(item));
  else if (key == "tls_require_and_verify_client_cert") {
    if (TRY(hcl::to_flag(item))) tls.client_certificates = net::ClientCertificates::require;
  } else if (key == "tls_disable_client_certs") {
    if (TRY(hcl::to_flag(item))) tls.client_certificates = net::ClientCertificates::none;
  } else return false;
  return true;
}

Result<bool> read_http(const Item& item, ListenerConfig& config) {
  const std::string& key = item.key;
  auto& deadlines = config.net.deadlines;
  if (key == "http_idle_timeout") TRY(read_time(item, deadlines.idle));
  else if (key == "http_read_header_timeout") TRY(read_time(item, deadlines.head));
  else if (key == "http_read_timeout") TRY(read_time(item, deadlines.body));
  else if (key == "http_write_timeout") TRY(read_time(item, deadlines.write));
  else if (key == "max_request_duration") TRY(read_time(item, deadlines.service));
  else if (key == "max_request_size") {
    const auto bytes = TRY(hcl::to_integer(item));
    if (bytes < 0) return refused(item, "must be positive");
    if (bytes > 0) config.net.limits.body_bytes = static_cast<std::size_t>(bytes);
  } else if (key == "require_request_header") config.http.require_request_header = TRY(hcl::to_flag(item));
  else if (key == "custom_response_headers") config.http.custom_headers = TRY(read_custom_headers(item));
  else if (key == "x_forwarded_for_authorized_addrs") config.http.forwarded.authorized = TRY(read_networks(item));
  else if (key == "x_forwarded_for_hop_skips") {
    const auto hops = TRY(hcl::to_integer(item));
    if (hops < 0) return refused(item, "cannot be negative");
    config.http.forwarded.hop_skips = static_cast<std::size_t>(hops);
  } else if (key == "x_forwarded_for_reject_not_present") config.http.forwarded.reject_not_present = TRY(hcl::to_flag(item));
  else if (key == "x_forwarded_for_reject_not_authorized") config.http.forwarded.reject_not_authorized = TRY(hcl::to_flag(item));
  else return false;
  return true;
}

Result<bool> read_proxy(const Item& item, std::optional<net::ProxyRules>& proxy) {
  if (item.key == "proxy_protocol_behavior") {
    if (!proxy) proxy.emplace();
    proxy->from = TRY(net::parse_proxy_behavior(TRY(hcl::to_text(item))));
    return true;
  }
  if (item.key != "proxy_protocol_authorized_addrs") return false;
  if (!proxy) proxy.emplace();
  proxy->authorized = TRY(read_networks(item));
  return true;
}
// Networks alone switch nothing on, as in Vault; a behaviour that asks for networks needs some.
Result<void> settle_proxy(const hcl::Block& block, std::optional<net::ProxyRules>& proxy) {
  if (!block.body->find("proxy_protocol_behavior")) proxy.reset();
  if (proxy && proxy->from != net::ProxyRules::From::anyone && proxy->authorized.empty())
    return hcl::fail_at(block.line, "proxy_protocol_behavior set to allow or deny only authorized addresses but no proxy_protocol_authorized_addrs value");
  return {};
}

Result<bool> read_unix(const Item& item, net::UnixSocketOptions& socket) {
  if (item.key == "socket_mode") socket.mode = TRY(hcl::to_text(item));
  else if (item.key == "socket_user") socket.user = TRY(hcl::to_text(item));
  else if (item.key == "socket_group") socket.group = TRY(hcl::to_text(item));
  else return false;
  return true;
}

// telemetry { unauthenticated_metrics_access = true } and the like: a block with one flag in it.
Result<bool> read_flag_in(const Item& stanza, std::string_view name, std::vector<std::string>& notes) {
  bool flag = false;
  for (const auto& item : TRY(object_of(stanza))->items) {
    if (item.key == name) flag = TRY(hcl::to_flag(item));
    else if (item.key == "disallow_metrics" || item.key == "metrics_only" || item.key == "metrics_path") return refused(item, "is not supported yet: take it out");
    else notes.push_back(concat("listener: ", stanza.key, ": \"", item.key, "\" has no effect"));
  }
  return flag;
}

bool protects(std::string_view key) { return unenforced.contains(key) || key.starts_with("tls_acme_") || key.starts_with("x_forwarded_for_client_cert"); }

}  // namespace

std::string unknown_field(const Item& item, std::string_view source) {
  return concat("unknown or unsupported field ", item.key, " found in configuration at ", source, ":", std::to_string(item.line));
}

Result<ListenerConfig> read_listener(const hcl::Block& block, std::string_view source, std::vector<std::string>& notes) {
  const std::string& type = block.labels.front();
  if (type != "tcp" && type != "unix") return hcl::fail_at(block.line, concat("unknown listener type \"", type, "\": use \"tcp\" or \"unix\""));
  const bool is_unix = type == "unix";
  ListenerConfig config;
  config.net.address = is_unix ? "/run/vault.sock" : "127.0.0.1:8200";
  if (is_unix) config.net.unix_socket.emplace();
  net::TlsOptions tls;
  bool tls_disabled = false;
  for (const auto& item : block.body->items) {
    if (item.key == "address") config.net.address = is_unix ? TRY(hcl::to_text(item)) : with_port(TRY(hcl::to_text(item)));
    else if (item.key == "tls_disable") tls_disabled = TRY(hcl::to_flag(item));
    else if (TRY(read_tls(item, tls)) || TRY(read_http(item, config)) || TRY(read_proxy(item, config.net.proxy))) continue;
    else if (is_unix && TRY(read_unix(item, *config.net.unix_socket))) continue;
    else if (item.key == "disable_unauthed_rekey_endpoints") config.http.no_rekey = TRY(hcl::to_flag(item));
    else if (item.key == "disable_unauthed_generate_root_endpoints") config.http.no_generate_root = TRY(hcl::to_flag(item));
    else if (item.key == "telemetry") config.http.open_metrics = TRY(read_flag_in(item, "unauthenticated_metrics_access", notes));
    else if (item.key == "inflight_requests_logging") config.http.open_in_flight = TRY(read_flag_in(item, "unauthenticated_in_flight_requests_access", notes));
    else if (protects(item.key)) return refused(item, "is not supported by this listener yet: take it out");
    else if (harmless.contains(item.key)) notes.push_back(concat("listener: \"", item.key, "\" has no effect"));
    else notes.push_back(unknown_field(item, source));
  }
  TRY(settle_proxy(block, config.net.proxy));
  if ((is_unix || tls_disabled) && tls.client_certificates == net::ClientCertificates::require)
    return hcl::fail_at(block.line, "tls_require_and_verify_client_cert asks for certificates on a listener without TLS: take it out, or set up TLS");
  if (is_unix || tls_disabled) return config;  // on a unix socket nobody listens in between
  if (tls.cert_file.empty() || tls.key_file.empty()) return hcl::fail_at(block.line, "listener \"tcp\" needs tls_cert_file and tls_key_file, or tls_disable = true");
  config.net.tls = std::move(tls);
  return config;
}

}  // namespace sr::server
