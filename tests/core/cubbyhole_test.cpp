// A cubbyhole lives as long as its token and leaves no row behind, whatever happens at the same time.
#include <gtest/gtest.h>
#include "core/world.h"
#include "logical/cubbyhole_rows.h"

namespace sr::test {
namespace {

class Cubbyholes : public ::testing::Test {
 protected:
  std::string new_token(std::string_view body) { return world.value(world.ask("POST", "auth/token/create", body), "auth.client_token"); }

  // All rows of all cubbyholes, and what is left to be done about them.
  std::size_t rows_left() {
    Transaction transaction(world.core().store(), &world.core().barrier());
    transaction.go_on(Tier::any);
    const auto rows = View::mount(transaction, NamespaceId("root"), cubbyhole::mount_uuid).list("", {}, Depth::all);
    const auto jobs = core_view(transaction).list("job/", {}, Depth::all);
    return rows->size() + jobs->size();
  }
  std::vector<http::Request> writes(const std::string& token, int count) {
    std::vector<http::Request> requests;
    for (int i = 0; i < count; ++i) requests.push_back(World::request("POST", "cubbyhole/k" + std::to_string(i), R"({"k":"v"})", token));
    return requests;
  }
  World world;
};

TEST_F(Cubbyholes, NothingIsWrittenBehindTheBackOfARevocation) {
  for (int round = 0; round < 10; ++round) {
    const auto token = new_token(round % 2 ? R"({"policies":["default"]})" : R"({"policies":["default"],"num_uses":100})");
    auto requests = writes(token, 32);
    requests.insert(requests.begin() + 3 * round, World::request("POST", "auth/token/revoke", R"({"token":")" + token + "\"}"));
    for (const auto& response : world.serve_all(std::move(requests))) EXPECT_TRUE(response.status == 204 || response.status == 403) << response.body.view();
    EXPECT_EQ(world.ask("GET", "cubbyhole/k0", {}, token).status, 403);
    world.core().sweep();
    EXPECT_EQ(rows_left(), 0u);
  }
}

TEST_F(Cubbyholes, ALargeOneIsEmptiedInSteps) {
  const auto token = new_token(R"({"id":"chosen","policies":["default"]})");
  for (const auto& response : world.serve_all(writes(token, 200))) EXPECT_EQ(response.status, 204);
  EXPECT_EQ(rows_left(), 201u);
  EXPECT_EQ(world.ask("POST", "auth/token/revoke", R"({"token":"chosen"})").status, 204);
  EXPECT_EQ(rows_left(), 201u);  // the intent in place of the marker
  // Until it is empty nobody gets a token under that name, and with it what is left.
  EXPECT_EQ(world.ask("POST", "auth/token/create", R"({"id":"chosen","policies":["default"]})").status, 400);
  world.core().sweep();
  EXPECT_EQ(rows_left(), 0u);
  EXPECT_EQ(world.ask("POST", "auth/token/create", R"({"id":"chosen","policies":["default"]})").status, 200);
  EXPECT_EQ(world.ask("LIST", "cubbyhole", {}, token).status, 404);
}

TEST_F(Cubbyholes, ItGoesWithAnExpiredASpentAndAnInheritedToken) {
  const auto brief = new_token(R"({"policies":["default"],"ttl":"60s"})");
  const auto periodic = new_token(R"({"policies":["default"],"period":"60s"})");
  const auto few = new_token(R"({"policies":["default"],"num_uses":1})");
  const auto parent = new_token(R"({"policies":["root"]})");
  const auto child = world.value(world.ask("POST", "auth/token/create", R"({"policies":["default"]})", parent), "auth.client_token");
  for (const auto& token : {brief, periodic, few, child}) EXPECT_EQ(world.ask("POST", "cubbyhole/a", R"({"k":"v"})", token).status, 204);
  EXPECT_EQ(world.ask("POST", "auth/token/revoke", R"({"token":")" + parent + "\"}").status, 204);
  EXPECT_EQ(rows_left(), 6u);
  world.advance(std::chrono::seconds(30));
  EXPECT_EQ(rows_left(), 4u);  // the spent one went
  EXPECT_EQ(world.ask("POST", "auth/token/renew-self", {}, periodic).status, 200);
  world.advance(std::chrono::seconds(40));
  EXPECT_EQ(world.ask("GET", "cubbyhole/a", {}, periodic).status, 200);
  EXPECT_EQ(rows_left(), 2u);
  world.advance(std::chrono::seconds(61));
  EXPECT_EQ(rows_left(), 0u);
}

}  // namespace
}  // namespace sr::test
