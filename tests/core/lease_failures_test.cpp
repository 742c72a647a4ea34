// Leases when the store fails at any commit, and what a crash leaves: no half state, nothing outside that nobody knows of, and the same
// request succeeds afterwards.
#include <gtest/gtest.h>
#include "core/keys.h"
#include "core/leases_world.h"
#include "core/outside_intents.h"
#include "storage/record.h"

namespace sr::test {
namespace {

using std::chrono::hours, std::chrono::seconds;

struct FlakyLeases : FlakyTable::Switches, LeaseWorld {
  FlakyLeases() : LeaseWorld(std::make_unique<FlakyTable>(*this)) {}
};

TEST(LeaseFailures, NoCommitThatFailsLosesASecretOutside) {
  for (int passing = 0; passing < 3; ++passing) {
    FlakyLeases leases;
    leases.fail_after = passing;
    const auto response = leases.lend("bank/users/app");
    EXPECT_EQ(response.status, passing < 2 ? 500 : 200) << passing;  // the plan, the settlement
    leases.fail_after = -1;
    EXPECT_EQ(leases.bank.users().size(), passing == 0 ? 0u : 1u) << "made, and its settlement may have failed";
    // The next unseal finds the intent and undoes what was done.
    leases.world.core().seal();
    ASSERT_TRUE(leases.world.core().unseal(leases.world.unseal_key().reveal()).has_value());
    leases.world.core().revocations().lane().wait_until_idle();
    leases.advance(seconds(1));
    EXPECT_EQ(leases.bank.users().size(), passing < 2 ? 0u : 1u) << passing;
    EXPECT_EQ(leases.rows_about_leases().size(), passing < 2 ? 0u : 4u) << passing;
    EXPECT_EQ(leases.lend("bank/users/app").status, 200);
  }
}

// It need not wait for the next unseal; and while the store fails, nobody outside is asked again and again.
TEST(LeaseFailures, ASettlementThatFailsIsTriedAgainMoreAndMoreSeldom) {
  FlakyLeases leases;
  leases.fail_after = 1;
  EXPECT_EQ(leases.lend("bank/users/app").status, 500);
  EXPECT_EQ(leases.bank.users().size(), 1u);
  int asked = 0;
  for (const int wait : {0, 10, 20, 40}) {
    for (const int early : {1, wait - 1 - 1}) {
      if (wait > 0) leases.advance(seconds(std::max(early, 0)));
      EXPECT_EQ(leases.bank.revocations(), asked) << "too early, after " << wait;
    }
    leases.fail_after = 0;
    leases.advance(seconds(1));
    EXPECT_EQ(leases.bank.revocations(), ++asked) << wait;
    EXPECT_EQ(leases.rows_about_leases().size(), 1u) << "the intent";
  }
  leases.fail_after = -1;
  leases.advance(seconds(80));
  EXPECT_EQ(leases.bank.revocations(), asked += 2) << "by the intent, and by the lease that it has left, which ended at once";
  EXPECT_TRUE(leases.bank.users().empty());
  EXPECT_EQ(leases.rows_about_leases(), Strings());
  leases.advance(hours(2));
  EXPECT_EQ(leases.bank.revocations(), asked);
}

TEST(LeaseFailures, ARevocationThatFailsAnywhereSucceedsAfterwards) {
  const char* paths[] = {"bank/users/app", "bank/creds/app"};
  for (const char* path : paths) {
    for (const char* request : {"sys/leases/revoke", "sys/leases/revoke-prefix/bank", "sys/leases/revoke-force/bank"}) {
      bool failed = true;
      for (int passing = 0; failed && passing < 12; ++passing) {
        FlakyLeases leases;
        const std::string id = leases.borrow(path);
        const auto body = R"({"lease_id":")" + id + "\"}";
        leases.fail_after = passing;
        const auto response = leases.world.ask("POST", request, body);
        failed = leases.fail_after < 0;
        leases.fail_after = -1;
        EXPECT_TRUE(response.status == 204 || failed) << request << passing << response.body.view();
        EXPECT_EQ(leases.world.ask("POST", request, body).status, 204) << request << ' ' << path << ' ' << passing;
        leases.advance(hours(2));
        EXPECT_FALSE(leases.is_there(id));
        EXPECT_TRUE(leases.bank.users().empty());
        EXPECT_EQ(leases.rows_about_leases(), Strings()) << request << passing;
      }
      EXPECT_FALSE(failed) << "there was always one more commit";
    }
  }
}

TEST(LeaseFailures, TheEndOfATokenAndOfAMountGoesOnWhereverItFailed) {
  for (const bool of_mount : {false, true}) {
    for (int passing = 0; passing < 8; ++passing) {
      FlakyLeases leases;
      const auto token = leases.new_token(R"({"policies":["app"]})");
      for (int i = 0; i < 30; ++i) leases.borrow(i % 2 ? "bank/users/app" : "bank/creds/app", "{}", token);
      leases.fail_after = passing;
      const auto end = [&] { return of_mount ? leases.world.ask("DELETE", "sys/mounts/bank") : leases.world.ask("POST", "auth/token/revoke", R"({"token":")" + token + "\"}"); };
      const auto response = end();
      leases.advance(seconds(1));
      leases.fail_after = -1;
      EXPECT_TRUE(response.status == 204 || end().status == 204);
      for (int i = 0; i < 3; ++i) leases.advance(hours(1));
      EXPECT_TRUE(leases.bank.users().empty());
      EXPECT_EQ(leases.rows_about_leases(), Strings()) << passing;
    }
  }
}

TEST(LeaseFailures, ARenewalThatCannotBeWrittenProlongsNothing) {
  for (int passing = 0; passing < 3; ++passing) {
    FlakyLeases leases;
    const std::string id = leases.borrow("bank/users/app", R"({"ttl":"1h"})");
    leases.fail_after = passing;
    const auto response = leases.about("renew", id, R"(,"increment":"5h")");
    leases.fail_after = -1;
    EXPECT_EQ(response.status, passing < 2 ? 500 : 200);
    EXPECT_EQ(leases.world.value(leases.about("lookup", id), "data.ttl"), passing < 2 ? "3600" : "18000");
    EXPECT_EQ(leases.world.value(leases.about("renew", id, R"(,"increment":"2h")"), "lease_duration"), "7200");
  }
}

}  // namespace
}  // namespace sr::test
