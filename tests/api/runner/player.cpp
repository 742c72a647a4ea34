#include "player.h"
#include <algorithm>
#include <charconv>
#include <thread>
#include "base/random.h"
#include "names.h"
#include "pattern.h"
#include "text/json.h"

namespace sr::api_test {
namespace {

template <class... Ts> struct Overload : Ts... { using Ts::operator()...; };

std::string cut(std::string_view text, std::size_t most = 600) {
  return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + "... (" + std::to_string(text.size()) + " bytes)";
}

// How the answer misses what was expected, or nothing.
Result<std::string> compare(const Expectation& expected, const Response& got, const Names& names) {
  if (got.status != expected.status) {
    return "status: expected " + std::to_string(expected.status) + ", got " + std::to_string(got.status);
  }
  for (const auto& [name, wanted] : expected.headers) {
    const std::string* value = got.header(name);
    if (wanted == "absent") {
      if (value) return "header " + name + ": expected none, got " + *value;
      continue;
    }
    if (!value) return "header " + name + ": missing";
    const std::string text = TRY(names.expand(wanted));
    const bool like = text.starts_with('~');
    const Pattern pattern{.kind = like ? Pattern::Kind::string_like : Pattern::Kind::string, .text = like ? text.substr(1) : text};
    if (auto miss = text_difference(pattern, *value, "header " + name); !miss.empty()) return miss;
  }
  if (expected.pattern.empty()) return std::string();
  const std::string text = TRY(names.expand_json(expected.pattern));
  Pattern pattern = TRY(parse_pattern(text));
  if (expected.raw) return text_difference(pattern, got.body, "body");
  // A string or an array is short for the whole body of an error.
  const bool text_of_error = pattern.kind == Pattern::Kind::string || pattern.kind == Pattern::Kind::string_like;
  if (text_of_error) {
    Pattern list{.kind = Pattern::Kind::array};
    list.items.push_back(std::move(pattern));
    pattern = std::move(list);
  }
  if (pattern.kind == Pattern::Kind::array) {
    Pattern whole{.kind = Pattern::Kind::object};
    whole.keys.emplace_back("errors");
    whole.items.push_back(std::move(pattern));
    pattern = std::move(whole);
  }
  Arena arena;
  const auto value = json::parse(arena, got.body);
  if (!value) return "body: not JSON: " + value.error().message;
  return difference(pattern, **value);
}

// One script on its way. Everything it makes is named with a prefix of its own, so that it can be swept away afterwards.
class Play {
 public:
  Play(const Script& script, Target& target, const PlayerOptions& options, Tally& tally)
      : script_(script), target_(target), options_(options), tally_(tally) {
    SystemRandom random;
    run_ = "t" + random_base62(random, 6);
    for (char& c : run_) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));  // policies fold case
    names_.set("run", run_);
    names_.set("root", target.root_token());
  }

  void whole() {
    ++tally_.scripts;
    Start start = Start::ready;
    for (const Statement& statement : script_.statements)
      if (const auto* need = std::get_if<NeedStep>(&statement.step)) start = start_for(need->need).value_or(start);
    target_.reset(start);
    for (const Statement& statement : script_.statements) {
      if (stopped_) break;
      line_ = statement.line;
      const bool expects = std::holds_alternative<ExpectStep>(statement.step);
      if (!expects) require_success();
      const Result<void> done = std::visit([this](const auto& step) { return this->step(step); }, statement.step);
      if (!done) {
        failure(done.error().message);
        break;
      }
    }
    require_success();
    sweep();
  }

 private:
  // ---- steps ------------------------------------------------------------------------------------------------------------
  Result<void> step(const RequestStep& step) {
    Request request{.method = step.method, .target = TRY(names_.expand(step.path))};
    if (!request.target.starts_with('/')) request.target = "/v1/" + request.target;
    request.body = TRY(names_.expand_json(step.body));
    if (step.caller != "nobody") {
      request.headers.emplace_back("X-Vault-Token", TRY(names_.get(step.caller.empty() ? "root" : step.caller)));
    }
    if (step.method == "PATCH") request.headers.emplace_back("Content-Type", "application/merge-patch+json");
    for (const auto& [name, value] : step.headers) {
      std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
      if (value != "absent") request.headers.emplace_back(name, TRY(names_.expand(value)));
    }
    return send(std::move(request));
  }

