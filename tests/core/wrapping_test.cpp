// Response wrapping is a promise about how often: what was wrapped is had once, whoever asks at the same time and whatever fails.
#include <gtest/gtest.h>
#include "core/fakes.h"

namespace sr::test {
namespace {

constexpr int parallel = 64;

http::Request wrapped(http::Request request, std::string_view ttl = "60") {
  request.headers.push_back({"X-Vault-Wrap-TTL", std::string(ttl)});
  return request;
}
std::string naming(const std::string& token) { return R"({"token":")" + token + "\"}"; }
std::size_t count(const std::vector<http::Response>& responses, int status) {
  return static_cast<std::size_t>(std::ranges::count(responses, status, &http::Response::status));
}
std::string wrap(World& world, std::string_view body = R"({"k":"v"})") {
  return world.value(world.serve(wrapped(World::request("POST", "sys/wrapping/wrap", body))), "wrap_info.token");
}

TEST(WrappingRaces, AnAnswerIsHadOnce) {
  World world;
  for (int round = 0; round < 6; ++round) {
    const auto token = wrap(world);
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i) {  // by the token itself, by others, or mixed
      const bool itself = round % 3 == 0 || (round % 3 == 2 && i % 2);
      requests.push_back(itself ? World::request("POST", "sys/wrapping/unwrap", {}, token) : World::request("POST", "sys/wrapping/unwrap", naming(token)));
    }
    const auto responses = world.serve_all(std::move(requests));
    EXPECT_EQ(count(responses, 200), 1u);
    EXPECT_EQ(count(responses, 400), static_cast<std::size_t>(parallel) - 1);
  }
  EXPECT_EQ(world.keys(world.ask("LIST", "auth/token/accessors")), 1u);  // root's
}

TEST(WrappingRaces, ARewrapAndAnUnwrapNeverBothHaveIt) {
  World world;
  for (int round = 0; round < 6; ++round) {
    const auto token = wrap(world);
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i) requests.push_back(World::request("POST", i % 2 ? "sys/wrapping/unwrap" : "sys/wrapping/rewrap", naming(token)));
    const auto responses = world.serve_all(std::move(requests));
    EXPECT_EQ(count(responses, 200), 1u);
    for (std::size_t i = 0; i < responses.size(); i += 2) {
      if (responses[i].status != 200) continue;
      EXPECT_EQ(world.value(world.ask("POST", "sys/wrapping/unwrap", naming(world.value(responses[i], "wrap_info.token"))), "data.k"), "v");
    }
  }
}

TEST(WrappingRaces, ARevocationAndAnUnwrapAgree) {
  World world;
  for (int round = 0; round < 6; ++round) {
    const auto token = wrap(world);
    std::vector<http::Request> requests;
    for (int i = 0; i < 8; ++i) {
      if (i == round) requests.push_back(World::request("POST", "auth/token/revoke", naming(token)));
      requests.push_back(World::request("POST", "sys/wrapping/unwrap", {}, token));
    }
    EXPECT_LE(count(world.serve_all(std::move(requests)), 200), 1u);
    EXPECT_EQ(world.ask("POST", "sys/wrapping/lookup", naming(token)).status, 400);
  }
}

// A write that is wrapped, done by many at once: each gets his own answer, and none is lost with a race.
TEST(WrappingRaces, WrappedWritesOfOneKeyAllCount) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  std::vector<http::Request> requests;
  for (int i = 0; i < parallel; ++i) requests.push_back(wrapped(World::request("POST", "secret/data/hot", R"({"data":{"k":"v"}})")));
  std::set<std::string> versions;
  for (const auto& response : world.serve_all(std::move(requests))) {
    ASSERT_EQ(response.status, 200);
    versions.insert(world.value(world.ask("POST", "sys/wrapping/unwrap", {}, world.value(response, "wrap_info.token")), "data.version"));
  }
  EXPECT_EQ(versions.size(), static_cast<std::size_t>(parallel));
}

