// Quotas of leases where only the whole server can show them: under 64 hands at once, across a seal, while they are counted, and when
// what is made outside fails.
#include <gtest/gtest.h>
#include <thread>
#include "core/leases_world.h"

namespace sr::test {
namespace {

class LeaseQuota : public ::testing::Test, protected LeaseWorld {
 protected:
  void set(std::string_view name, std::string_view path, std::size_t most) {
    ASSERT_EQ(world.ask("POST", concat("sys/quotas/lease-count/", name), concat(R"({"path":")", path, R"(","max_leases":)", std::to_string(most), "}")).status, 204);
  }
  std::size_t counter(std::string_view name) { return std::stoul(world.value(world.ask("GET", concat("sys/quotas/lease-count/", name)), "data.counter")); }
  std::size_t rows_under(std::string_view folder) {
    std::size_t found = 0;
    for (const auto& row : rows_about_leases()) found += row.contains(folder);
    return found;
  }
  std::vector<http::Response> lend_many(std::size_t count, std::string_view path) {
    std::vector<http::Request> requests;
    for (std::size_t i = 0; i < count; ++i) requests.push_back(World::request("POST", path, "{}"));
    return world.serve_all(std::move(requests));
  }
};

TEST_F(LeaseQuota, OfManyAtOnceExactlySoManyAreMade) {
  set("q", "bank", 20);
  for (const char* path : {"bank/creds/app", "bank/users/app"}) {
    const auto answers = lend_many(64, path);
    EXPECT_EQ(std::ranges::count(answers, 200, &http::Response::status), 20) << path;
    EXPECT_EQ(std::ranges::count(answers, 429, &http::Response::status), 44) << path;
    EXPECT_EQ(counter("q"), 20u);
    EXPECT_EQ(world.ask("POST", "sys/leases/revoke-prefix/bank").status, 204);
    advance(std::chrono::seconds(1));
    EXPECT_EQ(counter("q"), 0u);
  }
  EXPECT_TRUE(bank.users().empty()) << "nothing is made outside for who is refused";
}

TEST_F(LeaseQuota, AtMostSoManyChildrenOfATokenBesideRevocations) {
  set("q", "auth/token", 5);
  std::vector<std::string> tokens;
  for (int i = 0; i < 5; ++i) tokens.push_back(new_token(R"({"policies":["default"]})"));
  std::vector<http::Request> requests;
  for (std::size_t i = 0; i < 64; ++i) {
    if (i % 13 == 0) requests.push_back(World::request("POST", "auth/token/revoke", concat(R"({"token":")", tokens[i / 13], "\"}")));
    requests.push_back(World::request("POST", "auth/token/create", R"({"policies":["default"]})"));
  }
  const auto answers = world.serve_all(std::move(requests));
  EXPECT_LE(std::ranges::count(answers, 200, &http::Response::status), 5);
  EXPECT_EQ(counter("q"), static_cast<std::size_t>(std::ranges::count(answers, 200, &http::Response::status)));
}

TEST_F(LeaseQuota, HoldsAtOnceAfterASealAndIsExactAfterTheWalk) {
  set("q", "bank", 10);
  for (int i = 0; i < 8; ++i) borrow();
  advance(std::chrono::seconds(1));
  borrow();  // not kept any more
  world.core().seal();
  ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()));
  EXPECT_EQ(counter("q"), 8u) << "as it was kept";
  EXPECT_EQ(lend().status, 200);
  EXPECT_EQ(lend().status, 200) << "the one that is too many was made in the second before the end";
  EXPECT_EQ(lend().status, 429);
  world.advance(std::chrono::seconds(0));
  EXPECT_EQ(counter("q"), 11u);
  EXPECT_EQ(rows_under("/core/lease/"), 11u);
}

TEST_F(LeaseQuota, CountsWhatIsThereAlready) {
  for (int i = 0; i < 12; ++i) borrow(i % 3 ? "bank/creds/app" : "bank/creds/other");
  set("q", "bank/creds", 5);
  set("r", "bank/creds/*", 5);
  world.advance(std::chrono::seconds(0));
  EXPECT_EQ(counter("q"), 0u);
  EXPECT_EQ(counter("r"), 12u);
  EXPECT_EQ(lend().status, 429);
  EXPECT_EQ(world.ask("DELETE", "sys/quotas/lease-count/r").status, 204);
  EXPECT_EQ(lend().status, 200);
}

