// Races that a whole server must win: what is promised exactly n times happens exactly n times, and what is taken away is gone.
#include <gtest/gtest.h>
#include "core/world.h"

namespace sr::test {
namespace {

constexpr int parallel = 64;

// A user whose password is checked quickly.
constexpr const char* cheap_hash = R"({"password_hash":"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"})";
constexpr const char* right = R"({"password":"U*U"})";

std::size_t count(const std::vector<http::Response>& responses, int status) {
  return static_cast<std::size_t>(std::ranges::count(responses, status, &http::Response::status));
}

class Races : public ::testing::Test {
 protected:
  Races() {
    EXPECT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
    EXPECT_EQ(world.ask("POST", "sys/policies/acl/app", R"({"policy":"path \"secret/*\" { capabilities = [\"create\",\"read\",\"update\"] } path \"auth/token/create\" { capabilities = [\"update\"] }"})").status, 204);
  }
  std::string new_token(std::string_view body) { return world.value(world.ask("POST", "auth/token/create", body), "auth.client_token"); }
  World world;
};

TEST_F(Races, ALimitedTokenHasExactlyItsUses) {
  EXPECT_EQ(world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status, 200);
  const auto token = new_token(R"({"policies":["app"],"num_uses":20})");
  std::vector<http::Request> requests;
  for (int i = 0; i < parallel; ++i) requests.push_back(World::request("GET", i % 2 ? "secret/data/a" : "sys/mounts", {}, token));  // refused ones spend too
  const auto responses = world.serve_all(std::move(requests));
  std::size_t served = 0;
  for (const auto& response : responses) served += response.status == 200 || response.body.view().contains("1 error occurred") || response.status == 503;
  EXPECT_EQ(served, 20u);
  EXPECT_EQ(count(responses, 503), 0u);
  EXPECT_EQ(world.ask("GET", "secret/data/a", {}, token).status, 403);
}

TEST_F(Races, ASecretIdHasExactlyItsUses) {
  EXPECT_EQ(world.ask("POST", "sys/auth/approle", R"({"type":"approle"})").status, 204);
  EXPECT_EQ(world.ask("POST", "auth/approle/role/app", R"({"token_policies":["app"],"secret_id_num_uses":5})").status, 204);
  const auto role_id = world.value(world.ask("GET", "auth/approle/role/app/role-id"), "data.role_id");
  const auto secret_id = world.value(world.ask("POST", "auth/approle/role/app/secret-id"), "data.secret_id");
  const auto body = R"({"role_id":")" + role_id + R"(","secret_id":")" + secret_id + "\"}";
  std::vector<http::Request> requests;
  for (int i = 0; i < parallel; ++i) requests.push_back(World::request("POST", "auth/approle/login", body, ""));
  const auto responses = world.serve_all(std::move(requests));
  EXPECT_EQ(count(responses, 200), 5u);
  EXPECT_EQ(count(responses, 400), 5u);  // and then the role is locked out
  EXPECT_EQ(count(responses, 403), static_cast<std::size_t>(parallel) - 10);
}

TEST_F(Races, OfManyGuessesAtOnceNoMoreThanTheThresholdAreJudged) {
  EXPECT_EQ(world.ask("POST", "sys/auth/userpass", R"({"type":"userpass"})").status, 204);
  EXPECT_EQ(world.ask("POST", "auth/userpass/users/ada", cheap_hash).status, 204);
  const char* spellings[] = {"ada", "Ada", "ADA", "aDa"};
  for (const auto& [name, guesses] : {std::pair("", parallel), std::pair("nobody", 16)}) {
    std::vector<http::Request> requests;
    for (int i = 0; i < guesses; ++i) requests.push_back(World::request("POST", "auth/userpass/login/" + std::string(spellings[i % 4]) + name, R"({"password":"wrong"})", ""));
    const auto responses = world.serve_all(std::move(requests));
    EXPECT_EQ(count(responses, 400), 5u);
    EXPECT_EQ(count(responses, 403), static_cast<std::size_t>(guesses) - 5);
  }
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/ada", right, "").status, 403);
  world.advance(std::chrono::minutes(15));
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/ada", right, "").status, 200);
}

TEST_F(Races, ALockOutlivesASealAndItsRowsGoWhenTheyCountNoMore) {
  EXPECT_EQ(world.ask("POST", "sys/auth/userpass", R"({"type":"userpass"})").status, 204);
  EXPECT_EQ(world.ask("POST", "sys/auth/brief", R"({"type":"userpass"})").status, 204);
  for (const auto* login : {"auth/userpass/login/ada", "auth/brief/login/ada"}) {
    EXPECT_EQ(world.ask("POST", std::string("auth/") + (login[5] == 'u' ? "userpass" : "brief") + "/users/ada", cheap_hash).status, 204);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(world.ask("POST", login, R"({"password":"wrong"})", "").status, 400);
  }
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/once", R"({"password":"wrong"})", "").status, 400);
  const auto rows = [&] {
    const auto keys = world.core().store().snapshot()->list("", {}, Depth::all).value();
    return std::ranges::count_if(keys, [](const std::string& key) { return key.contains("/lockout/"); });
  };
  EXPECT_EQ(rows(), 3);
  world.core().seal();
  ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/ada", right, "").status, 403);
  EXPECT_EQ(world.ask("DELETE", "sys/auth/brief").status, 204);
  world.advance(std::chrono::minutes(14));
  EXPECT_EQ(rows(), 2) << "those of a mount that is gone count no more";
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/ada", right, "").status, 403);
  world.advance(std::chrono::minutes(2));
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(world.ask("POST", "auth/userpass/login/ada", right, "").status, 200);
}

TEST_F(Races, ARightGuessAmongWrongOnesIsJudgedInTheirOrder) {
  EXPECT_EQ(world.ask("POST", "sys/auth/userpass", R"({"type":"userpass"})").status, 204);
  EXPECT_EQ(world.ask("POST", "auth/userpass/users/ada", cheap_hash).status, 204);
  std::vector<http::Request> requests;
  for (int i = 0; i < 24; ++i) requests.push_back(World::request("POST", "auth/userpass/login/ada", i % 4 == 3 ? right : R"({"password":"wrong"})", ""));
  int wrong_in_a_row = 0;
  bool was_locked = false;
  std::mutex mutex;  // `seen` runs on one loop, in the order of the commits
  world.serve_all(std::move(requests), [&](const http::Response& response) {
    std::lock_guard lock(mutex);
    if (response.status == 400) wrong_in_a_row += 1;
    if (response.status == 200) wrong_in_a_row = 0;
    EXPECT_TRUE(!was_locked || response.status == 403) << response.status;
    EXPECT_LE(wrong_in_a_row, 5);
    was_locked = was_locked || wrong_in_a_row == 5;
  });
}

TEST_F(Races, OneOfManyCheckAndSetsWinsEachVersion) {
  for (int version = 0; version < 5; ++version) {
    std::vector<http::Request> requests;
    const auto body = R"({"options":{"cas":)" + std::to_string(version) + R"(},"data":{"k":"v"}})";
    for (int i = 0; i < parallel; ++i) requests.push_back(World::request("POST", "secret/data/raced", body));
    const auto responses = world.serve_all(std::move(requests));
    EXPECT_EQ(count(responses, 200), 1u);
    EXPECT_EQ(count(responses, 400), static_cast<std::size_t>(parallel) - 1);
  }
}

TEST_F(Races, AnUnconditionalWriteIsNeverLost) {
  std::vector<http::Request> requests;
  for (int i = 0; i < parallel; ++i) requests.push_back(World::request("POST", "secret/data/hot", R"({"data":{"k":"v"}})"));
  const auto responses = world.serve_all(std::move(requests));
  EXPECT_EQ(count(responses, 200), static_cast<std::size_t>(parallel));
  EXPECT_EQ(world.value(world.ask("GET", "secret/data/hot"), "data.metadata.version"), std::to_string(parallel));
}

// In some rounds, the next table is published between a request's look at the table and its write.
TEST_F(Races, AMountPathIsTakenOnce) {
  for (int round = 0; round < 12; ++round) {
    const std::string path = "sys/mounts/team" + std::to_string(round);
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i) requests.push_back(World::request("POST", i % 2 ? path + "/a" : path, R"({"type":"kv-v2"})"));
    const auto responses = world.serve_all(std::move(requests));
    EXPECT_EQ(count(responses, 204), 1u);
    EXPECT_EQ(count(responses, 400), static_cast<std::size_t>(parallel) - 1);
  }
}

