#include "in_process_target.h"
#include <cctype>
#include <future>
#include <latch>
#include "base/assert.h"
#include "base/log.h"
#include "http/http1.h"
#include "http/v1.h"
#include "server/registry.h"
#include "storage/committer.h"
#include "storage/memory_table.h"

namespace sr::api_test {
namespace {

constexpr const char* root_token_id = "root";

// A plain thread in place of an io_context.
class ThreadLoop final : public Loop {
 public:
  void post(Task task) override { inbox_.push(task); }

 private:
  Inbox<Task> inbox_{limits::requests * 4};
  Worker thread_{inbox_, [](Inbox<Task>& inbox) {
                   while (auto task = inbox.take()) (*task)();
                 }};
};

class World {
 public:
  explicit World(bool initialised) {
    Core::Options options;
    options.cluster_name = "in-process";
    options.sweeps = false;  // advance() does
    core_ = std::make_unique<Core>(Core::Parts{*store_, clock_, random_, log_}, std::move(options));
    server::register_everything(*core_);
    service_ = std::make_unique<http::V1>(*core_, http::V1::Options{});
    if (!initialised) return;
    Core::InitOptions init;
    init.seal.secret_shares = init.seal.secret_threshold = 1;
    init.root_token_id = root_token_id;
    const auto made = core_->initialize_now(std::move(init));
    SR_ASSERT(made.has_value() && core_->unseal(made->shares.front().reveal()).has_value());
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

  http::Response serve(http::Request request) {
    std::promise<http::Response> answered;
    loop_.post([&, request = std::move(request)]() mutable {
      service_->serve(loop_, std::move(request), [&](http::Response response) { answered.set_value(std::move(response)); });
    });
    return answered.get_future().get();
  }

  void advance(std::chrono::seconds by) {
    clock_.advance(by);
    core_->sweep();
  }

 private:
  FakeClock clock_;
  SystemRandom random_;
  Log log_{{.level = LogLevel::off}};
  std::unique_ptr<Store> store_ = std::make_unique<Committer>(memory_table());
  std::unique_ptr<Core> core_;
  std::unique_ptr<http::V1> service_;
  ThreadLoop loop_;  // last: its thread ends first
};

class InProcessTarget final : public Target {
 public:
  Result<Response> send(const Request& request) override {
    http::RequestParser parser;
    const std::string bytes = on_the_wire(request);
    std::string_view left = bytes;
    const auto state = parser.feed(left);
    if (state == http::RequestParser::State::failed) return as_read(parser.refusal(), false);
    if (state != http::RequestParser::State::complete) return fail(Code::internal, "the parser waits for more of the request");
    http::Request parsed = parser.take();
    parsed.peer.address = "127.0.0.1";
    parsed.peer.port = 4711;
    return as_read(world_->serve(std::move(parsed)), parser.framing().head_only);
  }

  const std::string& root_token() const override { return root_token_; }
  bool meets(Need) const override { return true; }
  void reset(bool initialised) override {
    world_.reset();
    world_ = std::make_unique<World>(initialised);
  }
  bool advance(std::chrono::seconds by) override {
    world_->advance(by);
    return true;
  }

 private:
  static std::string on_the_wire(const Request& request) {
    std::string bytes = request.method + " " + request.target + " HTTP/1.1\r\nHost: in-process\r\n";
    for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
    const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (has_body) bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return bytes + "\r\n" + request.body;
  }

  static Response as_read(http::Response response, bool head_only) {
    Response read{.status = response.status};
    for (auto& header : response.headers) read.headers.emplace_back(std::move(header.name), std::move(header.value));
    if (!head_only) read.body = response.body.view();
    return read;
  }

  const std::string root_token_ = root_token_id;
  std::unique_ptr<World> world_ = std::make_unique<World>(true);
};

}  // namespace

std::unique_ptr<Target> in_process_target() { return std::make_unique<InProcessTarget>(); }

}  // namespace sr::api_test
