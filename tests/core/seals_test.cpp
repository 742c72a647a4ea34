// Seals that open themselves: out of reach, slow, with a new key, and on the way from one to another, with commits that fail.
#include <gtest/gtest.h>
#include "core/fakes.h"
#include "core/tokens.h"
#include "crypto/hash.h"
#include "text/hex.h"

namespace sr::test {
namespace {

// A store that is started again and again, with whatever seals the configuration has by then.
struct Seals : testing::Test {
  std::unique_ptr<Table> rows = memory_table();
  FlakyTable::Switches store;
  std::unique_ptr<World> world;
  std::string token;
  Strings shares;

  static std::unique_ptr<StaticSeal> seal(const char* id, char byte, std::optional<StaticSeal::Key> previous = std::nullopt) {
    return *StaticSeal::make({id, KeySecret(std::string(32, byte))}, std::move(previous));
  }
  void start(SealChoice seals) {
    world.reset();
    store.fail_after = -1;
    world = std::make_unique<World>(World::Options{.initialised = false, .table = std::make_unique<FlakyTable>(store, std::make_unique<KeptTable>(*rows)), .seals = seals});
  }
  // Two of three open, or recover.
  void initialise(std::string_view kind) {
    const auto made = world->ask("PUT", "sys/init", concat("{\"", kind, "_shares\":3,\"", kind, "_threshold\":2}"), "");
    ASSERT_EQ(made.status, 200) << made.body.view();
    token = world->value(made, "root_token");
    Arena arena;
    const json::Value& root = **json::parse(arena, made.body.view());
    const json::Value* keys = root.find(kind == "recovery" ? "recovery_keys" : "keys");
    for (const auto& key : keys->items) shares.emplace_back(key.text);
  }
  http::Response unseal(std::string_view share, std::string_view more = "") { return world->ask("PUT", "sys/unseal", concat(R"({"key":")", share, "\"", more, "}"), ""); }
  http::Response migrate(std::string_view share) { return unseal(share, R"(,"migrate":true)"); }
  // A member of an answer, as it is written there.
  static bool says(const http::Response& answer, std::string_view member) { return answer.body.view().contains(member); }
  bool is_sealed() { return says(world->ask("GET", "sys/seal-status", "", ""), R"("sealed":true)"); }
  void write(const std::string& name) {
    ASSERT_EQ(world->ask("POST", "sys/policies/acl/" + name, R"({"policy":"path \"a\" { capabilities = [\"read\"] }"})", token).status, 204);
  }
  bool has(const std::string& name) { return world->ask("GET", "sys/policies/acl/" + name, "", token).status == 200; }
  void wait_until_open() {
    for (int i = 0; i < 5000 && is_sealed(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_FALSE(is_sealed());
  }
};

TEST_F(Seals, TheServerWaitsForItsSeal) {
  FakeSeal fake;
  start({.in_use = &fake});
  initialise("recovery");
  write("before");
  start({.in_use = &fake});
  fake.failures = 5;
  world->core().begin_unsealing();
  wait_until_open();
  EXPECT_EQ(fake.failures, 0);
  EXPECT_TRUE(has("before"));

  // What an operator has sealed stays so.
  EXPECT_EQ(world->ask("POST", "sys/seal", "", token).status, 204);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_TRUE(is_sealed());
}

TEST_F(Seals, KeysAreToldThoughTheSealIsGoneRightAfter) {
  FakeSeal fake;
  start({.in_use = &fake});
  world->core().begin_unsealing();
  std::unique_lock hold(fake.held);
  std::thread later([&] {
    while (fake.calls < 1) std::this_thread::yield();
    fake.failures = 1;  // of the wrapping itself
    hold.unlock();
  });
  EXPECT_EQ(world->ask("PUT", "sys/init", R"({"recovery_shares":1,"recovery_threshold":1})", "").status, 502);
  later.join();
  EXPECT_TRUE(says(world->ask("GET", "sys/init", "", ""), R"("initialized":false)"));

  const int before = fake.calls;
  hold.lock();
  std::thread after([&] {
    while (fake.calls < before + 1) std::this_thread::yield();
    hold.unlock();
    while (fake.calls < before + 2) std::this_thread::yield();
  });
  initialise("recovery");
  after.join();
  wait_until_open();
}

TEST_F(Seals, ASlowSealKeepsNobodyWaiting) {
  FakeSeal fake;
  start({.in_use = &fake});
  initialise("recovery");
  start({.in_use = &fake});
  {
    std::lock_guard hold(fake.held);
    const int before = fake.calls;
    world->core().begin_unsealing();
    while (fake.calls == before) std::this_thread::yield();
    EXPECT_TRUE(is_sealed());
    EXPECT_EQ(world->ask("GET", "sys/health", "", "").status, 503);
    EXPECT_EQ(world->ask("GET", "sys/mounts", "", token).status, 503);
    EXPECT_EQ(world->ask("PUT", "sys/unseal", R"({"reset":true})", "").status, 200);
  }
  wait_until_open();

  // An attempt under way can be looked at while the seal makes its last step wait.
  const auto began = world->ask("POST", "sys/rekey/init", "{}", "");
  const auto give = [&](const std::string& share) { return world->ask("POST", "sys/rekey/update", concat(R"({"key":")", share, R"(","nonce":")", world->value(began, "nonce"), "\"}"), ""); };
  EXPECT_EQ(give(shares[0]).status, 200);
  std::thread last;
  {
    std::lock_guard hold(fake.held);
    const int before = fake.calls;
    last = std::thread([&] { EXPECT_EQ(give(shares[1]).status, 200); });
    while (fake.calls == before) std::this_thread::yield();
    EXPECT_EQ(world->value(world->ask("GET", "sys/rekey/init", "", ""), "progress"), "1");
  }
  last.join();
  EXPECT_TRUE(says(world->ask("GET", "sys/rekey/init", "", ""), R"("started":false)"));
}

TEST_F(Seals, ASealThatFailsAtTheLastShareTakesItAgain) {
  FakeSeal fake;
  start({.in_use = &fake});
  initialise("recovery");
  EXPECT_EQ(world->ask("POST", "sys/seal", "", token).status, 204);
  EXPECT_EQ(unseal(shares[0]).status, 200);
  fake.failures = 1;
  EXPECT_EQ(unseal(shares[1]).status, 502);
  EXPECT_TRUE(is_sealed());
  EXPECT_EQ(unseal(shares[1]).status, 200);
  EXPECT_FALSE(is_sealed());

  const auto began = world->ask("POST", "sys/rekey/init", "{}", "");
  const auto give = [&](const std::string& share) { return world->ask("POST", "sys/rekey/update", concat(R"({"key":")", share, R"(","nonce":")", world->value(began, "nonce"), "\"}"), ""); };
  EXPECT_EQ(give(shares[0]).status, 200);
  fake.failures = 1;
  EXPECT_EQ(give(shares[2]).status, 502);
  EXPECT_EQ(give(shares[2]).status, 200);
  fake.failures = 1;
  EXPECT_EQ(world->ask("POST", "sys/rotate/root", "", token).status, 502);
  EXPECT_EQ(world->ask("POST", "sys/rotate/root", "", token).status, 204);
}

TEST_F(Seals, AFormerKeyIsNeededOnce) {
  const auto one = seal("one", 'a'), both = seal("two", 'b', StaticSeal::Key{"one", KeySecret(std::string(32, 'a'))}), two = seal("two", 'b');
  start({.in_use = one.get()});
  initialise("recovery");
  write("before");
  start({.in_use = two.get()});
  EXPECT_FALSE(world->core().seal_state().unseal_itself({.load = []() -> Result<void> { return {}; }, .begin = [] {}}));
  start({.in_use = both.get()});
  store.fail_after = 0;  // the key is not wrapped again then; the server opens all the same
  world->core().unsealer().unseal_now();
  EXPECT_TRUE(has("before"));
  start({.in_use = both.get()});
  world->core().unsealer().unseal_now();
  start({.in_use = two.get()});
  world->core().unsealer().unseal_now();
  EXPECT_TRUE(has("before"));
  EXPECT_EQ(world->ask("POST", "sys/seal", "", token).status, 204);
  EXPECT_EQ(unseal(shares[2]).status, 200);
  EXPECT_EQ(unseal(shares[1]).status, 200);
  EXPECT_FALSE(is_sealed());
}

// From shares to a seal and back, each with the first commit failing and then none: what was is true until the move is, and no
// share and no key of before opens afterwards.
TEST_F(Seals, AnOpenServerFollowsItsSealToANewKey) {
  FakeSeal fake;
  start({.in_use = &fake});
  initialise("recovery");
  write("before");
  const auto tend = [&] { return world->core().seal_state().tend(); };
  EXPECT_TRUE(tend());
  fake.change_to(seal("two", 'l', StaticSeal::Key{"one", KeySecret(std::string(32, 'k'))}));
  store.fail_after = 0;
  EXPECT_TRUE(tend());  // the seal is well; that the store is not is in the log
  store.fail_after = -1;
  fake.failures = 1;
  EXPECT_FALSE(tend());
  EXPECT_TRUE(tend());

  fake.change_to(seal("two", 'l'));  // the former key is no more
  start({.in_use = &fake});
  world->core().begin_unsealing();
  wait_until_open();
  EXPECT_TRUE(has("before"));
}

TEST_F(Seals, AMoveIsMadeOnceAndWhole) {
  const auto auto_seal = seal("one", 'a');
  start({});
  initialise("secret");
  EXPECT_EQ(unseal(shares[0]).status, 200);
  EXPECT_EQ(unseal(shares[1]).status, 200);
  write("before");
  EXPECT_EQ(migrate(shares[0]).status, 200);  // it is open already
  EXPECT_EQ(world->ask("POST", "sys/seal", "", token).status, 204);
  EXPECT_EQ(migrate(shares[0]).status, 400);

  start({.in_use = auto_seal.get()});
  ASSERT_TRUE(world->core().seal_state().check());
  world->core().unsealer().unseal_now();
  auto status = world->ask("GET", "sys/seal-status", "", "");
  EXPECT_TRUE(says(status, R"("sealed":true)"));
  EXPECT_TRUE(says(status, R"("migration":true)"));
  EXPECT_EQ(world->value(status, "type"), "static");
  EXPECT_EQ(world->value(status, "n"), "3");
  EXPECT_EQ(unseal(shares[0]).status, 400);
  EXPECT_EQ(migrate(shares[0]).status, 200);
  EXPECT_EQ(migrate(std::string(62, '0') + "ff07").status, 400);
  EXPECT_EQ(migrate(shares[0]).status, 200);
  store.fail_after = 0;
  EXPECT_EQ(migrate(shares[2]).status, 500);

  // A crash here: the former seal still opens.
  start({});
  EXPECT_EQ(unseal(shares[0]).status, 200);
  EXPECT_EQ(unseal(shares[1]).status, 200);
  EXPECT_TRUE(has("before"));

  start({.in_use = auto_seal.get()});
  EXPECT_EQ(migrate(shares[0]).status, 200);
  store.fail_after = 0;
  EXPECT_EQ(migrate(shares[2]).status, 500);
  EXPECT_EQ(migrate(shares[2]).status, 200);  // the same request again
  status = world->ask("GET", "sys/seal-status", "", "");
  EXPECT_TRUE(says(status, R"("sealed":false)"));
  EXPECT_TRUE(says(status, R"("migration":false)"));
  EXPECT_TRUE(says(status, R"("recovery_seal":true)"));
  EXPECT_TRUE(has("before"));
  write("between");

  start({.in_use = auto_seal.get()});
  world->core().unsealer().unseal_now();
  EXPECT_TRUE(has("between"));
  start({});
  EXPECT_TRUE(world->core().seal_state().check().error().message.starts_with("cannot seal migrate from \"static\" to Shamir, no disabled seal in configuration"));
  EXPECT_EQ(unseal(shares[0]).status, 400);
  EXPECT_EQ(migrate(shares[0]).status, 200);  // the first of two
  EXPECT_GE(migrate(shares[1]).status, 400);
  EXPECT_TRUE(is_sealed());

  // And back. The shares are those of the recovery key, which becomes the unseal key.
  start({.leaving = auto_seal.get()});
  ASSERT_TRUE(world->core().seal_state().check());
  EXPECT_EQ(unseal(shares[0]).status, 400);
  EXPECT_EQ(migrate(shares[1]).status, 200);
  EXPECT_EQ(migrate(std::string(62, '0') + "ff07").status, 400);
  EXPECT_EQ(migrate(shares[1]).status, 200);
  store.fail_after = 0;
  EXPECT_EQ(migrate(shares[2]).status, 500);
  start({.in_use = auto_seal.get()});
  world->core().unsealer().unseal_now();
  EXPECT_TRUE(has("between"));
  start({.leaving = auto_seal.get()});
  EXPECT_EQ(migrate(shares[1]).status, 200);
  EXPECT_EQ(migrate(shares[2]).status, 200);
  EXPECT_FALSE(is_sealed());
  EXPECT_EQ(world->ask("POST", "sys/rotate/root", "", token).status, 204);

  for (const SealChoice seals : {SealChoice{.leaving = auto_seal.get()}, SealChoice{}}) {
    start(seals);
    ASSERT_TRUE(world->core().seal_state().check());
    EXPECT_EQ(unseal(shares[0]).status, 200);
    EXPECT_EQ(unseal(shares[2]).status, 200);
    EXPECT_TRUE(has("before") && has("between"));
  }
  start({.in_use = auto_seal.get()});
  EXPECT_FALSE(world->core().seal_state().unseal_itself({.load = []() -> Result<void> { return {}; }, .begin = [] {}}));
}

TEST_F(Seals, WithoutRecoveryKeysThereIsNoWayBackToShares) {
  const auto auto_seal = seal("one", 'a');
  start({.in_use = auto_seal.get()});
  ASSERT_EQ(world->ask("PUT", "sys/init", "{}", "").status, 200);
  start({.leaving = auto_seal.get()});
  EXPECT_EQ(migrate(std::string(64, 'a')).status, 400);
  EXPECT_TRUE(is_sealed());
  start({.in_use = auto_seal.get()});
  world->core().unsealer().unseal_now();
  EXPECT_FALSE(is_sealed());
}

// Whoever can write the store cannot make himself an operator: neither with a recovery key of his own, nor with another threshold.
TEST_F(Seals, TheRowsOutsideOfTheBarrierGiveNothingAway) {
  const auto auto_seal = seal("one", 'a');
  start({.in_use = auto_seal.get()});
  initialise("recovery");
  const std::string own(64, 'a');
  {
    Transaction raw(world->core().store(), nullptr);
    raw.go_on(Tier::any);
    View core = core_view(raw);
    ASSERT_TRUE(core.put("seal/config", Secret(R"({"type":"static","secret_shares":1,"secret_threshold":1})")));
    ASSERT_TRUE(core.put("recovery-key", Secret(as_text(Sha256().update("recovery key:").update(*hex::decode(own)).digest()))));
    ASSERT_TRUE(commit_and_wait(world->core().store(), *raw.take_batch()));
  }
  const auto began = world->ask("POST", "sys/generate-root/attempt", "", "");
  for (const auto& share : {own, shares[0], shares[1]})
    EXPECT_GE(world->ask("POST", "sys/generate-root/update", concat(R"({"key":")", share, R"(","nonce":")", world->value(began, "nonce"), "\"}"), "").status, 400);
  EXPECT_EQ(world->ask("POST", "sys/seal", "", token).status, 204);
  EXPECT_GE(unseal(own).status, 400);
  EXPECT_TRUE(is_sealed());
}

