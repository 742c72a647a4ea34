// Moving and copying folders: crashes in the middle, writes beside it, rights that go, mounts that go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "core/fakes.h"

namespace sr::test {
namespace {

using testing::HasSubstr;

struct Carry : testing::Test {
  FlakyTable::Switches switches;
  std::unique_ptr<Table> rows = memory_table();
  std::unique_ptr<World> world = std::make_unique<World>(World::Options{.table = std::make_unique<FlakyTable>(switches, std::make_unique<KeptTable>(*rows))});

  std::string body(std::string method, std::string_view path, std::string_view text = {}, std::string_view token = root_token) {
    return std::string(world->ask(std::move(method), path, text, token).body.view());
  }
  void mount(std::string_view path) { ASSERT_EQ(world->ask("POST", "sys/mounts/" + std::string(path), R"({"type":"kv-v2"})").status, 204); }
  void fill(int secrets) {
    mount("s");
    mount("t");
    for (int i = 0; i < secrets; ++i)
      for (int version = 0; version < 1 + i % 3; ++version) ASSERT_EQ(world->ask("POST", "s/data/from/" + name(i), R"({"data":{"k":"v)" + std::to_string(version) + "\"}}").status, 200);
  }
  static std::string name(int i) { return (i % 2 ? "odd/" : "") + std::to_string(1000 + i); }
  std::string begin(std::string_view how = "move", std::string_view more = "", std::string_view token = root_token) {
    const auto answer = world->ask("POST", "s/" + std::string(how) + "/from", R"({"to":"t/to","recursive":true)" + std::string(more) + "}", token);
    EXPECT_EQ(answer.status, 202) << answer.body.view();
    return world->value(answer, "data.id");
  }
  std::string of(const std::string& id, std::string_view member) { return world->value(world->ask("GET", "s/jobs/" + id), "data." + std::string(member)); }
  Strings keys() { return world->core().store().snapshot()->list("", {}, Depth::all).value(); }
  std::size_t names(std::string_view path) {
    const auto answer = world->ask("SCAN", path);
    return answer.body.view().contains("\"keys\"") ? world->keys(answer) : 0;
  }
};

// Every commit of the job fails once, in turn: whatever it had come to, each secret is whole at one end at least, and the job ends well.
TEST_F(Carry, GoesOnAfterEachCommitThatFails) {
  constexpr int secrets = 40;
  fill(secrets);
  const std::string id = begin();
  int failed = 0;
  for (; of(id, "state") == "running" && failed < 100; ++failed) {
    switches.fail_after = 1;  // one step is made, and the next one lost
    world->core().sweep();
    switches.fail_after = -1;
    for (int i = 0; i < secrets; ++i) {
      const auto at_source = world->ask("GET", "s/data/from/" + name(i)).status, at_destination = world->ask("GET", "t/data/to/" + name(i)).status;
      ASSERT_TRUE(at_source == 200 || at_destination == 200) << name(i);
      if (of(id, "phase") == "copying") {
        ASSERT_EQ(at_source, 200) << "the source reads until all is copied";
      }
    }
  }
  EXPECT_GT(failed, 3);
  EXPECT_EQ(of(id, "state"), "done");
  EXPECT_EQ(of(id, "removed"), std::to_string(secrets));
  EXPECT_EQ(names("s/metadata/from"), 0u);
  EXPECT_EQ(names("t/metadata/to"), std::size_t{secrets});
  EXPECT_THAT(body("GET", "t/metadata/to/" + name(2)), HasSubstr("\"current_version\":3"));
}

// The server is killed between two steps, and the next one on the same rows goes on.
TEST_F(Carry, GoesOnInTheNextServer) {
  fill(40);
  const std::string id = begin();
  switches.fail_after = 2;
  world->core().sweep();
  switches.fail_after = -1;
  ASSERT_EQ(of(id, "state"), "running");
  const Secret key = world->unseal_key().copy();
  world.reset();
  world = std::make_unique<World>(World::Options{.initialised = false, .table = std::make_unique<FlakyTable>(switches, std::make_unique<KeptTable>(*rows))});
  ASSERT_TRUE(world->core().unseal(key.reveal()));
  world->core().sweep();
  EXPECT_EQ(of(id, "state"), "done");
  EXPECT_EQ(names("s/metadata/from"), 0u);
  EXPECT_EQ(names("t/metadata/to"), 40u);
}

struct CarryBeside : Carry {
  std::string id;
  // All is copied, and nothing removed yet.
  void copy_all() {
    fill(10);
    id = begin();
    for (int i = 0; i < 50 && of(id, "phase") != "removing"; ++i) {
      switches.fail_after = 1;
      world->core().sweep();
      switches.fail_after = -1;
    }
    ASSERT_EQ(of(id, "phase"), "removing");
    ASSERT_EQ(of(id, "removed"), "0");
  }
  int write(std::string_view path, std::string_view value) { return world->ask("POST", path, R"({"data":{"k":")" + std::string(value) + "\"}}").status; }
};

