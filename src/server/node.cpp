#include "server/node.h"
#include <latch>
#include "base/concat.h"
#include "server/registry.h"
#include "server/sanitized.h"
#include "storage/committer.h"
#include "storage/rocksdb_table.h"
#include "text/base64.h"

namespace sr::server {

Result<std::unique_ptr<Node>> Node::open(const Config& config, Log& log) {
  RocksDbOptions options;
  options.path = config.storage->path;
  options.in_memory = config.storage->type == "inmem";
  if (config.cache_bytes > 0) options.cache_bytes = config.cache_bytes;
  auto seals = TRY(Seals::make(config.seals, log));
  auto table = TRY(open_rocksdb_table(std::move(options)));
  auto node = std::unique_ptr<Node>(new Node(config, log, std::move(table), std::move(seals)));
  TRY(node->core_->seal_state().check());
  return node;
}

Node::Node(const Config& config, Log& log, std::unique_ptr<Table> table, Seals seals)
    : log_(log), loops_(config.io_threads > 0 ? config.io_threads : std::max(1u, std::thread::hardware_concurrency())),
      seals_(std::move(seals)), store_(std::make_unique<Committer>(std::move(table))) {
  Core::Options options;
  options.cluster_name = config.cluster_name;
  options.default_lease_ttl = config.default_lease_ttl;
  options.max_lease_ttl = config.max_lease_ttl;
  options.lockout = config.lockout;
  options.telemetry = {.prefix = config.metrics_prefix, .prometheus_retention = config.prometheus_retention};
  options.api_address = config.api_addr;
  options.audit_require = config.audit_require;
  options.audit_devices = config.audit_devices;
  options.audit_by_api = config.audit_by_api;
  options.introspection = config.introspection_endpoint;
  options.raw_storage = config.raw_storage_endpoint;
  options.sanitized_config = sanitized(config);
  for (const auto& listener : config.listeners)
    for (const auto& [status, headers] : listener.http.custom_headers)
      for (const auto& header : headers) options.response_headers.push_back(header.name);
  core_ = std::make_unique<Core>(Core::Parts{*store_, clock_, random_, log_, seals_.choice()}, std::move(options));
  std::string folder = config.storage->path;
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  AuditRules audit{.folders = config.audit_folders, .prefix = config.audit_prefix};
  if (!folder.empty()) audit.forbidden_folders.push_back(folder);
  register_everything(*core_, audit);
  std::vector<net::ListenerOptions> listeners;
  for (const auto& listener : config.listeners) {
    services_.push_back(std::make_unique<http::V1>(*core_, listener.http));
    listeners.push_back(listener.net);
    listeners.back().service = services_.back().get();
    listeners.back().limits.streams_body = &http::V1::streams_body;
  }
  server_ = std::make_unique<net::Server>(loops_, *services_.front(), log_, net::Server::Options{.listeners = std::move(listeners)});
}

Node::~Node() { stop(std::chrono::milliseconds(0)); }

Result<void> Node::start() {
  TRY(server_->start());
  running_ = true;
  core_->begin_unsealing();
  return {};
}

void Node::stop(std::chrono::milliseconds patience) {
  if (core_) core_->monitors().stop();  // or who follows the log would be waited for
  if (running_) server_->stop(patience);
  running_ = false;
  if (!core_) return;
  core_->end_unsealing();
  core_->drain();
  core_->close();
  loops_.wait_for_those_away();
  // What the loops' threads still hold of the core's state, they let go of now: the core ends before they do.
  std::latch let_go(static_cast<std::ptrdiff_t>(loops_.size()));
  for (std::size_t i = 0; i < loops_.size(); ++i)
    loops_[i].post([&] {
      core_->let_go();
      let_go.count_down();
    });
  let_go.wait();
  server_.reset();
  services_.clear();
  core_.reset();
  store_.reset();
}

void Node::reload(const Config* config) {
  // Listeners are told apart by their order: others than before need a restart.
  if (config && config->listeners.size() == services_.size())
    for (std::size_t i = 0; i < services_.size(); ++i) services_[i]->set_custom_headers(config->listeners[i].http.custom_headers);
  if (const auto reloaded = server_->reload_tls(); !reloaded) log_.error("server", "TLS files not taken over, going on with the old ones", {{"why", reloaded.error().message}});
  if (config) core_->audit().require(config->audit_require);
  core_->audit().reopen();
}

Result<Node::Dev> Node::prepare_dev(const std::string& root_token) {
  Core::InitOptions init;
  init.seal.secret_shares = init.seal.secret_threshold = 1;
  init.root_token_id = root_token;
  const auto made = TRY(core_->initialize_now(std::move(init)));
  if (seals_.in_use) core_->unsealer().unseal_now();
  else TRY(core_->unseal(made.shares.front().reveal()));
  Transaction transaction(*store_, &core_->barrier());
  transaction.go_on(Tier::any);
  TRY(core_->mounts().enable(transaction, {.path = "secret/", .type = "kv", .description = "key/value secret storage", .options = {{"version", "2"}}}));
  if (const auto committed = commit_and_wait(*store_, TRY(transaction.take_batch())); !committed) return fail(Code::internal, "secret/ could not be mounted");
  return Dev{base64::encode(made.shares.front().reveal()), std::string(made.root_token.reveal())};
}

}  // namespace sr::server
