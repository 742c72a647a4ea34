// Quotas where only the whole server can show them: under many requests at once, in the audit log, and before a body is read.
#include <gtest/gtest.h>
#include "fakes.h"
#include "world.h"

namespace sr::test {
namespace {

std::vector<http::Request> many(std::size_t count, std::string_view path) {
  std::vector<http::Request> requests;
  for (std::size_t i = 0; i < count; ++i) requests.push_back(World::request("GET", path));
  return requests;
}

TEST(Quota, OfManyRequestsAtOnceExactlySoManyAreServed) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/kv", R"({"type": "kv"})").status, 204);
  ASSERT_EQ(world.ask("POST", "kv/a", R"({"v": 1})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/quotas/rate-limit/r", R"({"path": "kv", "rate": 100, "interval": 60})").status, 204);
  const auto answers = world.serve_all(many(400, "kv/a"));
  EXPECT_EQ(std::ranges::count(answers, 200, &http::Response::status), 100);
  EXPECT_EQ(std::ranges::count(answers, 429, &http::Response::status), 300);
  EXPECT_EQ(world.ask("GET", "sys/mounts").status, 200);
}

// Each of these starts over when it has lost the race for the row.
TEST(Quota, ARequestThatStartsOverIsCountedOnce) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/kv", R"({"type": "kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/quotas/rate-limit/r", R"({"path": "kv", "rate": 60, "interval": 60})").status, 204);
  std::vector<http::Request> requests;
  for (int i = 0; i < 64; ++i) requests.push_back(World::request("POST", "kv/data/a", R"({"data": {"v": 1}})"));
  const auto answers = world.serve_all(std::move(requests));
  EXPECT_EQ(std::ranges::count(answers, 200, &http::Response::status), 60);
  EXPECT_EQ(world.value(world.ask("GET", "sys/quotas/rate-limit/r"), "data.rate"), "60");
}

TEST(Quota, OfTwoForTheSamePlaceWrittenAtOnceOneIsMade) {
  World world;
  std::vector<http::Request> requests;
  for (int i = 0; i < 16; ++i) requests.push_back(World::request("POST", "sys/quotas/rate-limit/r" + std::to_string(i), R"({"rate": 1000})"));
  const auto answers = world.serve_all(std::move(requests));
  EXPECT_EQ(std::ranges::count(answers, 204, &http::Response::status), 1);
}

TEST(Quota, ALargeBodyOfAClientWhoAskedTooOftenIsNotRead) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/kv", R"({"type": "kv"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/quotas/rate-limit/r", R"({"path": "kv", "rate": 1, "interval": 60})").status, 204);
  http::V1 listener(world.core(), {});
  EXPECT_FALSE(listener.refuse_by_head(World::request("POST", "kv/a")));
  EXPECT_EQ(world.ask("GET", "kv/a").status, 404);
  const auto refusal = listener.refuse_by_head(World::request("POST", "kv/a"));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429);
  EXPECT_FALSE(listener.refuse_by_head(World::request("POST", "sys/policies/acl/a")));
}

TEST(Quota, ARefusalIsAuditedWhereTheConfigurationSaysSo) {
  FakeDevice::Switches device;
  World world(with(device));
  ASSERT_EQ(world.ask("POST", "sys/audit/fake", R"({"type": "fake"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/quotas/rate-limit/r", R"({"path": "cubbyhole", "rate": 1, "interval": 600})").status, 204);
  EXPECT_EQ(world.ask("GET", "cubbyhole/a").status, 404);
  const int before = device.lines;
  EXPECT_EQ(world.ask("GET", "cubbyhole/a").status, 429);
  EXPECT_EQ(device.lines, before);
  ASSERT_EQ(world.ask("POST", "sys/quotas/config", R"({"enable_rate_limit_audit_logging": true})").status, 204);
  const int now = device.lines;
  EXPECT_EQ(world.ask("GET", "cubbyhole/a").status, 429);
  EXPECT_EQ(device.lines, now + 2);
}

TEST(Quota, SurvivesASealAndEndsWithIt) {
  World world;
  ASSERT_EQ(world.ask("POST", "sys/quotas/rate-limit/r", R"({"rate": 3, "interval": 600})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/seal").status, 204);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(world.ask("GET", "sys/init").status, 200) << "a sealed server knows of no quota";
  ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.ask("GET", "sys/mounts").status, 200);
  EXPECT_EQ(world.ask("GET", "sys/mounts").status, 429);
}

}  // namespace
}  // namespace sr::test