TEST_F(CarryBeside, AWriteToTheSourceIsCarriedToo) {
  copy_all();
  ASSERT_EQ(write("s/data/from/" + name(4), "late"), 200);
  ASSERT_EQ(world->ask("POST", "s/delete/from/" + name(6), R"({"versions":[1]})").status, 204);
  world->core().sweep();
  EXPECT_EQ(of(id, "removed"), "10");
  EXPECT_THAT(body("GET", "t/data/to/" + name(4)), HasSubstr("late"));
  EXPECT_EQ(world->ask("GET", "t/data/to/" + name(6)).status, 404);
}

TEST_F(CarryBeside, AWriteToTheCopyStands) {
  copy_all();
  ASSERT_EQ(write("t/data/to/" + name(4), "newer"), 200);
  world->core().sweep();
  EXPECT_EQ(of(id, "removed"), "10");
  EXPECT_THAT(body("GET", "t/data/to/" + name(4)), HasSubstr("newer"));
}

TEST_F(CarryBeside, OfTwoThatHaveChangedNoneIsLost) {
  copy_all();
  ASSERT_EQ(write("s/data/from/" + name(4), "here"), 200);
  ASSERT_EQ(write("t/data/to/" + name(4), "there"), 200);
  world->core().sweep();
  EXPECT_EQ(of(id, "state"), "done");
  EXPECT_EQ(of(id, "removed"), "9");
  EXPECT_EQ(of(id, "left"), "1");
  EXPECT_THAT(body("GET", "s/jobs/" + id), HasSubstr("changed at both ends"));
  EXPECT_THAT(body("GET", "s/data/from/" + name(4)), HasSubstr("here"));
  EXPECT_THAT(body("GET", "t/data/to/" + name(4)), HasSubstr("there"));
}

TEST_F(CarryBeside, WhatComesMeanwhileStaysAndIsCounted) {
  copy_all();
  ASSERT_EQ(write("s/data/from/0000", "new"), 200);
  ASSERT_EQ(world->ask("DELETE", "s/metadata/from/" + name(4)).status, 204);
  world->core().sweep();
  EXPECT_EQ(of(id, "left"), "1");
  EXPECT_EQ(world->ask("GET", "s/data/from/0000").status, 200);
  EXPECT_EQ(world->ask("GET", "t/data/to/" + name(4)).status, 200) << "it was copied before it was deleted";
}

TEST_F(CarryBeside, CanBeCancelledAndLeavesNoMarks) {
  copy_all();
  ASSERT_EQ(world->ask("DELETE", "s/jobs/" + id).status, 204);
  world->core().sweep();
  EXPECT_EQ(of(id, "state"), "cancelled");
  EXPECT_EQ(names("s/metadata/from"), 10u);
  ASSERT_EQ(world->ask("DELETE", "s/jobs/" + id).status, 204);
  for (const auto& key : keys()) EXPECT_FALSE(key.contains("carried/") || key.contains("job/mount-work/")) << key;
}

TEST_F(CarryBeside, ASourceStaysWhoseCopyWasTakenAway) {
  copy_all();
  ASSERT_EQ(world->ask("DELETE", "t/metadata/to/" + name(4)).status, 204);
  world->core().sweep();
  EXPECT_EQ(of(id, "removed"), "9");
  EXPECT_EQ(of(id, "left"), "1");
  EXPECT_EQ(world->ask("GET", "s/data/from/" + name(4)).status, 200);
}