// The walk looks at one snapshot; what is made and ended beside it is added to what it found.
TEST_F(LeaseQuota, IsExactHoweverMuchHappensWhileItIsCounted) {
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(borrow());
  set("q", "bank", 100'000);
  for (int round = 0; round < 6; ++round) {
    set("q", "bank", 100'001 + static_cast<std::size_t>(round));  // counted anew
    std::thread walker([&] { world.core().lease_counts().sweep(); });
    std::vector<http::Request> requests;
    for (int i = 0; i < 64; ++i) {
      requests.push_back(World::request("POST", "bank/creds/app", "{}"));
      if (i % 4 > 0 || ids.empty()) continue;
      requests.push_back(World::request("POST", "sys/leases/revoke", concat(R"({"lease_id":")", ids.back(), "\"}")));
      ids.pop_back();
    }
    world.serve_all(std::move(requests));
    walker.join();
    advance(std::chrono::seconds(0));
    EXPECT_EQ(counter("q"), rows_under("/core/lease/"));
  }
}

TEST_F(LeaseQuota, APlaceIsGivenBackWhenNothingWasMadeOutside) {
  set("q", "bank", 1);
  bank.set(Bank::Mood::failing);
  for (int i = 0; i < 3; ++i) EXPECT_GE(lend("bank/users/app").status, 500);
  bank.set(Bank::Mood::fine);
  EXPECT_EQ(lend("bank/users/app").status, 200);
  EXPECT_EQ(lend("bank/users/app").status, 429);
  EXPECT_EQ(bank.users().size(), 1u);
}

// Whoever asks for another spelling of his name is still he.
TEST_F(LeaseQuota, OfALoginHoldsInWhateverLetters) {
  ASSERT_EQ(world.ask("POST", "sys/auth/userpass", R"({"type":"userpass"})").status, 204);
  ASSERT_EQ(world.ask("POST", "auth/userpass/users/ada", R"({"password_hash":"$2b$05$03VBEmJaKS9Z1hd2MoF8E.qLzGQvxnJrG8zeF8lFX5/N7YKWUvohW"})").status, 204);
  set("q", "auth/userpass/login/Ada", 1);
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/ADA", R"({"password":"right"})", "").status, 200);
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/aDa", R"({"password":"right"})", "").status, 429);
  world.advance(std::chrono::seconds(0));
  EXPECT_EQ(counter("q"), 1u);
}

TEST_F(LeaseQuota, MetricsSayHowManyThereAre) {
  const auto metric = [&](std::string_view name) {
    const std::string text(world.ask("GET", "sys/metrics?format=prometheus").body.view());
    const auto at = text.find(concat("\n", name));
    return at == std::string::npos ? std::string("none") : text.substr(text.find(' ', at) + 1, text.find('\n', at + 1) - text.find(' ', at) - 1);
  };
  EXPECT_EQ(metric("vault_expire_num_leases"), "none") << "they are not counted yet";
  set("q", "bank", 3);
  world.advance(std::chrono::seconds(0));
  for (int i = 0; i < 4; ++i) lend();
  EXPECT_EQ(metric("vault_expire_num_leases"), "3");
  EXPECT_EQ(metric("vault_token_count"), "1");
  EXPECT_EQ(metric("vault_expire_num_irrevocable_leases"), "0");
  EXPECT_EQ(metric("vault_quota_lease_count_counter{name=\"q\"}"), "3");
  EXPECT_EQ(metric("vault_quota_lease_count_max{name=\"q\"}"), "3");
  EXPECT_EQ(metric("vault_quota_lease_count_violation{name=\"q\"}"), "1");
  new_token(R"({"policies":["default"],"ttl":"1h"})");
  EXPECT_EQ(metric("vault_token_count"), "2");
  EXPECT_EQ(metric(R"(vault_secret_lease_creation{creation_ttl="+Inf",mount_point="bank/",namespace="root",secret_engine="lender"})"), "3");
  EXPECT_EQ(metric(R"(vault_token_creation{auth_method="token",creation_ttl="1h",mount_point="auth/token/",namespace="root",token_type="service"})"), "1");
  EXPECT_EQ(metric("vault_expire_register_count"), "4");
}

}  // namespace
}  // namespace sr::test
