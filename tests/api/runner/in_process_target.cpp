#include "in_process_target.h"
#include <cctype>
#include "core/world.h"
#include "http/http1.h"

namespace sr::api_test {
namespace {

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
    world_ = std::make_unique<test::World>(test::World::Options{.initialised = initialised});
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
    for (const auto& [name, value] : response.common) read.headers.emplace_back(name, value);
    for (auto& header : response.headers) read.headers.emplace_back(std::move(header.name), std::move(header.value));
    if (!head_only) read.body = response.body.view();
    return read;
  }

  const std::string root_token_ = test::root_token;
  std::unique_ptr<test::World> world_ = std::make_unique<test::World>();
};

}  // namespace

std::unique_ptr<Target> in_process_target() { return std::make_unique<InProcessTarget>(); }

}  // namespace sr::api_test