TEST_F(Races, ALargeTreeOfTokensEndsAtOnceAndLeavesNothing) {
  const auto parent = new_token(R"({"policies":["app"]})");
  std::vector<http::Request> requests;
  for (int i = 0; i < 300; ++i) requests.push_back(World::request("POST", "auth/token/create", "{}", parent));
  std::vector<std::string> children;
  for (const auto& response : world.serve_all(std::move(requests))) {
    ASSERT_EQ(response.status, 200);
    children.push_back(world.value(response, "auth.client_token"));
  }
  EXPECT_EQ(world.ask("GET", "auth/token/lookup-self", {}, children.back()).status, 200);
  ASSERT_EQ(world.ask("POST", "auth/token/create", "{}", children.back()).status, 200);
  EXPECT_EQ(world.ask("POST", "auth/token/revoke", R"({"token":")" + parent + "\"}").status, 204);
  for (const auto& child : children) EXPECT_EQ(world.ask("GET", "auth/token/lookup-self", {}, child).status, 403);
  // Its end was answered: nobody makes an orphan of what the job has not come to yet.
  EXPECT_EQ(world.ask("POST", "auth/token/revoke-orphan", R"({"token":")" + children.back() + "\"}").status, 400);
  world.core().sweep();
  world.core().sweep();
  EXPECT_EQ(world.ask("GET", "auth/token/lookup-self", {}, children.front()).status, 403);
  EXPECT_EQ(world.keys(world.ask("LIST", "auth/token/accessors")), 1u);  // root's
}

