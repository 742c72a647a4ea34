// Leases under 64 hands at once: whoever makes one under something that goes, or prolongs what is being taken back, ends in a state
// that some order explains. What is handed out is either there and listed, or taken back.
#include <gtest/gtest.h>
#include "core/leases_world.h"

namespace sr::test {
namespace {

constexpr int parallel = 64;

class LeaseRaces : public ::testing::Test, protected LeaseWorld {
 protected:
  // One request among many others.
  std::vector<http::Response> amid(http::Request one, const std::function<http::Request(int)>& other) {
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i) {
      if (i == parallel / 2) requests.push_back(std::move(one));
      requests.push_back(other(i));
    }
    return world.serve_all(std::move(requests));
  }
  void settle() {
    for (int i = 0; i < 3; ++i) advance(std::chrono::seconds(1));
  }
};

TEST_F(LeaseRaces, NothingIsBorrowedUnderATokenThatIsRevokedMeanwhile) {
  for (const char* path : {"bank/creds/app", "bank/users/app"}) {
    for (int round = 0; round < 4; ++round) {
      const auto token = new_token(R"({"policies":["app"]})");
      const auto responses = amid(World::request("POST", "auth/token/revoke", R"({"token":")" + token + "\"}"),
                                  [&](int) { return World::request("POST", path, "{}", token); });
      settle();
      for (const auto& response : responses)
        EXPECT_TRUE(response.status != 200 || !is_there(lease_id(response)));
    }
  }
  EXPECT_EQ(rows_out(), 0u);
  EXPECT_TRUE(bank.users().empty()) << "what was made outside for a token that is gone is taken back";
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(LeaseRaces, NothingIsProlongedThatIsTakenBack) {
  for (const char* path : {"bank/creds/app", "bank/users/app"}) {
    for (int round = 0; round < 4; ++round) {
      const std::string id = borrow(path);
      const std::string body = R"({"lease_id":")" + id + "\"}";
      for (const auto& response : amid(World::request("POST", "sys/leases/revoke", body), [&](int) { return World::request("POST", "sys/leases/renew", body); }))
        EXPECT_TRUE(response.status == 200 || response.status == 204 || response.status == 400) << response.body.view();
      EXPECT_FALSE(is_there(id));
      EXPECT_EQ(about("renew", id).status, 400);
    }
  }
  EXPECT_TRUE(bank.users().empty());
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(LeaseRaces, NothingIsLeftOfAMountThatIsDisabledMeanwhile) {
  for (int round = 0; round < 4; ++round) {
    ASSERT_EQ(world.ask("POST", "sys/mounts/brief", R"({"type":"lender"})").status, 204);
    amid(World::request("DELETE", "sys/mounts/brief"), [&](int i) { return World::request("POST", i % 2 ? "brief/creds/app" : "brief/users/app"); });
    settle();
    EXPECT_EQ(world.ask("LIST", "sys/leases/lookup/brief").status, 404);
    EXPECT_TRUE(bank.users().empty());
    EXPECT_EQ(rows_about_leases(), Strings());
  }
}

TEST_F(LeaseRaces, OfManyWhoRevokeOneAllHearThatItIsGone) {
  for (const char* path : {"bank/creds/app", "bank/users/app"}) {
    const std::string id = borrow(path);
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i)
      requests.push_back(World::request("POST", i % 3 ? "sys/leases/revoke" : "sys/leases/revoke-prefix/bank", i % 3 ? R"({"lease_id":")" + id + "\"}" : "{}"));
    for (const auto& response : world.serve_all(std::move(requests))) EXPECT_EQ(response.status, 204) << response.body.view();
    EXPECT_FALSE(is_there(id));
  }
  EXPECT_EQ(rows_about_leases(), Strings());
}

TEST_F(LeaseRaces, ManyBorrowAtOnceUnderOneTokenWithoutWaitingForEachOther) {
  const auto token = new_token(R"({"policies":["app"]})");
  std::vector<http::Request> requests;
  for (int i = 0; i < 4 * parallel; ++i) requests.push_back(World::request("POST", "bank/creds/app", "{}", token));
  for (const auto& response : world.serve_all(std::move(requests))) EXPECT_EQ(response.status, 200);
  EXPECT_EQ(rows_out(), 4u * parallel);
}

}  // namespace
}  // namespace sr::test
