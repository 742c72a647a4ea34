// The runner is what says that we agree, so it has to be able to say that we do not.
#include "player.h"
#include <gtest/gtest.h>
#include <functional>
#include "pattern.h"

namespace sr::api_test {
namespace {

// Answers what the test says and keeps what it was asked.
class ScriptedTarget final : public Target {
 public:
  using Answer = std::function<Response(const Request&)>;
  explicit ScriptedTarget(Answer answer) : answer_(std::move(answer)) {}

  Result<Response> send(const Request& request) override {
    asked.push_back(request);
    return answer_(request);
  }
  const std::string& root_token() const override { return token_; }
  bool meets(Need) const override { return false; }
  bool advance(std::chrono::seconds by) override {
    now += by;
    return by < std::chrono::hours(1);
  }

  std::vector<Request> asked;
  std::chrono::seconds now{0};

 private:
  Answer answer_;
  std::string token_ = "root";
};

Tally played(const std::string& text, const std::string& body, int status = 200, PlayerOptions options = {}) {
  ScriptedTarget target([&](const Request&) { return Response{.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body}; });
  const auto script = parse_script("a.test", "# what it shows\n" + text);
  EXPECT_TRUE(script) << script.error().message;
  Tally tally;
  if (script) play(*script, target, options, tally);
  return tally;
}

std::string matched(const std::string& pattern, const std::string& text) {
  const auto parsed = parse_pattern(pattern);
  if (!parsed) return parsed.error().message;
  Arena arena;
  const auto value = json::parse(arena, text);
  EXPECT_TRUE(value);
  return difference(*parsed, **value);
}

TEST(Pattern, SaysWhereItDiffers) {
  EXPECT_EQ(matched(R"({"data": {"version": 1}})", R"({"data": {"version": 1, "x": 2}, "y": 3})"), "");
  EXPECT_EQ(matched(R"({"data": {"version": 1}})", R"({"data": {"version": 2}})"), ".data.version: expected 1, got 2");
  EXPECT_EQ(matched(R"(only {"a": 1})", R"({"a": 1, "b": 2})"), ".b: not expected, got 2");
  EXPECT_EQ(matched(R"({"a": _})", R"({"b": 2})"), R"(.a: missing in {"b":2})");
  EXPECT_EQ(matched(R"({"a": absent})", R"({"a": null})"), ".a: expected nothing, got null");
  EXPECT_EQ(matched(R"(["a", "b"])", R"(["b", "a"])"), R"([0]: expected "a", got "b")");
  EXPECT_EQ(matched(R"({"k": ["a"]})", R"({"k": ["a", "b"]})"), R"(.k: expected 1 items, got ["a","b"])");
  EXPECT_EQ(matched(R"({"k": some ["b"]})", R"({"k": ["a", "b"]})"), "");
  EXPECT_NE(matched(R"({"k": some ["c"]})", R"({"k": ["a", "b"]})"), "");
  EXPECT_EQ(matched(R"({"n": "#^1"})", R"({"n": 12})"), "");
  EXPECT_NE(matched(R"({"n": "#^1"})", R"({"n": "12"})"), "");
  EXPECT_NE(matched(R"({"n": 1})", R"({"n": 1.0})"), "");
  EXPECT_NE(matched(R"({"n": 1})", R"({"n": "1"})"), "");
  EXPECT_EQ(matched(R"({"s": "~^a.c$"})", R"({"s": "abc"})"), "");
  EXPECT_NE(matched(R"({"s": "~^a.c$"})", R"({"s": "abcd"})"), "");
}

TEST(Pattern, RefusesWhatItCannotRead) {
  for (const char* bad : {"", "{", "{\"a\"}", "[1", "word", "only [1]", "some {}", "{} x", "\"open"}) EXPECT_FALSE(parse_pattern(bad)) << bad;
}

TEST(Player, CountsAgreementAndFailure) {
  EXPECT_EQ(played("GET a\n200 {\"x\": 1}\n", R"({"x": 1})").agreed, 1);
  EXPECT_EQ(played("GET a\n200 {\"x\": 2}\n", R"({"x": 1})").failed, 1);
  EXPECT_EQ(played("GET a\n404 []\n", R"({"x": 1})").failed, 1);
  EXPECT_EQ(played("GET a\n403 \"no\"\n", R"({"errors": ["no"]})", 403).agreed, 1);
  EXPECT_EQ(played("GET a\n403 \"no\"\n", R"({"errors": ["no", "really"]})", 403).failed, 1);
  EXPECT_EQ(played("GET a\n200\n  Content-Type: text/plain\n", "{}").failed, 1);
  EXPECT_EQ(played("GET a\n200\n  X-Other: absent\n", "{}").agreed, 1);
  EXPECT_EQ(played("GET a\n200 {}\n", "no json").failed, 1);
}

TEST(Player, ARequestWithoutAnAnswerHasToSucceed) {
  EXPECT_EQ(played("GET a\nGET b\n200\n", "{}", 500).failed, 2);
  EXPECT_EQ(played("GET a\n", "{}", 400).failed, 1);
  EXPECT_EQ(played("GET a\n", "{}", 204).failed, 0);
}

TEST(Player, AStatedDifferenceHasToBeOne) {
  const std::string script = "GET a\n200 {\"x\": 1}\n[bao known] 404 []\n";
  const PlayerOptions other{.other_server = true, .entries = {"known"}};
  EXPECT_EQ(played(script, R"({"errors": []})", 404, other).differs_as_stated, 1);
  EXPECT_EQ(played(script, R"({"x": 1})", 200, other).failed, 1) << "it has become like us: the line has to go";
  EXPECT_EQ(played("GET a\n200\n[bao known] 200 {\"x\": 1}\n", R"({"x": 1})", 200, other).failed, 1) << "our line fits as well";
  EXPECT_EQ(played("GET a\n200\n[bao unknown] 404\n", "{}", 404, other).failed, 1);
  EXPECT_EQ(played(script, R"({"x": 1})").agreed, 1) << "on our own server only our line counts";
}

TEST(Player, PassesValuesOn) {
  ScriptedTarget target([](const Request& request) {
    const bool creates = request.target == "/v1/auth/token/create";
    return Response{.status = 200, .headers = {}, .body = creates ? R"({"auth": {"client_token": "tok", "accessor": "acc"}})" : R"({"data": {"keys": ["a", "b"]}})"};
  });
  const auto script = parse_script("a.test", "# it\ntoken app {\"policies\": []}\nLIST x\nlet key = .data.keys[1]\nlet big = repeat \"$key\" 3\nas app POST p/$big {\"k\": \"${key}$big\"}\n  X-One: $app_accessor\n200\nadvance 30s\nadvance 2h\nGET never\n");
  ASSERT_TRUE(script) << script.error().message;
  Tally tally;
  play(*script, target, {}, tally);
  EXPECT_EQ(tally.failed, 0) << (tally.failures.empty() ? "" : tally.failures[0]);
  EXPECT_EQ(tally.left_out, 1) << "the clock does not go that far";
  const Request& last = target.asked.at(2);
  EXPECT_EQ(last.target, "/v1/p/bbb");
  EXPECT_EQ(last.body, R"({"k": "bbbb"})");
  EXPECT_EQ(last.headers, (Headers{{"X-Vault-Token", "tok"}, {"X-One", "acc"}}));
  EXPECT_EQ(target.now, std::chrono::seconds(7230));
}

TEST(Player, AnUnknownNameFails) {
  EXPECT_EQ(played("GET $nothing\n200\n", "{}").failed, 1);
  EXPECT_EQ(played("GET a\nlet x = .data.missing\n", "{}").failed, 1);
}

TEST(Script, RefusesWhatItCannotRead) {
  for (const char* bad : {"GET\n", "200 {}\nx", "[bao x] 200\n", "needs luck\n", "advance fast\n", "  indented\n", "let x 5\n", "get a\n"}) {
    EXPECT_FALSE(parse_script("a.test", std::string("# it\n") + bad)) << bad;
  }
  EXPECT_FALSE(parse_script("a.test", "GET a\n200\n")) << "without a word on what it shows";
}

}  // namespace
}  // namespace sr::api_test
