// Keys under load and under failing stores: no row is lost with a key, no attempt with a commit.
#include <gtest/gtest.h>
#include "core/fakes.h"
#include "text/hex.h"

namespace sr::test {
namespace {

std::string share_of(const World& world) { return hex::encode(world.unseal_key().reveal()); }

TEST(Ceremonies, RotationsAndWritesInParallelLoseNothing) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  constexpr int count = 64;
  std::vector<http::Request> requests;
  for (int i = 0; i < count; ++i) {
    requests.push_back(World::request("POST", "secret/data/k" + std::to_string(i), R"({"data":{"k":"v"}})"));
    if (i % 4 == 0) requests.push_back(World::request("POST", "sys/rotate"));
  }
  for (const auto& response : world.serve_all(std::move(requests))) EXPECT_TRUE(response.status == 200 || response.status == 204) << response.body.view();
  EXPECT_EQ(world.value(world.ask("GET", "sys/key-status"), "data.term"), "17");
  EXPECT_EQ(world.ask("POST", "sys/seal").status, 204);
  ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
  for (int i = 0; i < count; ++i) EXPECT_EQ(world.value(world.ask("GET", "secret/data/k" + std::to_string(i)), "data.data.k"), "v");
}

// Fails the n-th commit of a rekey, for all n: the same request succeeds afterwards, and the store opens with what was answered.
TEST(Ceremonies, ARekeyOutlivesAFailedCommit) {
  for (const bool verified : {false, true}) {
    FlakyTable::Switches store;
    World world({.initialised = true, .table = std::make_unique<FlakyTable>(store)});
    const auto began = world.ask("POST", "sys/rekey/init", concat(R"({"secret_shares":1,"secret_threshold":1,"require_verification":)", verified ? "true}" : "false}"), "");
    const auto give = [&](const std::string& share, const std::string& nonce) { return concat(R"({"key":")", share, R"(","nonce":")", nonce, "\"}"); };
    const auto body = give(share_of(world), world.value(began, "nonce"));
    store.fail_after = 0;
    auto answer = world.ask("POST", "sys/rekey/update", body, "");
    std::string fresh;
    if (verified) {
      ASSERT_EQ(answer.status, 200) << answer.body.view();  // nothing is written yet
      Arena arena;
      fresh = (*json::parse(arena, answer.body.view()))->find("keys")->items[0].text;
      const auto check = give(fresh, world.value(answer, "verification_nonce"));
      EXPECT_EQ(world.ask("POST", "sys/rekey/verify", check, "").status, 500);
      answer = world.ask("POST", "sys/rekey/verify", check, "");
      ASSERT_EQ(answer.status, 200) << answer.body.view();
    } else {
      EXPECT_EQ(answer.status, 500);
      EXPECT_EQ(world.ask("GET", "sys/mounts").status, 200);
      answer = world.ask("POST", "sys/rekey/update", body, "");
      ASSERT_EQ(answer.status, 200) << answer.body.view();
      Arena arena;
      fresh = (*json::parse(arena, answer.body.view()))->find("keys")->items[0].text;
    }
    EXPECT_EQ(world.ask("POST", "sys/policies/acl/p", R"({"policy":"path \"a\" { capabilities = [\"read\"] }"})").status, 204);
    EXPECT_EQ(world.ask("POST", "sys/seal").status, 204);
    EXPECT_FALSE(world.core().unseal(world.unseal_key().reveal()).has_value());
    EXPECT_EQ(world.ask("POST", "sys/unseal", concat(R"({"key":")", fresh, "\"}"), "").status, 200);
    EXPECT_EQ(world.ask("GET", "sys/policies/acl/p").status, 200);
  }
}

TEST(Ceremonies, ARotationThatFailsLeavesTheOldKeyInUse) {
  FlakyTable::Switches store;
  World world({.initialised = true, .table = std::make_unique<FlakyTable>(store)});
  store.fail_after = 0;
  EXPECT_EQ(world.ask("POST", "sys/rotate").status, 500);
  EXPECT_EQ(world.value(world.ask("GET", "sys/key-status"), "data.term"), "1");
  EXPECT_EQ(world.ask("POST", "sys/rotate").status, 204);
  EXPECT_EQ(world.value(world.ask("GET", "sys/key-status"), "data.term"), "2");
}

TEST(Ceremonies, ARootTokenIsMadeOnceHoweverManyGiveTheLastShare) {
  World world;
  const auto began = world.ask("POST", "sys/generate-root/attempt", {}, "");
  const auto body = concat(R"({"key":")", share_of(world), R"(","nonce":")", world.value(began, "nonce"), "\"}");
  std::vector<http::Request> requests;
  for (int i = 0; i < 16; ++i) requests.push_back(World::request("POST", "sys/generate-root/update", body, ""));
  std::size_t made = 0;
  for (const auto& response : world.serve_all(std::move(requests))) made += response.status == 200;
  EXPECT_EQ(made, 1u);
  EXPECT_EQ(world.keys(world.ask("LIST", "auth/token/accessors")), 2u);  // the first root token, and this one
}

// The token's commit fails, and a rekey ends the shares that it was asked for with: the same request is refused then.
TEST(Ceremonies, ARootTokenIsNotMadeOfSharesThatHaveEndedMeanwhile) {
  FlakyTable::Switches store;
  World world({.initialised = true, .table = std::make_unique<FlakyTable>(store)});
  const auto give = [&](const http::Response& began) { return concat(R"({"key":")", share_of(world), R"(","nonce":")", world.value(began, "nonce"), "\"}"); };
  const auto wanted = give(world.ask("POST", "sys/generate-root/attempt", {}, ""));
  store.fail_after = 0;
  ASSERT_EQ(world.ask("POST", "sys/generate-root/update", wanted, "").status, 500);
  const auto rekey = give(world.ask("POST", "sys/rekey/init", R"({"secret_shares":1,"secret_threshold":1})", ""));
  ASSERT_EQ(world.ask("POST", "sys/rekey/update", rekey, "").status, 200);
  EXPECT_EQ(world.ask("POST", "sys/generate-root/update", wanted, "").status, 400);
  EXPECT_EQ(world.keys(world.ask("LIST", "auth/token/accessors")), 1u);  // the first root token
}

TEST(Ceremonies, AMountThatMovesIsInOnePlaceAtAnyTime) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/a", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "a/data/x", R"({"data":{"k":"v"}})").status, 200);
  std::vector<http::Request> requests;
  for (int i = 0; i < 16; ++i) requests.push_back(World::request("POST", "sys/remount", concat(R"({"from":"a","to":"b)", std::to_string(i), "\"}")));
  for (int i = 0; i < 16; ++i) requests.push_back(World::request("POST", "sys/mounts/b3", R"({"type":"kv-v2"})"));
  std::size_t moved = 0, mounted = 0;
  const auto responses = world.serve_all(std::move(requests));
  for (std::size_t i = 0; i < responses.size(); ++i) (i < 16 ? moved : mounted) += responses[i].status < 300;
  EXPECT_EQ(moved, 1u);
  EXPECT_LE(mounted, 1u);
}

}  // namespace
}  // namespace sr::test
