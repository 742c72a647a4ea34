// The life of a lease: made with its secret, found, prolonged within its limits, and gone with its time, its token or its mount.
#include <gtest/gtest.h>
#include "core/leases_world.h"

namespace sr::test {
namespace {

using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
class TheLife : public ::testing::Test, protected LeaseWorld {};

TEST_F(TheLife, ALeaseIsToldListedAndEndsWithItsTime) {
  const auto made = lend("bank/creds/deep/app", R"({"ttl":"1h"})");
  const std::string id = lease_id(made);
  EXPECT_TRUE(id.starts_with("bank/creds/deep/app/"));
  EXPECT_EQ(id.size(), std::string_view("bank/creds/deep/app/").size() + 24);
  EXPECT_EQ(world.value(made, "lease_duration"), "3600");
  EXPECT_TRUE(made.body.view().contains(R"("renewable":true)"));
  const auto found = about("lookup", id);
  EXPECT_EQ(world.value(found, "data.id"), id);
  EXPECT_EQ(world.value(found, "data.ttl"), "3600");
  EXPECT_TRUE(found.body.view().contains(R"("last_renewal":null)"));
  EXPECT_TRUE(world.ask("LIST", "sys/leases/lookup/bank").body.view().contains(R"("keys":["creds/"])"));
  EXPECT_TRUE(world.ask("LIST", "sys/leases/lookup/bank/creds/deep/app").body.view().contains(id.substr(id.rfind('/') + 1)));
  EXPECT_EQ(rows_out(), 1u);
  advance(minutes(59));
  EXPECT_TRUE(is_there(id));
  advance(minutes(1));
  EXPECT_FALSE(is_there(id));
  EXPECT_EQ(rows_out(), 0u) << "what the engine keeps goes in the same commit";
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(TheLife, AnIdHasToBeRightAsAWhole) {
  const std::string id = borrow();
  for (const std::string& other : {id.substr(id.rfind('/') + 1), "x" + id, "bank/creds/other/" + id.substr(id.rfind('/') + 1), id + "/", id.substr(0, id.size() - 1)}) {
    EXPECT_EQ(about("lookup", other).body.view(), "{\"errors\":[\"invalid lease\"]}\n") << other;
    EXPECT_EQ(about("renew", other).body.view(), "{\"errors\":[\"lease not found\"]}\n") << other;
    EXPECT_EQ(about("revoke", other).status, 204) << other;
  }
  EXPECT_TRUE(is_there(id));
}

TEST_F(TheLife, ARenewalCountsFromNowAndNeverPassesTheMaximum) {
  const std::string id = borrow("bank/creds/app", R"({"ttl":"1h","ttl_max":"3h"})");
  advance(minutes(30));
  EXPECT_EQ(world.value(about("renew", id), "lease_duration"), "3600");
  EXPECT_EQ(world.value(about("renew", id, R"(,"increment":"90m")"), "lease_duration"), "5400");
  EXPECT_EQ(world.value(world.ask("POST", "sys/leases/renew/" + id, R"({"increment":60})"), "lease_duration"), "60") << "it may end sooner, too";
  const auto capped = about("renew", id, R"(,"increment":"24h")");
  EXPECT_EQ(world.value(capped, "lease_duration"), "9000");
  EXPECT_TRUE(capped.body.view().contains(R"(TTL of \"24h\" exceeded the effective max_ttl of \"2h30m\"; TTL value is capped accordingly)")) << capped.body.view();
  EXPECT_EQ(world.value(capped, "lease_id"), id);
  advance(hours(2) + minutes(29));
  EXPECT_EQ(world.value(about("renew", id), "lease_duration"), "60");
  advance(minutes(1));
  EXPECT_FALSE(is_there(id));
}

TEST_F(TheLife, WhatEndsInThisSecondIsNotProlongedForEver) {
  const std::string id = borrow("bank/creds/app", R"({"ttl":10,"ttl_max":10})");
  advance(seconds(9));
  EXPECT_EQ(world.value(about("renew", id, R"(,"increment":3600)"), "lease_duration"), "1");
  advance(seconds(1));
  EXPECT_FALSE(is_there(id));
}

TEST_F(TheLife, WhatIsNotRenewableIsNot) {
  const std::string id = borrow("bank/creds/app", R"({"renewable":false})");
  EXPECT_EQ(about("renew", id).body.view(), "{\"errors\":[\"lease is not renewable\"]}\n");
  EXPECT_TRUE(about("lookup", id).body.view().contains(R"("renewable":false)"));
}

TEST_F(TheLife, ALeaseGoesWithItsTokenAndWithThoseAbove) {
  for (const char* path : {"bank/creds/app", "bank/users/app"}) {
    const auto parent = new_token(R"({"policies":["app"]})");
    const auto child = world.value(world.ask("POST", "auth/token/create", "{}", parent), "auth.client_token");
    Strings ids;
    for (int i = 0; i < 40; ++i) ids.push_back(borrow(path, "{}", i % 2 ? parent : child));
    const std::string other = borrow(path);
    EXPECT_EQ(world.ask("POST", "auth/token/revoke", R"({"token":")" + parent + "\"}").status, 204);
    advance(seconds(1));
    for (const auto& id : ids) EXPECT_FALSE(is_there(id));
    EXPECT_TRUE(is_there(other));
    EXPECT_EQ(about("revoke", other).status, 204);
  }
  EXPECT_EQ(rows_out(), 0u);
  EXPECT_TRUE(bank.users().empty());
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(TheLife, ALeaseOfABatchTokenEndsWithItAndWithItsParent) {
  const auto parent = new_token(R"({"policies":["app"],"ttl":"2h"})");
  const auto batch = world.value(world.ask("POST", "auth/token/create", R"({"type":"batch","ttl":"30m"})", parent), "auth.client_token");
  const auto made = lend("bank/creds/app", R"({"ttl":"1h"})", batch);
  EXPECT_EQ(world.value(made, "lease_duration"), "1800");
  const std::string id = lease_id(made);
  advance(minutes(10));
  EXPECT_EQ(world.value(about("renew", id, R"(,"increment":"1h")"), "lease_duration"), "1200");
  EXPECT_EQ(world.ask("POST", "auth/token/revoke", R"({"token":")" + parent + "\"}").status, 204);
  advance(seconds(1));
  EXPECT_FALSE(is_there(id));
  const auto orphan = new_token(R"({"type":"batch","ttl":"30m","policies":["app"],"no_parent":true})");
  const std::string last = borrow("bank/creds/app", R"({"ttl":"1h"})", orphan);
  advance(minutes(30));
  EXPECT_FALSE(is_there(last));
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(TheLife, TheLastUseOfATokenBorrowsNothing) {
  for (const char* path : {"bank/creds/app", "bank/users/app"}) {
    const auto token = new_token(R"({"policies":["app"],"num_uses":2})");
    const std::string id = borrow(path, "{}", token);
    const auto refused = lend(path, "{}", token);
    EXPECT_EQ(refused.status, 400);
    EXPECT_TRUE(refused.body.view().contains("token had one use left")) << refused.body.view();
    advance(seconds(10));
    EXPECT_FALSE(is_there(id)) << "it went with the token";
  }
  EXPECT_EQ(rows_out(), 0u);
  EXPECT_TRUE(bank.users().empty());
}

TEST_F(TheLife, AMountTakesBackWhatItIssuedBeforeItGoes) {
  const std::string row = borrow(), user = borrow("bank/users/app");
  EXPECT_EQ(bank.users().size(), 1u);
  EXPECT_EQ(world.ask("DELETE", "sys/mounts/bank").status, 204);
  advance(seconds(1));
  advance(seconds(1));
  EXPECT_FALSE(is_there(row));
  EXPECT_FALSE(is_there(user));
  EXPECT_TRUE(bank.users().empty());
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(TheLife, AMountThatMovesKeepsItsLeases) {
  const std::string id = borrow("bank/users/app");
  EXPECT_EQ(world.ask("POST", "sys/remount", R"({"from":"bank","to":"vault"})").status, 200);
  EXPECT_TRUE(is_there(id));
  EXPECT_EQ(about("renew", id).status, 200);
  EXPECT_TRUE(world.ask("LIST", "sys/leases/lookup/vault/users/app").body.view().contains(id.substr(id.rfind('/') + 1)));
  EXPECT_EQ(about("revoke", id).status, 204);
  EXPECT_TRUE(bank.users().empty());
}

TEST_F(TheLife, ALeaseThatIsWrappedIsUnwrappedAsOne) {
  auto request = World::request("POST", "bank/users/app");
  request.headers.push_back({"X-Vault-Wrap-TTL", "60s"});
  const auto wrapped = world.serve(std::move(request));
  EXPECT_EQ(world.value(wrapped, "lease_id"), "");
  const auto unwrapped = world.ask("POST", "sys/wrapping/unwrap", {}, world.value(wrapped, "wrap_info.token"));
  EXPECT_TRUE(is_there(lease_id(unwrapped)));
}

TEST_F(TheLife, TheAuditLogNamesTheLease) {
  FakeDevice::Switches device;
  // A device of this test's own, beside the lender.
  Bank other;
  World audited({.initialised = true, .table = memory_table(), .prepare = [&](Core& core) {
                   core.add_type(lender(other));
                   core.add_audit_type("fake", [&](AuditDeviceSetup) -> Result<std::unique_ptr<AuditDevice>> { return std::make_unique<FakeDevice>(device); });
                 }});
  ASSERT_EQ(audited.ask("POST", "sys/mounts/bank", R"({"type":"lender"})").status, 204);
  ASSERT_EQ(audited.ask("POST", "sys/audit/fake", R"({"type":"fake"})").status, 204);
  const auto made = audited.ask("POST", "bank/creds/app");
  EXPECT_TRUE(device.text.contains(R"("secret":{"lease_id":")" + audited.value(made, "lease_id"))) << device.text;
  EXPECT_FALSE(device.text.contains(audited.value(made, "data.secret")));
}

TEST_F(TheLife, TokensAreListedAmongLeases) {
  const auto token = new_token(R"({"policies":["app"],"ttl":"1h"})");
  const auto listed = world.ask("LIST", "sys/leases/lookup/auth/token/create");
  EXPECT_EQ(world.keys(listed), 2u) << "the root token's, which never ends, comes behind";
  Arena arena;
  const auto name = std::string((*json::parse(arena, listed.body.view()))->find("data")->find("keys")->items.front().text);
  const std::string id = "auth/token/create/" + name;
  EXPECT_EQ(world.value(about("lookup", id), "data.ttl"), "3600");
  EXPECT_EQ(about("renew", id).body.view(), "{\"errors\":[\"tokens cannot be renewed through this endpoint\"]}\n");
  EXPECT_EQ(about("revoke", id).status, 204);
  EXPECT_EQ(world.ask("GET", "auth/token/lookup-self", {}, token).status, 403);
  EXPECT_EQ(world.keys(world.ask("LIST", "sys/leases/lookup/auth/token/create")), 1u);
}

}  // namespace
}  // namespace sr::test
