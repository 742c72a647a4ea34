// What a request finds when the store or an audit device fails: an error, no half state, and the same request succeeds afterwards.
#include <gtest/gtest.h>
#include "core/fakes.h"

namespace sr::test {
namespace {

TEST(Failures, AnUpgradeThatFailsAnywhereGoesOnAndLosesNothing) {
  constexpr int secrets = 100;
  for (int passing = 0; passing < 4; ++passing) {
    FlakyTable::Switches store;
    World world(with(store));
    ASSERT_EQ(world.ask("POST", "sys/mounts/old", R"({"type":"kv-v1"})").status, 204);
    for (int i = 0; i < secrets; ++i) ASSERT_EQ(world.ask("POST", "old/a/k" + std::to_string(i), R"({"k":")" + std::to_string(i) + "\"}").status, 204);
    ASSERT_EQ(world.ask("POST", "sys/mounts/old/tune", R"({"options":{"version":"2"}})").status, 200);
    store.fail_after = passing;
    world.core().sweep();
    EXPECT_TRUE(world.ask("GET", "old/data/a/k1").body.view().contains("will resume service shortly"));
    EXPECT_EQ(world.ask("POST", "old/a/k1", R"({"k":"v"})").status, 400);
    world.core().seal();
    world.core().sweep();
    ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
    EXPECT_EQ(world.ask("LIST", "old/metadata/a").status, 400);
    world.core().sweep();
    EXPECT_EQ(world.keys(world.ask("LIST", "old/metadata/a")), static_cast<std::size_t>(secrets));
    for (int i = 0; i < secrets; ++i) {
      const auto read = world.ask("GET", "old/data/a/k" + std::to_string(i));
      EXPECT_EQ(world.value(read, "data.data.k"), std::to_string(i));
      EXPECT_EQ(world.value(read, "data.metadata.version"), "1");
    }
  }
}

TEST(Failures, AFailedCommitLeavesNothingAndTheNextOnePasses) {
  FlakyTable::Switches store;
  World world(with(store));
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  const std::pair<const char*, const char*> writes[] = {{"secret/data/a", R"({"data":{"k":"v"}})"},
                                                        {"auth/token/create", R"({"policies":["default"]})"},
                                                        {"sys/policies/acl/p", R"({"policy":"path \"a\" { capabilities = [\"read\"] }"})"},
                                                        {"sys/mounts/other", R"({"type":"kv-v2"})"},
                                                        {"sys/auth/approle", R"({"type":"approle"})"}};
  for (const auto& [path, body] : writes) {
    const auto before = world.ask("LIST", "auth/token/accessors").body.view().size();
    store.fail_after = 0;
    const auto refused = world.ask("POST", path, body);
    EXPECT_EQ(refused.status, 500) << path;
    EXPECT_TRUE(refused.body.view().contains("no space left")) << refused.body.view();
    EXPECT_EQ(world.ask("LIST", "auth/token/accessors").body.view().size(), before);
    const auto passed = world.ask("POST", path, body);
    EXPECT_TRUE(passed.status == 200 || passed.status == 204) << path << ' ' << passed.body.view();
  }
}

TEST(Failures, NoWriteIsAnsweredBeforeItIsDurable) {
  FlakyTable::Switches store;
  World world(with(store));
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  store.delay_ms = 5;
  std::vector<http::Request> requests;
  for (int i = 0; i < 50; ++i) requests.push_back(World::request("POST", "secret/data/k" + std::to_string(i), R"({"data":{"k":"v"}})"));
  std::atomic<int> answered = 0;
  const Revision before = store.durable;
  world.serve_all(std::move(requests), [&](const http::Response& response) {
    EXPECT_EQ(response.status, 200);
    EXPECT_GE(store.durable.load(), before + static_cast<Revision>(++answered));  // each commit has a revision of its own
  });
}

TEST(Failures, WithoutAnAuditDeviceThatWritesNothingHappens) {
  FakeDevice::Switches device;
  World world(with(device));
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/audit/fake", R"({"type":"fake"})").status, 204);
  ASSERT_EQ(world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status, 200);
  device.broken = true;
  for (const char* method : {"GET", "POST"}) {
    const auto refused = world.ask(method, "secret/data/a", R"({"data":{"k":"w"}})");
    EXPECT_EQ(refused.status, 500);
    EXPECT_TRUE(refused.body.view().starts_with("{\"errors\":[\"internal error\",\"the request could not be written to the audit log")) << refused.body.view();
  }
  EXPECT_EQ(world.ask("GET", "sys/health").status, 200);  // not audited
  device.broken = false;
  EXPECT_EQ(world.value(world.ask("GET", "secret/data/a"), "data.metadata.version"), "1");
}