// The last share, when the store fails: nothing has changed, and the same request succeeds.
TEST_F(Seals, ARecoveryRekeyOutlivesAFailedCommit) {
  const auto auto_seal = seal("one", 'a');
  start({.in_use = auto_seal.get()});
  initialise("recovery");
  const auto began = world->ask("POST", "sys/rekey-recovery-key/init", R"({"secret_shares":1,"secret_threshold":1})", "");
  const auto give = [&](const std::string& share) { return world->ask("POST", "sys/rekey-recovery-key/update", concat(R"({"key":")", share, R"(","nonce":")", world->value(began, "nonce"), "\"}"), ""); };
  EXPECT_EQ(give(shares[0]).status, 200);
  store.fail_after = 0;
  EXPECT_EQ(give(shares[1]).status, 500);
  EXPECT_EQ(world->value(world->ask("GET", "sys/seal-status", "", ""), "n"), "3");
  const auto made = give(shares[1]);
  ASSERT_EQ(made.status, 200);
  Arena arena;
  const std::string fresh((*json::parse(arena, made.body.view()))->find("keys")->items[0].text);
  EXPECT_EQ(world->ask("POST", "sys/seal", "", token).status, 204);
  EXPECT_EQ(unseal(shares[0]).status, 400);
  EXPECT_EQ(unseal(fresh).status, 200);
  EXPECT_FALSE(is_sealed());
  for (int i = 0; i < 2; ++i) {
    store.fail_after = 0;
    EXPECT_EQ(world->ask("POST", "sys/rotate/root", "", token).status, 500);
  }
  write("after");
  start({.in_use = auto_seal.get()});
  world->core().unsealer().unseal_now();
  EXPECT_TRUE(has("after"));
}

