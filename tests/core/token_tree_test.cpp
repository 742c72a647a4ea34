// A tree of 100,000 tokens goes as a job: who asked is answered at once, nothing under it is good for anything from then on, others are
// served meanwhile, and a restart in the middle of it goes on where the rows say it is.
#include <gtest/gtest.h>
#include <atomic>
#include <thread>
#include "core/fakes.h"

namespace sr::test {
namespace {

constexpr std::size_t branches = 100, leaves = 1000, depth = 300;

class TokenTree {
 public:
  explicit TokenTree(World& world) : world_(world) {}

  MadeToken add(const MadeToken* parent, std::size_t count) {
    std::optional<MadeToken> last;
    for (std::size_t done = 0; done < count;) {
      Transaction transaction(world_.core().store(), &world_.core().barrier());
      transaction.go_on(Tier::any);
      for (std::size_t i = 0; i < 100 && done < count; ++i, ++done) {
        NewToken wanted;
        wanted.token.path = "auth/token/create";
        wanted.token.display_name = "token";
        wanted.token.policies = {"root"};
        wanted.token.created = world_.core().clock().now();
        wanted.token.orphan = parent == nullptr;
        if (parent) wanted.token.parent = parent->hash;
        auto made = world_.core().tokens().create(transaction, world_.core().barrier(), std::move(wanted));
        SR_ASSERT(made);
        last = std::move(*made);
      }
      SR_ASSERT(commit_and_wait(world_.core().store(), *transaction.take_batch()));
    }
    return std::move(*last);
  }

 private:
  World& world_;
};

std::size_t tokens_in(World& world) {
  Transaction look(world.core().store(), &world.core().barrier());
  look.go_on(Tier::any);
  return *world.core().tokens().count(look);
}
bool is_good(World& world, const std::string& token) { return world.ask("GET", "auth/token/lookup-self", {}, token).status == 200; }

TEST(TokenTreeTest, GoesAsAJobBesideOtherRequestsAndAcrossARestart) {
  auto rows = memory_table();
  auto world = std::make_unique<World>(World::Options{.table = std::make_unique<KeptTable>(*rows)});
  const Secret share = world->unseal_key().copy();
  TokenTree tree(*world);
  const MadeToken top = tree.add(nullptr, 1);
  MadeToken leaf = tree.add(&top, 1);
  for (std::size_t i = 0; i < branches; ++i) {
    const MadeToken branch = tree.add(&top, 1);
    leaf = tree.add(&branch, leaves);
  }
  MadeToken deepest = tree.add(&top, 1);
  for (std::size_t i = 0; i < depth; ++i) deepest = tree.add(&deepest, 1);
  const std::size_t all = tokens_in(*world);
  ASSERT_GE(all, branches * leaves);
  ASSERT_TRUE(is_good(*world, leaf.id) && is_good(*world, deepest.id));

  EXPECT_EQ(world->ask("POST", "auth/token/revoke", concat(R"({"token":")", top.id, "\"}")).status, 204);
  EXPECT_GT(tokens_in(*world), all / 2) << "it is not waited for";
  EXPECT_FALSE(is_good(*world, leaf.id) || is_good(*world, deepest.id) || is_good(*world, top.id));

  // Until `left` are left, or nothing is under way; requests are answered all the time.
  const auto work_until = [&](std::size_t left) {
    std::atomic<bool> over = false;
    std::size_t answered = 0;
    const std::size_t before = tokens_in(*world);
    std::thread job([&] {
      while (world->core().tokens().trees_are_going() && tokens_in(*world) > left) world->core().sweep();
      over = true;
    });
    while (!over) {
      EXPECT_TRUE(is_good(*world, root_token));
      EXPECT_EQ(world->ask("POST", "auth/token/create", R"({"ttl":"1h","policies":["default"],"no_parent":true})").status, 200);
      ++answered;
    }
    job.join();
    EXPECT_GE(answered * 1000, before - std::min(before, tokens_in(*world))) << "no request waited while a thousand tokens went";
    return answered;
  };
  std::size_t made = work_until(all / 2);
  EXPECT_GT(tokens_in(*world), all / 4);
  EXPECT_TRUE(world->core().tokens().trees_are_going());

  world.reset();
  world = std::make_unique<World>(World::Options{.initialised = false, .table = std::make_unique<KeptTable>(*rows)});
  ASSERT_TRUE(world->core().unseal(share.reveal()));
  EXPECT_TRUE(world->core().tokens().trees_are_going());
  EXPECT_FALSE(is_good(*world, deepest.id) || is_good(*world, top.id));
  made += work_until(0);
  EXPECT_FALSE(world->core().tokens().trees_are_going());
  EXPECT_EQ(tokens_in(*world), made + 1) << "the root token, and those that were made meanwhile";
  EXPECT_EQ(world->ask("POST", "auth/token/create", "{}", leaf.id).status, 403);
  const auto keys = world->core().store().snapshot()->list("", {}, Depth::all).value();
  EXPECT_TRUE(std::ranges::none_of(keys, [](const auto& key) { return key.contains("/job/revoke/") || key.contains("/token-child"); }));
}

}  // namespace
}  // namespace sr::test