  Result<void> step(const ExpectStep& step) {
    if (!sent_) return fail(Code::invalid, "nothing was asked before this answer");
    unchecked_ = false;
    const std::string ours = TRY(compare(step.ours, got_, names_));
    if (!options_.other_server || step.entry.empty()) {
      if (ours.empty()) ++tally_.agreed;
      else failure(ours);
      return {};
    }
    TRY(known_entry(step.entry));
    const std::string theirs = TRY(compare(step.theirs, got_, names_));
    if (!theirs.empty()) failure("[bao " + step.entry + "] " + theirs);
    else if (ours.empty()) failure("[bao " + step.entry + "] states a difference, but our own line fits as well");
    else ++tally_.differs_as_stated;
    return {};
  }

  Result<void> step(const LetStep& step) {
    std::string_view source = step.source;
    if (source.starts_with('.')) {
      names_.set(step.name, TRY(pick(TRY(names_.expand(source)), got_.body)));
      return {};
    }
    if (source == "body") {
      names_.set(step.name, got_.body);
      return {};
    }
    const bool repeated = source.starts_with("repeat ");
    const auto first = source.find('"'), last = source.rfind('"');
    if (first == source.npos || last == first) return fail(Code::invalid, "expected .path, body, \"text\" or repeat \"text\" count");
    const std::string quoted = TRY(names_.expand(source.substr(first, last - first + 1)));
    Arena arena;
    const json::Value* text = TRY(json::parse(arena, quoted));
    std::string value(text->text);  // a copy: the tree borrows from the text
    if (repeated) {
      int count = 0;
      const std::string_view digits = source.substr(std::min(last + 2, source.size()));
      if (std::from_chars(digits.data(), digits.data() + digits.size(), count).ec != std::errc{}) return fail(Code::invalid, "repeat needs a count");
      const std::string piece = std::exchange(value, {});
      while (count-- > 0) value += piece;
    }
    names_.set(step.name, std::move(value));
    return {};
  }