TEST_F(Races, NoChildOutlivesAParentThatIsRevokedMeanwhile) {
  for (int round = 0; round < 5; ++round) {
    const auto parent = new_token(R"({"policies":["app"]})");
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i) {
      if (i == parallel / 2) requests.push_back(World::request("POST", "auth/token/revoke", R"({"token":")" + parent + "\"}"));
      requests.push_back(World::request("POST", "auth/token/create", "{}", parent));
    }
    for (const auto& response : world.serve_all(std::move(requests))) {
      if (response.status != 200) continue;
      EXPECT_EQ(world.ask("GET", "auth/token/lookup-self", {}, world.value(response, "auth.client_token")).status, 403);
    }
  }
}

TEST_F(Races, NoWriteIsLostInAMountThatIsUpgradedMeanwhile) {
  for (int round = 0; round < 5; ++round) {
    const auto mount = "old" + std::to_string(round);
    EXPECT_EQ(world.ask("POST", "sys/mounts/" + mount, R"({"type":"kv-v1"})").status, 204);
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i) {
      if (i == parallel / 2) requests.push_back(World::request("POST", "sys/mounts/" + mount + "/tune", R"({"options":{"version":"2"}})"));
      requests.push_back(World::request("POST", mount + "/k" + std::to_string(i), R"({"k":"v"})"));
    }
    const auto responses = world.serve_all(std::move(requests));
    EXPECT_EQ(world.ask("GET", mount + "/data/k0").status, 400);  // until the job has been here
    world.core().sweep();
    for (int i = 0; i < parallel; ++i) {
      const auto& written = responses[static_cast<std::size_t>(i < parallel / 2 ? i : i + 1)];
      EXPECT_TRUE(written.status == 204 || written.body.view().contains("Upgrading from non-versioned")) << written.body.view();
      EXPECT_EQ(world.ask("GET", mount + "/data/k" + std::to_string(i)).status, written.status == 204 ? 200 : 404);
    }
  }
}

TEST_F(Races, NothingIsWrittenIntoAMountThatGoes) {
  for (int round = 0; round < 5; ++round) {
    EXPECT_EQ(world.ask("POST", "sys/mounts/brief", R"({"type":"kv-v2"})").status, 204);
    std::vector<http::Request> requests;
    for (int i = 0; i < parallel; ++i) {
      if (i == parallel / 2) requests.push_back(World::request("DELETE", "sys/mounts/brief"));
      requests.push_back(World::request("POST", "brief/data/k" + std::to_string(i), R"({"data":{"k":"v"}})"));
    }
    for (const auto& response : world.serve_all(std::move(requests))) EXPECT_TRUE(response.status == 200 || response.status == 204 || response.status == 404) << response.status;
    world.core().sweep();
    EXPECT_EQ(world.ask("POST", "sys/mounts/brief", R"({"type":"kv-v2"})").status, 204);
    EXPECT_EQ(world.ask("LIST", "brief/metadata").status, 404);
    EXPECT_EQ(world.ask("DELETE", "sys/mounts/brief").status, 204);
  }
}

TEST_F(Races, APolicyHoldsFromTheMomentThatItsWriteIsAnswered) {
  const auto token = new_token(R"({"policies":["app"]})");
  EXPECT_EQ(world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status, 200);
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(world.ask("POST", "sys/policies/acl/app", R"({"policy":"path \"secret/*\" { capabilities = [\"deny\"] }"})").status, 204);
    EXPECT_EQ(world.ask("GET", "secret/data/a", {}, token).status, 403);
    EXPECT_EQ(world.ask("POST", "sys/policies/acl/app", R"({"policy":"path \"secret/*\" { capabilities = [\"read\"] }"})").status, 204);
    EXPECT_EQ(world.ask("GET", "secret/data/a", {}, token).status, 200);
  }
}

}  // namespace
}  // namespace sr::test
