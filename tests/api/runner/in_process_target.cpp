#include "in_process_target.h"
#include <cctype>
#include "core/fakes.h"
#include "core/pieces.h"
#include "fakes/lender.h"
#include "http/http1.h"
#include "storage/static_seal.h"

namespace sr::api_test {
namespace {

class InProcessTarget final : public Target {
 public:
  explicit InProcessTarget(Faults* faults) : faults_(faults) { reset(Start::ready); }

  Result<Response> send(const Request& request) override {
    return faults_ ? send_with_fault(request) : send_once(request);
  }

  const std::string& root_token() const override { return root_token_; }
  bool meets(Need need) const override { return need != Need::each_once || !faults_; }
  void reset(Start start) override {
    world_.reset();
    auto table = std::make_unique<test::FlakyTable>(store_);
    table_ = table.get();
    test::World::Options options{.table = std::move(table)};
    options.initialised = start != Start::uninitialised && start != Start::static_seal;
    if (start == Start::static_seal) options.seals.in_use = seal_.get();
    options.raw_storage = options.introspection = start == Start::every_endpoint;
    if (start == Start::lender) options.prepare = [this](Core& core) { core.add_type(test::lender(bank_)); };
    world_ = std::make_unique<test::World>(std::move(options));
  }
  bool advance(std::chrono::seconds by) override {
    world_->advance(by);
    return true;
  }

 private:
  Result<Response> send_once(const Request& request) {
    http::RequestParser parser;
    const std::string bytes = on_the_wire(request);
    std::string_view left = bytes;
    const auto state = parser.feed(left);
    if (state == http::RequestParser::State::failed) return as_read(parser.refusal(), false);
    if (state != http::RequestParser::State::complete) return fail(Code::internal, "the parser waits for more of the request");
    http::Request parsed = parser.take();
    parsed.peer.address = "127.0.0.1";
    parsed.peer.port = 4711;
    if (http::V1::streams_body(parsed)) {
      const Buffer body = std::exchange(parsed.body, Buffer());
      parsed = test::as_upload(std::move(parsed), body.view());
    }
    return as_read(world_->serve(std::move(parsed)), parser.framing().head_only);
  }

  using Rows = std::map<std::string, std::string>;

  Result<Response> send_with_fault(const Request& request) {
    if (faults_->later > 0 && faults_->met > faults_->skip) return send_once(request);  // the script has gone another way
    const bool armed = faults_->later == 0 || faults_->met == faults_->skip;
    world_->core().sweep();  // no job of an earlier request is under way
    const Rows before = faults_->later == 0 ? rows() : Rows();
    const int writes_before = store_.writes;
    if (armed) store_.fail_after = faults_->later;
    auto answer = send_once(request);
    const bool failed = armed && store_.fail_after < 0;
    store_.fail_after = -1;
    if (failed || (!armed && store_.writes - writes_before > faults_->later)) ++faults_->met;
    if (!failed || !answer) return answer;
    const auto complain = [&](const std::string& what) {
      faults_->complaints.push_back(concat("commit ", std::to_string(faults_->later + 1), " of ", request.method, " ", request.target, " ", request.body, " failed: ", what, "\n"));
    };
    const bool was_a_job = faults_->later > 0 && answer->status < 300;
    if (was_a_job && !jobs_end()) complain("a job has not ended since");
    if (answer->status < 500 && !was_a_job) complain("it was answered " + std::to_string(answer->status));
    if (faults_->later == 0 && rows() != before) complain("it left something in the store");
    answer = send_once(request);
    if (answer && answer->status >= 500) complain(concat("and when it was sent again: ", std::to_string(answer->status), " ", answer->body));
    return answer;
  }
  bool jobs_end() {
    for (int i = 0; i < 3; ++i) world_->core().sweep();
    return std::ranges::none_of(rows(), [](const auto& row) { return row.first.contains("/job/"); });
  }
  Rows rows() const {
    Rows all;
    const auto snapshot = table_->snapshot();
    const auto keys = snapshot->list("", {.limit = SIZE_MAX}, Depth::all);
    SR_ASSERT(keys.has_value());
    for (const auto& key : *keys) {
      if (test::FlakyTable::is_by_itself(key)) continue;
      const auto row = snapshot->get(key, Tier::any);
      SR_ASSERT(row.has_value() && row->has_value());
      all.emplace(key, (*row)->bytes);
    }
    return all;
  }

  static std::string on_the_wire(const Request& request) {
    std::string bytes = request.method + " " + request.target + " HTTP/1.1\r\nHost: in-process\r\n";
    for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
    const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (has_body) bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    return bytes + "\r\n" + request.body;
  }

  static Result<Response> as_read(http::Response response, bool head_only) {
    Response read{.status = response.status};
    for (const auto& [name, value] : response.common) read.headers.emplace_back(name, value);
    for (auto& header : response.headers) read.headers.emplace_back(std::move(header.name), std::move(header.value));
    if (!head_only) read.body = response.download ? TRY(test::drain(*response.download)) : std::string(response.body.view());
    return read;
  }

  const std::string root_token_ = test::root_token;
  Faults* const faults_;
  test::FlakyTable::Switches store_;
  const test::FlakyTable* table_ = nullptr;
  const std::unique_ptr<AutoSeal> seal_ = *StaticSeal::make({"one", KeySecret(std::string(32, 'k'))});
  test::Bank bank_;  // outlives the server
  std::unique_ptr<test::World> world_;
};

}  // namespace

std::unique_ptr<Target> in_process_target(Faults* faults) { return std::make_unique<InProcessTarget>(faults); }

}  // namespace sr::api_test