  Result<void> step(const MountStep& step) {
    const std::string path = run_ + "-" + step.name;
    std::string body = TRY(names_.expand(step.body));
    const auto brace = body.find('{');
    body = R"({"type":")" + step.type + '"' + (brace == body.npos ? "}" : "," + body.substr(brace + 1));
    TRY(make("POST", std::string(step.auth ? "sys/auth/" : "sys/mounts/") + path, body));
    names_.set(step.name, path);
    if (options_.other_server) TRY(wait_until_ready(path));
    return {};
  }

  Result<void> step(const PolicyStep& step) {
    const std::string text = TRY(names_.expand(step.text));
    TRY(make("POST", "sys/policies/acl/" + run_ + "-" + step.name, json::Object().set("policy", text).text()));
    names_.set(step.name, run_ + "-" + step.name);
    return {};
  }

  Result<void> step(const TokenStep& step) {
    const std::string body = TRY(names_.expand(step.body));
    TRY(make("POST", "auth/token/create", body.empty() ? "{}" : body));
    names_.set(step.name, TRY(pick(".auth.client_token", got_.body)));
    names_.set(step.name + "_accessor", TRY(pick(".auth.accessor", got_.body)));
    return {};
  }

  Result<void> step(const AdvanceStep& step) {
    if (!target_.advance(step.by)) leave_out("its clock cannot be moved by " + std::to_string(step.by.count()) + " s");
    return {};
  }

  static std::optional<Start> start_for(Need need) {
    switch (need) {
      case Need::uninitialised: return Start::uninitialised;
      case Need::static_seal: return Start::static_seal;
      case Need::every_endpoint: return Start::every_endpoint;
      case Need::lender: return Start::lender;
      case Need::own_server:
      case Need::each_once: break;
    }
    return {};
  }

  Result<void> step(const NeedStep& step) {
    if (target_.meets(step.need)) return {};
    switch (step.need) {
      case Need::own_server: leave_out("needs a server of its own"); break;
      case Need::uninitialised: leave_out("needs a server that is not initialised"); break;
      case Need::static_seal: leave_out("needs a server with a static seal that is not initialised"); break;
      case Need::each_once: leave_out("needs each request to be sent once"); break;
      case Need::every_endpoint: leave_out("needs a server with sys/raw and sys/internal/inspect"); break;
      case Need::lender: leave_out("needs the tests' own engine that lends"); break;
    }
    return {};
  }

  Result<void> step(const StopStep& step) {
    if (!options_.other_server) return {};
    TRY(known_entry(step.entry));
    stopped_ = true;
    return {};
  }

  // ---- what they are made of ----------------------------------------------------------------------------------------------
  Result<void> send(Request request) {
    got_ = TRY(target_.send(request));
    asked_ = request.method + " " + cut(request.target, 200) + (request.body.empty() ? "" : " " + cut(request.body, 200));
    sent_ = unchecked_ = true;
    return {};
  }

  // OpenBao makes a new KV mount ready in the background and refuses requests until then.
  Result<void> wait_until_ready(const std::string& path) {
    const Request request{.method = "GET", .target = "/v1/" + path + "/config", .headers = {{"X-Vault-Token", TRY(names_.get("root"))}}};
    for (int tries = 0; tries < 100 && TRY(target_.send(request)).body.contains("unavailable for a brief period"); ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return {};
  }

  // What a script needs before it can show anything.
  Result<void> make(std::string method, const std::string& path, std::string body) {
    TRY(send({.method = std::move(method), .target = "/v1/" + path, .headers = {{"X-Vault-Token", TRY(names_.get("root"))}}, .body = std::move(body)}));
    unchecked_ = false;
    if (got_.status >= 300) return fail(Code::invalid, asked_ + " was refused: " + std::to_string(got_.status) + " " + cut(got_.body));
    return {};
  }

  // A request that no answer was written for has to succeed.
  void require_success() {
    if (unchecked_ && got_.status >= 300) failure("expected success, got " + std::to_string(got_.status));
    unchecked_ = false;
  }

  Result<void> known_entry(const std::string& entry) {
    if (options_.entries.contains(entry)) return {};
    return fail(Code::invalid, "docs/compatibility.md has no entry '" + entry + "'");
  }

  void leave_out(const std::string& why) {
    ++tally_.left_out;
    tally_.left_out_why.push_back(script_.file + ":" + std::to_string(line_) + ": " + why);
    stopped_ = true;
  }

  void failure(const std::string& what) {
    ++tally_.failed;
    std::string text = script_.file + ":" + std::to_string(line_) + ": " + script_.purpose + "\n";
    if (sent_) text += "    asked  " + asked_ + "\n    got    " + std::to_string(got_.status) + " " + cut(got_.body) + "\n";
    while (text.ends_with("\n\n")) text.pop_back();
    tally_.failures.push_back(text + "    but    " + what + "\n");
    unchecked_ = false;
  }

  // Takes away what carries our prefix, whichever way it came to be.
  void sweep() {
    for (const char* kind : {"sys/mounts", "sys/auth", "sys/audit"}) sweep(kind, "GET");
    sweep("sys/policies/acl", "LIST");
  }
  void sweep(const std::string& kind, const std::string& method) {
    const Headers headers{{"X-Vault-Token", names_.get("root").value()}};
    const auto list = target_.send({.method = method, .target = "/v1/" + kind, .headers = headers});
    if (!list) return;
    Arena arena;
    const auto body = json::parse(arena, list->body);
    const json::Value* data = body ? (*body)->find("data") : nullptr;
    if (!data) return;
    std::vector<std::string> ours;
    const auto take = [&](std::string_view name) {
      if (name.starts_with(run_)) ours.emplace_back(name);
    };
    if (const json::Value* keys = data->find("keys"); keys && keys->is_array()) {
      for (const json::Value& key : keys->items) take(key.text);
    } else {
      for (const json::Member& member : data->members) take(member.key);
    }
    for (const std::string& name : ours) {
      static_cast<void>(target_.send({.method = "DELETE", .target = "/v1/" + kind + "/" + name, .headers = headers}));
    }
  }

  const Script& script_;
  Target& target_;
  const PlayerOptions& options_;
  Tally& tally_;
  Names names_;
  std::string run_;
  Response got_;
  std::string asked_;
  bool sent_ = false, unchecked_ = false, stopped_ = false;
  std::size_t line_ = 0;
};

}  // namespace

void play(const Script& script, Target& target, const PlayerOptions& options, Tally& tally) {
  Play(script, target, options, tally).whole();
}

}  // namespace sr::api_test