// Each finds the other's copies newer than its own, and removes nothing that is nowhere else.
TEST_F(CarryBeside, AMoveBackBeforeTheMoveIsOverLosesNothing) {
  copy_all();
  const auto back = world->ask("POST", "t/move/to", R"({"to":"s/from","recursive":true,"overwrite":true})");
  ASSERT_EQ(back.status, 202) << back.body.view();
  for (int i = 0; i < 5; ++i) world->core().sweep();
  EXPECT_NE(of(id, "state"), "running");
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(world->ask("GET", "s/data/from/" + name(i)).status == 200 || world->ask("GET", "t/data/to/" + name(i)).status == 200) << name(i);
}

// What cannot be replaced in one piece ends the job, too: it is not tried again for ever.
TEST_F(Carry, ATargetWithMoreVersionsThanOneTransactionHoldsEndsTheJob) {
  mount("s");
  mount("t");
  ASSERT_EQ(world->ask("POST", "t/metadata/to/a", R"({"max_versions":1000})").status, 204);
  for (int i = 0; i < 301; ++i) ASSERT_EQ(world->ask("POST", "t/data/to/a", R"({"data":{}})").status, 200);
  ASSERT_EQ(world->ask("POST", "s/data/from/a", R"({"data":{}})").status, 200);
  const std::string id = begin("move", R"(,"overwrite":true)");
  world->core().sweep();
  EXPECT_EQ(of(id, "state"), "failed");
  EXPECT_EQ(names("s/metadata/from"), 1u);
}

TEST_F(CarryBeside, EndsWithEitherMount) {
  copy_all();
  ASSERT_EQ(world->ask("DELETE", "sys/mounts/t").status, 204);
  world->core().sweep();
  EXPECT_EQ(of(id, "state"), "failed");
  EXPECT_EQ(names("s/metadata/from"), 10u);
  const std::string other = world->value(world->ask("POST", "s/copy/from", R"({"to":"s/copies","recursive":true})"), "data.id");
  ASSERT_EQ(world->ask("DELETE", "sys/mounts/s").status, 204);
  world->core().sweep();
  world->core().sweep();
  for (const auto& key : keys()) EXPECT_FALSE(key.contains("job/mount-work/")) << key;
}

// The policies are those of whoever asked, in the wording that they have when a secret is carried.
TEST_F(CarryBeside, StopsWhenTheRightIsTakenAway) {
  fill(10);
  const auto policy = [&](std::string_view capability) {
    return world->ask("POST", "sys/policies/acl/mover", R"({"policy":"path \"s/move/*\" { capabilities = [\")" + std::string(capability) + R"(\"] } path \"t/move/*\" { capabilities = [\"create\"] }"})").status;
  };
  ASSERT_EQ(policy("update"), 204);
  const std::string mover = world->value(world->ask("POST", "auth/token/create", R"({"policies":["mover"]})"), "auth.client_token");
  // The folder itself is asked about, too.
  EXPECT_EQ(world->ask("POST", "s/move/from", R"({"to":"s/to","recursive":true})", mover).status, 403);
  id = begin("move", "", mover);
  for (int i = 0; i < 50 && of(id, "phase") != "removing"; ++i) {
    switches.fail_after = 1;
    world->core().sweep();
    switches.fail_after = -1;
  }
  ASSERT_EQ(world->ask("POST", "auth/token/revoke", R"({"token":")" + mover + "\"}").status, 204);
  ASSERT_EQ(policy("deny"), 204);
  world->core().sweep();
  EXPECT_EQ(of(id, "state"), "failed");
  EXPECT_EQ(names("s/metadata/from"), 10u);
}

TEST_F(Carry, MoreVersionsThanOneTransactionHoldsAreRefused) {
  mount("s");
  mount("t");
  ASSERT_EQ(world->ask("POST", "s/metadata/from/a", R"({"max_versions":1000})").status, 204);
  for (int i = 0; i < 301; ++i) ASSERT_EQ(world->ask("POST", "s/data/from/a", R"({"data":{}})").status, 200);
  EXPECT_THAT(body("POST", "s/move/from/a", R"({"to":"t/a"})"), HasSubstr("more than 300 versions"));
  const std::string id = begin();
  world->core().sweep();
  EXPECT_EQ(of(id, "state"), "refused");
  EXPECT_THAT(body("GET", "s/jobs/" + id), HasSubstr("more than 300 versions"));
  EXPECT_EQ(names("s/metadata/from"), 1u);
}

}  // namespace
}  // namespace sr::test