TEST(Failures, EveryRefusalIsInTheAuditLogAndNoSecretIs) {
  FakeDevice::Switches device;
  World world(with(device));
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/audit/fake", R"({"type":"fake"})").status, 204);
  constexpr std::string_view canary = "canary-1f2e3d";
  const auto ask = [&](const char* method, std::string path, const std::string& body, std::string_view token) {
    const int before = device.lines;
    static_cast<void>(world.ask(method, path, body, token));
    EXPECT_EQ(device.lines - before, 2) << method << ' ' << path;
  };
  const std::string secret(canary), body = R"({"data":{"k":")" + secret + R"("},"unknown":")" + secret + "\"}";
  ask("POST", "secret/data/a", body, root_token);
  ask("GET", "secret/data/a", "", root_token);
  ask("PATCH", "secret/data/a", body, root_token);
  ask("POST", "secret/data/a", body, secret);           // a bad token
  ask("POST", "secret/data/a", body, "");               // none
  ask("POST", "nowhere/x", body, root_token);           // no mount
  ask("POST", "secret/nowhere", body, root_token);      // no route
  ask("POST", "auth/token/lookup", R"({"token":")" + secret + "\"}", root_token);
  ask("POST", "auth/token/create", R"({"id":")" + secret + "\"}", root_token);  // its metadata would be shown: Vault keeps it plain
  ask("POST", "auth/token/create", R"({"ttl":{"a":")" + secret + "\"}}", root_token);  // a bad field
  ask("POST", "auth/token/renew", R"({"token":"x","increment":")" + secret + "\"}", root_token);
  ask("POST", "sys/mounts/x", R"({"type":")" + secret + "\"}", root_token);
  const auto at = device.text.find(canary);
  EXPECT_EQ(at, std::string::npos) << device.text.substr(at < 300 ? 0 : at - 300, 400);
}

TEST(Failures, ASealedServerKnowsNothingAndForgetsNothing) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status, 200);
  ASSERT_EQ(world.ask("POST", "sys/seal").status, 204);
  EXPECT_EQ(world.ask("GET", "secret/data/a").status, 503);
  EXPECT_EQ(world.ask("GET", "sys/health").status, 503);
  const auto wrong = base64::encode(std::string(32, 'x'));
  EXPECT_EQ(world.ask("POST", "sys/unseal", R"({"key":")" + wrong + "\"}", "").status, 400);
  EXPECT_EQ(world.ask("POST", "sys/unseal", R"({"key":")" + base64::encode(world.unseal_key().reveal()) + "\"}", "").status, 200);
  EXPECT_EQ(world.value(world.ask("GET", "secret/data/a"), "data.data.k"), "v");
}

// Between the barrier and the mounts there is a moment in which all that belongs to a mount looks left over.
TEST(Failures, AnUnsealLosesNoLockout) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/auth/userpass", R"({"type":"userpass"})").status, 204);
  ASSERT_EQ(world.ask("POST", "auth/userpass/users/u", R"({"password_hash":"$2b$05$03VBEmJaKS9Z1hd2MoF8E.qLzGQvxnJrG8zeF8lFX5/N7YKWUvohW"})").status, 204);
  for (int i = 0; i < 5; ++i) ASSERT_EQ(world.ask("POST", "auth/userpass/login/u", R"({"password":"wrong"})", "").status, 400);
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(world.ask("POST", "sys/seal").status, 204);
    world.advance(std::chrono::seconds(61));  // lockouts are swept once a minute
    std::atomic<bool> opened = false;
    std::thread sweeper([&] {
      while (!opened) world.core().sweep();
    });
    ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
    opened = true;
    sweeper.join();
    ASSERT_EQ(world.ask("POST", "auth/userpass/login/u", R"({"password":"right"})", "").status, 403) << "round " << round;
  }
}

}  // namespace
}  // namespace sr::test