TEST(WrappingFailures, AFailedCommitLosesNothingAndLeavesNothing) {
  FlakyTable::Switches store;
  World world(with(store));
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/auth/approle", R"({"type":"approle"})").status, 204);
  ASSERT_EQ(world.ask("POST", "auth/approle/role/app", R"({"token_policies":["default"],"secret_id_num_uses":1})").status, 204);
  ASSERT_EQ(world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status, 200);
  const auto role_id = world.value(world.ask("GET", "auth/approle/role/app/role-id"), "data.role_id");
  const auto secret_id = world.value(world.ask("POST", "auth/approle/role/app/secret-id"), "data.secret_id");
  const auto login = R"({"role_id":")" + role_id + R"(","secret_id":")" + secret_id + "\"}";
  const auto tokens = [&] { return world.keys(world.ask("LIST", "auth/token/accessors")); };

  // Wrapping: neither the wrapping token nor what would have been inside.
  for (const auto& [method, path, body] : {std::tuple<const char*, const char*, std::string>{"GET", "secret/data/a", ""}, {"POST", "auth/token/create", R"({"policies":["default"]})"},
                                           {"POST", "auth/approle/login", login}}) {
    const auto before = tokens();
    store.fail_after = 0;
    EXPECT_EQ(world.serve(wrapped(World::request(method, path, body))).status, 500) << path;
    EXPECT_EQ(tokens(), before) << path;
    EXPECT_EQ(world.serve(wrapped(World::request(method, path, body))).status, 200) << path;  // the one use of the secret id is not lost
  }

  // Unwrapping and rewrapping: what could not be written was not taken.
  const auto token = wrap(world);
  for (const auto& caller : {token, std::string(root_token)}) {
    store.fail_after = 0;
    const auto refused = world.ask("POST", "sys/wrapping/unwrap", naming(token), caller);
    EXPECT_EQ(refused.status, 500);
    EXPECT_FALSE(refused.body.view().contains("\"k\""));
    store.fail_after = 0;
    EXPECT_EQ(world.ask("POST", "sys/wrapping/rewrap", naming(token)).status, 500);
  }
  EXPECT_EQ(world.value(world.ask("POST", "sys/wrapping/unwrap", {}, token), "data.k"), "v");
  EXPECT_EQ(world.ask("POST", "sys/wrapping/unwrap", {}, token).status, 400);
}

TEST(WrappingFailures, TheLogSaysWhatWasWrappedAndShowsNothingOfIt) {
  FakeDevice::Switches device;
  World world(with(device));
  ASSERT_EQ(world.ask("POST", "sys/audit/fake", R"({"type":"fake"})").status, 204);
  const std::string canary = "canary-1f2e3d", hashed = "\"k\":\"" + AuditFormat{.hmac = HmacSha256("salt")}.hash(canary);
  const auto token = wrap(world, R"({"k":")" + canary + "\"}");
  EXPECT_TRUE(device.text.contains(R"("wrap_ttl":60)"));
  EXPECT_TRUE(device.text.contains(R"("wrap_info":{"ttl":60,"token":")" + AuditFormat{.hmac = HmacSha256("salt")}.hash(token)));
  device.text.clear();
  EXPECT_EQ(world.ask("POST", "sys/wrapping/unwrap", {}, token).status, 200);
  EXPECT_TRUE(device.text.contains(hashed)) << device.text;
  EXPECT_FALSE(device.text.contains(canary) || device.text.contains(token));
  device.text.clear();
  EXPECT_EQ(world.ask("POST", "sys/wrapping/unwrap", {}, token).status, 400);
  EXPECT_TRUE(device.text.contains("wrapping token is not valid or does not exist"));
  // A token made for somebody else: its hash is where the wrapped answer is taken, and its accessor where it was made.
  const auto made = world.serve(wrapped(World::request("POST", "auth/token/create", R"({"policies":["default"],"meta":{"team":"a"}})")));
  EXPECT_TRUE(device.text.contains(R"("wrapped_accessor":")" + AuditFormat{.hmac = HmacSha256("salt")}.hash(world.value(made, "wrap_info.wrapped_accessor"))));
  EXPECT_FALSE(device.text.contains(R"("response":{"auth")"));
  device.text.clear();
  const auto unwrapped = world.ask("POST", "sys/wrapping/unwrap", {}, world.value(made, "wrap_info.token"));
  EXPECT_TRUE(device.text.contains(R"("response":{"auth":{"client_token":")" + AuditFormat{.hmac = HmacSha256("salt")}.hash(world.value(unwrapped, "auth.client_token")))) << device.text;
  EXPECT_TRUE(device.text.contains(R"("metadata":{"team":"a"})"));
}

}  // namespace
}  // namespace sr::test