TEST_F(Seals, ManyAtOnceComeToOneKey) {
  const auto auto_seal = seal("one", 'a');
  for (const SealChoice seals : {SealChoice{}, SealChoice{.in_use = auto_seal.get()}}) {
    rows = memory_table();
    shares.clear();
    start(seals);
    initialise(seals.in_use ? "recovery" : "secret");
    const auto open = [&] {
      std::vector<http::Request> requests;
      for (int i = 0; i < 64; ++i) requests.push_back(World::request("PUT", "sys/unseal", concat(R"({"key":")", shares[static_cast<std::size_t>(i) % 3], "\"}"), ""));
      for (const auto& response : world->serve_all(std::move(requests))) EXPECT_EQ(response.status, 200) << response.body.view();
      EXPECT_FALSE(is_sealed());
    };
    if (!seals.in_use) open();
    const auto began = world->ask("POST", "sys/rekey/init", R"({"secret_shares":3,"secret_threshold":2})", "");
    std::vector<http::Request> requests;
    for (int i = 0; i < 64; ++i) {
      requests.push_back(World::request("POST", "sys/rekey/update", concat(R"({"key":")", shares[static_cast<std::size_t>(i) % 3], R"(","nonce":")", world->value(began, "nonce"), "\"}"), ""));
      if (i % 8 == 0) requests.push_back(World::request("POST", "sys/rotate/root", "", token));
      if (i % 8 == 1) requests.push_back(World::request("POST", "sys/policies/acl/p" + std::to_string(i), R"({"policy":"path \"a\" { capabilities = [\"read\"] }"})", token));
    }
    int complete = 0;
    for (const auto& response : world->serve_all(std::move(requests))) {
      EXPECT_NE(response.status, 500) << response.body.view();
      if (says(response, R"("complete":true)")) {
        ++complete;
        if (!seals.in_use) {
          Arena arena;
          shares.clear();
          for (const auto& key : (*json::parse(arena, response.body.view()))->find("keys")->items) shares.emplace_back(key.text);
        }
      }
    }
    EXPECT_EQ(complete, 1);
    EXPECT_EQ(world->ask("POST", "sys/seal", "", token).status, 204);
    open();
    for (int i = 1; i < 64; i += 8) EXPECT_TRUE(has("p" + std::to_string(i)));
  }
}

