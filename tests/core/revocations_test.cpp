// Taking secrets back when what is outside fails, refuses or hangs: it is tried again, told of, and holds up nobody else.
#include <gtest/gtest.h>
#include "core/leases_world.h"

namespace sr::test {
namespace {

using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
class TakingBack : public ::testing::Test, protected LeaseWorld {};

TEST_F(TakingBack, WhatFailsIsTriedAgainLaterAndLaterAndCalledIrrevocableInTheEnd) {
  const std::string id = borrow("bank/users/app", R"({"ttl":60})");
  bank.set(Bank::Mood::failing);
  advance(seconds(60));
  EXPECT_EQ(bank.revocations(), 1);
  EXPECT_TRUE(is_there(id));
  EXPECT_EQ(about("renew", id).body.view(), "{\"errors\":[\"lease expired\"]}\n");
  advance(seconds(1));
  EXPECT_EQ(bank.revocations(), 1) << "not at once";
  EXPECT_EQ(irrevocable(), "0");
  for (int tries = 2; tries <= 6; ++tries) {
    advance(seconds(10 * (1 << (tries - 1))));
    EXPECT_EQ(bank.revocations(), tries);
  }
  EXPECT_EQ(irrevocable(), "1");
  const auto listed = world.ask("GET", "sys/leases?type=irrevocable");
  EXPECT_TRUE(listed.body.view().contains(id)) << listed.body.view();
  EXPECT_TRUE(listed.body.view().contains("out of retries: failed to revoke entry")) << listed.body.view();
  EXPECT_TRUE(about("lookup", id).body.view().contains("revoke_error"));
  EXPECT_EQ(about("renew", id).body.view(), "{\"errors\":[\"lease is expired and has failed previous revocation attempts\"]}\n");
  for (int hour = 0; hour < 20; ++hour) advance(hours(1));
  EXPECT_EQ(bank.revocations(), 26) << "without end, but no more than once an hour";
  bank.set(Bank::Mood::fine);
  advance(hours(1));
  EXPECT_FALSE(is_there(id));
  EXPECT_EQ(irrevocable(), "0");
  EXPECT_TRUE(bank.users().empty());
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(TakingBack, WhatIsRefusedIsIrrevocableAtOnceAndRetriedOnDemand) {
  const std::string id = borrow("bank/users/app", R"({"ttl":60})");
  bank.set(Bank::Mood::refusing);
  advance(seconds(60));
  EXPECT_EQ(irrevocable(), "1");
  const auto refused = about("revoke", id);
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.body.view().contains("no such role")) << refused.body.view();
  bank.set(Bank::Mood::fine);
  EXPECT_EQ(about("revoke", id).status, 204);
  EXPECT_FALSE(is_there(id));
  EXPECT_EQ(irrevocable(), "0");
}

TEST_F(TakingBack, ForceForgetsWhatCannotBeTakenBack) {
  const std::string one = borrow("bank/users/app"), two = borrow("bank/users/app"), row = borrow("bank/creds/app");
  bank.set(Bank::Mood::failing);
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-prefix/bank/users").status, 400);
  EXPECT_TRUE(is_there(one) && is_there(two));
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-force/" + one).status, 204);
  EXPECT_FALSE(is_there(one));
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-force/bank").status, 204);
  EXPECT_FALSE(is_there(two) || is_there(row));
  EXPECT_EQ(bank.users().size(), 2u);
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(TakingBack, APrefixIsRevokedAndNothingBesideIt) {
  Strings inside, outside;
  for (int i = 0; i < 50; ++i) inside.push_back(borrow(i % 2 ? "bank/creds/a/x" : "bank/users/a"));
  for (const char* path : {"bank/creds/ab", "bank/creds/b", "bank/users/ab"}) outside.push_back(borrow(path));
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-prefix/bank/creds/a").status, 204);
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-prefix/bank/users/a/", R"({"sync":false})").status, 400);
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-prefix/bank/users/a", R"({"sync":false})").status, 202);
  advance(seconds(1));
  for (const auto& id : inside) EXPECT_FALSE(is_there(id)) << id;
  for (const auto& id : outside) EXPECT_TRUE(is_there(id)) << id;
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-prefix/" + outside.front()).status, 204);
  EXPECT_FALSE(is_there(outside.front()));
}

TEST_F(TakingBack, WhatHangsHoldsUpNobodyElseAndNoSeal) {
  ASSERT_EQ(world.ask("POST", "sys/mounts/other", R"({"type":"lender"})").status, 204);
  Strings hanging;
  for (int i = 0; i < 20; ++i) hanging.push_back(borrow("bank/users/app", R"({"ttl":60})"));
  const std::string row = borrow("bank/creds/app", R"({"ttl":60})"), elsewhere = borrow("other/creds/app", R"({"ttl":60})");
  bank.set(Bank::Mood::hanging);
  world.advance(seconds(60));
  while (bank.hanging() < 4) std::this_thread::yield();
  EXPECT_FALSE(is_there(row));
  EXPECT_FALSE(is_there(elsewhere));
  EXPECT_EQ(bank.hanging(), 4) << "no mount has more than its share";
  EXPECT_EQ(about("revoke", borrow("other/creds/app")).status, 204);
  EXPECT_EQ(world.ask("POST", "sys/leases/revoke-force/other").status, 204);
  world.core().seal();
  ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
  for (const auto& id : hanging) EXPECT_TRUE(is_there(id));
  bank.release();
  advance(hours(1));
  for (const auto& id : hanging) EXPECT_FALSE(is_there(id));
  EXPECT_TRUE(bank.users().empty());
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(TakingBack, ADisabledMountWaitsForWhatItCannotTakeBack) {
  borrow("bank/users/app");
  bank.set(Bank::Mood::failing);
  EXPECT_EQ(world.ask("DELETE", "sys/mounts/bank").status, 204);
  for (int i = 0; i < 3; ++i) advance(seconds(1));
  EXPECT_EQ(bank.users().size(), 1u);
  EXPECT_EQ(world.keys(world.ask("LIST", "sys/leases/lookup/bank/users/app")), 1u);
  // A mount in its place has nothing to do with it.
  ASSERT_EQ(world.ask("POST", "sys/mounts/bank", R"({"type":"lender"})").status, 204);
  bank.set(Bank::Mood::fine);
  const std::string mine = borrow("bank/users/app");
  advance(hours(1));
  advance(seconds(1));
  EXPECT_TRUE(is_there(mine));
  EXPECT_EQ(bank.users().size(), 1u);
}

TEST_F(TakingBack, WhatWasDueWhileSealedIsTakenAfterwards) {
  const std::string id = borrow("bank/users/app", R"({"ttl":60})"), row = borrow("bank/creds/app", R"({"ttl":60})");
  world.core().seal();
  advance(minutes(5));
  ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
  advance(seconds(1));
  EXPECT_FALSE(is_there(id) || is_there(row));
  EXPECT_TRUE(bank.users().empty());
}

}  // namespace
}  // namespace sr::test
