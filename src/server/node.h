// One server, composed: loops, store, core, listeners, in the order in which they depend on each other.
#pragma once
#include <memory>
#include "core/core.h"
#include "http/v1.h"
#include "net/server.h"
#include "server/config.h"
#include "storage/table.h"

namespace sr::server {

class Node {
 public:
  // Opens the store, and sees that it can be opened with the seals of the configuration; nothing listens yet.
  static Result<std::unique_ptr<Node>> open(const Config& config, Log& log);
  ~Node();  // stops, if nobody did

  Result<void> start();
  void stop(std::chrono::milliseconds patience);
  void reload(const Config* config);  // TLS files and audit files; the headers of answers, unless null: the configuration cannot be read

  // For dev mode: initialized, unsealed, KV version 2 at secret/. The unseal key and the root token.
  struct Dev { std::string unseal_key, root_token; };
  Result<Dev> prepare_dev(const std::string& root_token);

  Core& core() { return *core_; }
  const std::vector<std::string>& addresses() const { return server_->addresses(); }

 private:
  Node(const Config& config, Log& log, std::unique_ptr<Table> table, Seals seals);

  Log& log_;
  SystemClock clock_;
  SystemRandom random_;
  net::Loops loops_;
  const Seals seals_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Core> core_;
  std::vector<std::unique_ptr<http::V1>> services_;  // one for each listener
  std::unique_ptr<net::Server> server_;
  bool running_ = false;
};

}  // namespace sr::server