TEST_F(Seals, NoKeyIsInTheAuditLog) {
  const auto auto_seal = seal("one", 'a');
  FakeDevice::Switches device;
  auto options = with(device);
  options.initialised = false;
  options.seals = {.in_use = auto_seal.get()};
  world = std::make_unique<World>(std::move(options));
  initialise("recovery");
  ASSERT_EQ(world->ask("PUT", "sys/audit/fake", R"({"type":"fake"})", token).status, 204);
  const auto began = world->ask("POST", "sys/rotate/recovery/init", R"({"secret_shares":2,"secret_threshold":2})", token);
  const auto give = [&](const std::string& share) { return world->ask("POST", "sys/rotate/recovery/update", concat(R"({"key":")", share, R"(","nonce":")", world->value(began, "data.nonce"), "\"}"), token); };
  EXPECT_EQ(give(shares[0]).status, 200);
  const auto made = give(shares[1]);
  Arena arena;
  for (const auto& key : (*json::parse(arena, made.body.view()))->find("data")->find("keys")->items) shares.emplace_back(key.text);
  ASSERT_EQ(shares.size(), 5u);
  std::lock_guard lock(device.mutex);
  EXPECT_TRUE(device.text.contains("sys/rotate/recovery/update"));
  for (const auto& share : shares) {
    EXPECT_FALSE(device.text.contains(share));
    EXPECT_FALSE(device.text.contains(base64::encode(*hex::decode(share))));
  }
}

}  // namespace
}  // namespace sr::test
