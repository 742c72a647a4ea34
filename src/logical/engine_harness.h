// Plays calls on one engine, as the core would: match, decode, existence check, handler, commit, and again after a lost
// race. For tests of engines and auth methods; there is no token, no policy and no audit here.
//
//   EngineHarness kv(kv::version_2());
//   auto answer = kv.call(Op::update, "data/app", R"({"data": {"a": 1}})");
//   EXPECT_EQ(answer.status, 200);
//
// Any thread may call; the clock stands still until it is told to move.
#pragma once
#include "base/concat.h"
#include "crypto/hmac.h"
#include "logical/spec.h"
#include "storage/committer.h"
#include "storage/memory_table.h"
#include "text/cidr.h"
#include "text/hex.h"

namespace sr {

class FakeHost final : public Host {
 public:
  explicit FakeHost(StringMap options = {}) : options_(std::move(options)) {}

  FakeClock clock;

  Time now() const override { return clock.now(); }
  Random& random() const override { return random_; }
  Seconds ttl_default() const override { return limits::default_lease_ttl; }
  Seconds ttl_max() const override { return limits::max_lease_ttl; }
  std::string_view mount_path() const override { return "mount/"; }
  std::string_view mount_accessor() const override { return "mount_accessor"; }
  std::string_view option(std::string_view name) const override {
    const auto found = options_.find(name);
    return found == options_.end() ? std::string_view() : std::string_view(found->second);
  }
  Result<std::string> keyed_hash(std::string_view purpose, std::string_view text) const override {
    const auto digest = key_(concat(purpose, std::string_view("\0", 1), text));
    return hex::encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }
  bool admits(const Strings& cidrs, std::string_view address) const override {
    const auto from = IpAddress::parse(address);
    return cidrs.empty() || std::ranges::any_of(cidrs, [&](const std::string& text) {
      const auto cidr = Cidr::parse(text);
      return cidr && from && cidr->contains(*from);
    });
  }

 private:
  mutable SystemRandom random_;
  const StringMap options_;
  const HmacSha256 key_{"a key for tests"};
};

class EngineHarness {
 public:
  struct Answer {
    int status = 0;
    std::string data{};            // JSON, "" for none
    std::string error{};
    Strings warnings{};
    std::optional<Login> login{};
    Op op = Op::read;              // create or update, as the existence check had it

    // The text of a string in the data, wherever it is: enough for ids.
    std::string text(std::string_view name) const {
      const auto key = concat("\"", name, "\":\"");
      const auto start = data.find(key);
      return start == std::string::npos ? std::string() : data.substr(start + key.size(), data.find('"', start + key.size()) - start - key.size());
    }
  };

  explicit EngineHarness(Spec spec, StringMap options = {})
      : spec_(std::move(spec)), host_(options), engine_(spec_.make({"uuid", options})), store_(memory_table()) {}

  FakeClock& clock() { return host_.clock; }
  Store& store() { return store_; }
  int conflicts() const { return conflicts_; }

  Answer call(Op op, std::string_view path, std::string_view body = {}, std::string_view address = "127.0.0.1") {
    Arena arena;
    const json::Value* parsed = nullptr;
    if (!body.empty()) {
      const auto tree = json::parse(arena, body);
      if (!tree) return {.status = 400, .error = tree.error().message};
      parsed = *tree;
    }
    std::string inside(path);
    if (op == Op::list && !inside.ends_with('/')) inside += '/';
    const auto found = match(spec_, inside);
    if (!found) return {.status = 404, .error = "unsupported path"};
    const auto fields = decode_fields(found->route->fields, found->captured, parsed, arena);
    if (!fields) return {.status = 400, .error = fields.error().message};
    return transact([&](Transaction& transaction) { return run(transaction, *found->route, op, inside, *fields, parsed, arena, address); });
  }

  // The renewal of a token that a login made.
  Result<Login> renew(std::string_view renew_with) {
    Arena arena;
    const CallerInfo caller;
    const Fields fields;
    const Call::Parts parts{Op::update, "", fields, nullptr, arena, caller, host_};
    Transaction transaction(store_, nullptr);
    transaction.go_on(Tier::any);
    Call call(parts, view(transaction));
    return spec_.renew(*engine_, call, renew_with);
  }

  // All keys that are stored, to see that no secret is among them.
  std::vector<std::string> keys() const { return store_.snapshot()->list("", {}, Depth::all).value(); }

 private:
  static View view(Transaction& transaction) { return View::mount(transaction, NamespaceId("root"), "uuid"); }

  template <class Run> Answer transact(Run run_once) {
    for (;;) {
      Transaction transaction(store_, nullptr);
      transaction.go_on(Tier::any);
      Answer answer = run_once(transaction);
      if (!transaction.has_writes()) return answer;
      const auto committed = commit_and_wait(store_, transaction.take_batch().value());
      if (committed) return answer;
      if (!committed.error().conflict) return {.status = http_status(committed.error().error.code), .error = committed.error().error.message};
      ++conflicts_;
    }
  }

  Answer run(Transaction& transaction, const Route& route, Op op, std::string_view inside, const Fields& fields, const json::Value* body,
             Arena& arena, std::string_view address) {
    CallerInfo caller;
    caller.address = address;
    if (op == Op::update && route.exists) {
      const Call::Parts parts{op, inside, fields, body, arena, caller, host_};
      Call call(parts, view(transaction));
      const auto exists = route.exists(*engine_, call);
      if (!exists) return failed(op, exists.error());
      if (!*exists) op = Op::create;
    }
    const Verb* verb = verb_of(route, op);
    if (!verb) return {.status = 405, .error = "unsupported operation"};
    const Call::Parts parts{op, inside, fields, body, arena, caller, host_};
    Call call(parts, view(transaction));
    auto reply = verb->run(*engine_, call);
    if (!reply) {
      transaction.discard_writes();
      return failed(op, reply.error());
    }
    if (reply->refused()) return failed(op, *reply->refused());
    Answer answer{.status = reply->status(), .data = {}, .error = {}, .warnings = reply->warnings(), .login = reply->login(), .op = op};
    const bool says_nothing = reply->is_nil() && reply->warnings().empty();
    answer.data = std::string(reply->take_data().view());
    if (answer.status == 0) answer.status = !says_nothing ? 200 : op == Op::read || op == Op::list ? 404 : 204;
    return answer;
  }

  static Answer failed(Op op, const Error& error) { return {.status = http_status(error.code), .error = error.message, .op = op}; }

  const Spec spec_;
  FakeHost host_;
  const std::unique_ptr<Engine> engine_;
  Committer store_;
  std::atomic<int> conflicts_ = 0;
};

}  // namespace sr
