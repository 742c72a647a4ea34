// A whole server in this process, without its network: a core on a table of the test's choice, a clock that stands still, the /v1
// envelope, and one loop. Requests go in as the HTTP layer hands them on, many at a time if wanted.
#pragma once
#include <future>
#include <latch>
#include "base/assert.h"
#include "base/log.h"
#include "http/v1.h"
#include "net/loops.h"
#include "server/registry.h"
#include "storage/committer.h"
#include "storage/memory_table.h"
#include "text/base64.h"

namespace sr::test {

constexpr const char* root_token = "root";

class World {
 public:
  struct Options {
    bool initialised = true;
    std::unique_ptr<Table> table = memory_table();
    bool introspection = false;
    SealChoice seals{};
    bool raw_storage = false;
    std::function<void(Core&)> prepare{};  // before the first request: further types
    std::string log_file{};                // with all that is logged; empty: nothing is
  };
  World() : World(Options{}) {}
  explicit World(Options options)
      : log_({.level = options.log_file.empty() ? LogLevel::off : LogLevel::trace, .file = options.log_file}), store_(std::make_unique<Committer>(std::move(options.table))) {
    Core::Options core_options;
    core_options.cluster_name = "in-process";
    core_options.introspection = options.introspection;
    core_options.raw_storage = options.raw_storage;
    core_options.sweeps = false;  // advance() does
    core_options.unseal_pace = {.retry_first = std::chrono::milliseconds(1), .retry_most = std::chrono::milliseconds(4)};
    core_ = std::make_unique<Core>(Core::Parts{*store_, clock_, random_, log_, options.seals}, std::move(core_options));
    server::register_everything(*core_);
    if (options.prepare) options.prepare(*core_);
    service_ = std::make_unique<http::V1>(*core_, http::V1::Options{});
    if (!options.initialised) return;
    Core::InitOptions init;
    init.seal.secret_shares = init.seal.secret_threshold = 1;
    init.root_token_id = root_token;
    auto made = core_->initialize_now(std::move(init));
    SR_ASSERT(made.has_value());
    unseal_key_ = made->shares.front().copy();
    SR_ASSERT(core_->unseal(unseal_key_.reveal()).has_value());
  }
  ~World() {
    core_->drain();
    core_->close();
    std::latch let_go(1);
    loop_.post([&] {
      core_->let_go();
      let_go.count_down();
    });
    let_go.wait();
  }

  // Sends all at once and waits for all answers, in the order of the requests. `seen` runs on the loop with each answer.
  std::vector<http::Response> serve_all(std::vector<http::Request> requests, std::function<void(const http::Response&)> seen = {}) {
    std::vector<http::Response> responses(requests.size());
    std::latch left(static_cast<std::ptrdiff_t>(requests.size()));
    for (std::size_t i = 0; i < requests.size(); ++i)
      loop_.post([&, i, request = std::move(requests[i])]() mutable {
        service_->serve(loop_, std::move(request), [&, i](http::Response response) {
          if (seen) seen(response);
          responses[i] = std::move(response);
          left.count_down();
        });
      });
    left.wait();
    return responses;
  }
  // As it comes in through a listener of other manners.
  http::Response serve_by(http::Service& listener, http::Request request) {
    std::promise<http::Response> promise;
    loop_.post([&] { listener.serve(loop_, std::move(request), [&](http::Response response) { promise.set_value(std::move(response)); }); });
    return promise.get_future().get();
  }
  http::Response serve(http::Request request) {
    std::vector<http::Request> one;
    one.push_back(std::move(request));
    return std::move(serve_all(std::move(one)).front());
  }

  static http::Request request(std::string method, std::string_view path, std::string_view body = {}, std::string_view token = root_token) {
    http::Request request;
    request.method = std::move(method);
    request.target = "/v1/" + std::string(path);
    if (!token.empty()) request.headers.push_back({"X-Vault-Token", std::string(token)});
    if (request.method == "PATCH") request.headers.push_back({"Content-Type", "application/merge-patch+json"});
    request.body.append(body);
    request.peer = {.address = "127.0.0.1", .port = 4711};
    return request;
  }
  http::Response ask(std::string method, std::string_view path, std::string_view body = {}, std::string_view token = root_token) {
    return serve(request(std::move(method), path, body, token));
  }
  // A member of the answer, by its path ("auth.client_token"); fails when it is not there.
  std::string value(const http::Response& response, std::string_view path) {
    Arena arena;
    auto parsed = json::parse(arena, response.body.view());
    SR_ASSERT(parsed.has_value());
    const json::Value* at = *parsed;
    while (!path.empty() && at) {
      const auto dot = std::min(path.find('.'), path.size());
      at = at->find(path.substr(0, dot));
      path.remove_prefix(std::min(dot + 1, path.size()));
    }
    SR_ASSERT(at);
    return std::string(at->text);
  }

  // How many names a LIST answered with.
  std::size_t keys(const http::Response& response) {
    Arena arena;
    auto parsed = json::parse(arena, response.body.view());
    SR_ASSERT(parsed.has_value() && (*parsed)->find("data") && (*parsed)->find("data")->find("keys"));
    return (*parsed)->find("data")->find("keys")->items.size();
  }

  void advance(std::chrono::seconds by) {
    clock_.advance(by);
    core_->sweep();
  }
  Core& core() { return *core_; }
  const Secret& unseal_key() const { return unseal_key_; }

 private:
  FakeClock clock_;
  SystemRandom random_;
  Log log_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Core> core_;
  std::unique_ptr<http::V1> service_;
  Secret unseal_key_;
  net::Loops loops_{1};  // last: its thread ends first
  Loop& loop_ = loops_[0];
};

}  // namespace sr::test
