#include "seals/transit_seal.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "client/fake_server.h"

namespace sr {
namespace {

using client::answer;
using client::FakeServer;
using testing::HasSubstr;

struct TransitSealTest : testing::Test {
  Log log{{.level = LogLevel::off}};
  SystemRandom random;
  const KeySecret key{"0123456789abcdef0123456789abcdef"};
  const std::string key_in_base64 = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

  TransitSeal::Options options(const std::string& address) {
    return {.address = address, .token = Secret("s.token"), .name_space = "team/", .mount_path = "transit/", .key_name = "autounseal", .renew_token = false, .timeout = Seconds(5)};
  }
  std::unique_ptr<TransitSeal> seal(const std::string& address) { return *TransitSeal::make(options(address), log); }
};

TEST_F(TransitSealTest, wraps_by_the_current_version_of_the_key) {
  FakeServer server({answer(200, "", R"({"data":{"ciphertext":"vault:v3:c2VhbGVk","key_version":3}})")});
  const auto wrapped = seal(server.address())->wrap(key, random);
  ASSERT_TRUE(wrapped) << wrapped.error().message;
  EXPECT_EQ(wrapped->key_id, "v3");
  EXPECT_EQ(wrapped->sealed, "vault:v3:c2VhbGVk");
  const auto& asked = server.asked().front();
  EXPECT_THAT(asked, HasSubstr("PUT /v1/transit/encrypt/autounseal HTTP"));
  EXPECT_THAT(asked, HasSubstr("X-Vault-Token: s.token\r\n"));
  EXPECT_THAT(asked, HasSubstr("X-Vault-Namespace: team/\r\n"));
  EXPECT_THAT(asked, HasSubstr("{\"plaintext\":\"" + key_in_base64 + "\"}"));
}

TEST_F(TransitSealTest, unwraps_whatever_version_wrapped) {
  FakeServer server({answer(200, "", R"({"data":{"plaintext":")" + key_in_base64 + "\"}}")});
  const auto opened = seal(server.address())->unwrap({"v1", "vault:v1:c2VhbGVk"});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(*opened, key);
  EXPECT_THAT(server.asked().front(), HasSubstr("PUT /v1/transit/decrypt/autounseal HTTP"));
  EXPECT_THAT(server.asked().front(), HasSubstr(R"({"ciphertext":"vault:v1:c2VhbGVk"})"));
}

TEST_F(TransitSealTest, says_what_is_worth_another_try) {
  const std::tuple<std::string, Code, std::string> rows[] = {
      {answer(503, "", R"({"errors":["Vault is sealed"]})"), Code::upstream, "it answered 503: Vault is sealed"},
      {answer(403, "", R"({"errors":["permission denied"]})"), Code::upstream, "it answered 403: permission denied"},
      {answer(404, "", R"({"errors":["no handler for route\nX: 1"]})"), Code::upstream, "it answered 404: no handler for route X: 1"},
      {answer(400, "", R"({"errors":["encryption key not found"]})"), Code::invalid, "it answered 400: encryption key not found"},
      {answer(500, "", "<html>"), Code::upstream, "it answered 500"},
      {answer(200, "", "<html>"), Code::upstream, "its answer has no ciphertext"},
      {answer(200, "", R"({"data":{"ciphertext":1}})"), Code::upstream, "its answer has no ciphertext"},
      {answer(200, "", R"({"data":{"ciphertext":"vault:x:y"}})"), Code::upstream, "invalid ciphertext returned"},
      {answer(200, "", R"({"data":{"ciphertext":"vault:v1"}})"), Code::upstream, "invalid ciphertext returned"},
      {answer(200, "", std::string(100'000, ' ')), Code::upstream, "its answer has no ciphertext"},
  };
  for (const auto& [text, code, reason] : rows) {
    FakeServer server({text});
    const auto wrapped = seal(server.address())->wrap(key, random);
    ASSERT_FALSE(wrapped) << text;
    EXPECT_EQ(wrapped.error().code, code) << text;
    EXPECT_EQ(wrapped.error().message, "the transit engine at " + server.address() + ": " + reason);
  }
  const auto nobody = seal("http://127.0.0.1:1")->unwrap({"v1", "vault:v1:c2VhbGVk"});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Code::upstream);
  EXPECT_THAT(nobody.error().message, HasSubstr("connection refused"));
}

TEST_F(TransitSealTest, takes_nothing_for_a_key_that_is_none) {
  for (const std::string& body : {std::string(R"({"data":{"plaintext":""}})"), std::string(R"({"data":{"plaintext":"!"}})"), std::string(R"({"data":null})"), std::string("[]")}) {
    FakeServer server({answer(200, "", body)});
    EXPECT_FALSE(seal(server.address())->unwrap({"v1", "vault:v1:c2VhbGVk"})) << body;
  }
}

TEST_F(TransitSealTest, refuses_what_can_never_work) {
  const auto why = [&](auto change) {
    auto wrong = options("http://127.0.0.1:1");
    change(wrong);
    const auto made = TransitSeal::make(std::move(wrong), log);
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(why([](auto& o) { o.mount_path.clear(); }), "mount_path is required");
  EXPECT_EQ(why([](auto& o) { o.key_name.clear(); }), "key_name is required");
  EXPECT_EQ(why([](auto& o) { o.address.clear(); }), "address is required");
  EXPECT_THAT(why([](auto& o) { o.address = "vault:8200"; }), HasSubstr("needs a scheme"));
  EXPECT_EQ(why([](auto& o) { o.tls.client_cert = "cert.pem"; }), "tls_client_cert and tls_client_key belong together");
  EXPECT_EQ(why([](auto&) {}), "");
}

TEST_F(TransitSealTest, renews_its_token) {
  FakeServer server({answer(200, "", R"({"auth":{"client_token":"s.token","lease_duration":3600,"renewable":true}})")});
  auto renewing = options(server.address());
  renewing.renew_token = true;
  const auto made = TransitSeal::make(std::move(renewing), log);
  EXPECT_THAT(server.asked_in_the_end().front(), HasSubstr("PUT /v1/auth/token/renew-self HTTP"));
}

// ---- when a token is renewed --------------------------------------------------------------------------------------------------
struct TokenRenewalTest : testing::Test {
  using Answers = std::deque<Result<Lifetime>>;
  // What a renewal that gets these answers waits between them; the last one is repeated until there are `calls`.
  static int calls_within(Answers answers, int at_most, TokenRenewal::Pace pace) {
    Log log({.level = LogLevel::off});
    std::atomic<int> calls = 0;
    {
      TokenRenewal renewal(
          [&]() -> Result<Lifetime> {
            ++calls;
            auto next = answers.front();
            if (answers.size() > 1) answers.pop_front();
            return next;
          },
          log, pace);
      for (int i = 0; i < 1000 && calls < at_most; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return calls;
  }
  static constexpr std::chrono::milliseconds soon{1}, never{3'600'000};
};

TEST_F(TokenRenewalTest, goes_on_by_the_life_of_the_token) {
  EXPECT_GE(calls_within({Lifetime{Seconds(3), true}}, 5, {.retry_first = soon, .per_second = soon}), 5);
}

TEST_F(TokenRenewalTest, tries_on_while_nobody_answers) {
  const Result<Lifetime> nobody = fail(Code::upstream, "nobody there");
  EXPECT_EQ(calls_within({nobody, nobody, nobody, Lifetime{Seconds(3600), true}}, 4, {.retry_first = soon, .retry_most = soon, .per_second = never}), 4);
}

TEST_F(TokenRenewalTest, ends_where_there_is_nothing_to_renew) {
  const TokenRenewal::Pace hasty{.retry_first = soon, .retry_most = soon, .refused = soon, .per_second = soon};
  EXPECT_EQ(calls_within({Lifetime{Seconds(0), false}}, 2, hasty), 1);
  EXPECT_EQ(calls_within({Lifetime{Seconds(3), false}}, 2, hasty), 1);
}

TEST_F(TokenRenewalTest, asks_again_later_when_it_is_refused) {
  const Result<Lifetime> refused = fail(Code::denied, "permission denied");
  EXPECT_EQ(calls_within({refused, Lifetime{Seconds(3600), true}}, 2, {.retry_first = never, .refused = soon, .per_second = soon}), 2);
}

}  // namespace
}  // namespace sr
