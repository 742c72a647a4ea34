// The whole store, taken and put back while the server runs: what comes back is what was, and what cannot come back changes nothing.
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include "audit/verify.h"
#include "backup/reader.h"
#include "base/concat.h"
#include "core/fakes.h"
#include "core/pieces.h"
#include "core/world.h"
#include "storage/rocksdb_table.h"

namespace sr::test {
namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / concat("strongroom-snapshot-", std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

constexpr const char *snapshot_path = "sys/storage/raft/snapshot", *force_path = "sys/storage/raft/snapshot-force";

std::string take(World& world) {
  const auto response = world.ask("GET", snapshot_path);
  EXPECT_EQ(response.status, 200) << response.body.view();
  EXPECT_TRUE(response.download);
  const auto bytes = response.download ? drain(*response.download) : "";
  EXPECT_TRUE(bytes) << bytes.error().message;
  return bytes.value_or("");
}

http::Request upload(std::string_view bytes, const char* path = snapshot_path, std::string_view token = root_token) {
  return as_upload(World::request("POST", path, {}, token), bytes);
}

void write(World& world, std::string_view name, std::string_view value) {
  const auto response = world.ask("POST", concat("secret/data/", name), concat(R"({"data":{"value":")", value, R"("}})"));
  ASSERT_EQ(response.status, 200) << response.body.view();
}
std::string read(World& world, std::string_view name, std::string_view token = root_token) {
  const auto response = world.ask("GET", concat("secret/data/", name), {}, token);
  return response.status == 200 ? world.value(response, "data.data.value") : std::to_string(response.status);
}

// A world with a secret in it.
struct Filled : World {
  explicit Filled(Options options = Options{}) : World(std::move(options)) {
    EXPECT_EQ(ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
    write(*this, "a", "old");
  }
};

struct Table {
  std::string name;
  std::function<std::unique_ptr<sr::Table>(const Folder&)> make;
  friend void PrintTo(const Table& table, std::ostream* out) { *out << table.name; }
};
class Snapshot : public testing::TestWithParam<Table> {
 protected:
  Folder folder;
  World::Options options() { return {.initialised = true, .table = GetParam().make(folder)}; }
};

TEST_P(Snapshot, BringsBackWhatWas) {
  Filled world(options());
  ASSERT_EQ(world.ask("POST", "sys/policies/acl/reader", R"({"policy":"path \"secret/*\" { capabilities = [\"read\"] }"})").status, 204);
  const std::string then = world.value(world.ask("POST", "auth/token/create", R"({"policies":["reader"],"no_parent":true})"), "auth.client_token");
  const std::string bytes = take(world);

  write(world, "a", "new");
  write(world, "b", "new");
  ASSERT_EQ(world.ask("POST", "sys/mounts/later", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("DELETE", "sys/policies/acl/reader").status, 204);
  const std::string since = world.value(world.ask("POST", "auth/token/create", R"({"no_parent":true})"), "auth.client_token");
  EXPECT_EQ(read(world, "a", then), "403");
  const Revision before = world.core().store().snapshot()->revision();

  const auto restored = world.serve(upload(bytes));
  ASSERT_EQ(restored.status, 204) << restored.body.view();
  EXPECT_EQ(read(world, "a"), "old");
  EXPECT_EQ(read(world, "b"), "404");
  EXPECT_EQ(read(world, "a", then), "old");     // its policy is back
  EXPECT_EQ(read(world, "a", since), "403");    // it never was
  EXPECT_EQ(world.ask("GET", "later/data/x").status, 404);
  EXPECT_GT(world.core().store().snapshot()->revision(), before);
  write(world, "a", "newer");
  EXPECT_EQ(read(world, "a"), "newer");

  ASSERT_EQ(world.serve(upload(bytes)).status, 204);  // and once more
  EXPECT_EQ(read(world, "a"), "old");
}

// A token that had run out by then, and whose end has been swept since, is swept again.
TEST_P(Snapshot, ExpiriesThatCameBackAreSwept) {
  Filled world(options());
  const std::string token = world.value(world.ask("POST", "auth/token/create", R"({"ttl":"1h","no_parent":true})"), "auth.client_token");
  const std::string bytes = take(world);
  world.advance(std::chrono::hours(2));
  ASSERT_EQ(world.serve(upload(bytes)).status, 204);
  EXPECT_EQ(world.ask("GET", "auth/token/lookup-self", {}, token).status, 403);
  EXPECT_EQ(world.core().sweep(), 1u);
}

TEST_P(Snapshot, OfAnotherRevisionOfTheKeysComesBackToo) {
  Filled world(options());
  const std::string bytes = take(world);
  ASSERT_EQ(world.ask("POST", "sys/rotate").status, 204);
  write(world, "a", "under the new key");
  ASSERT_EQ(world.serve(upload(bytes)).status, 204);
  EXPECT_EQ(read(world, "a"), "old");
  write(world, "a", "newer");
  EXPECT_EQ(world.value(world.ask("GET", "sys/key-status"), "data.term"), "1");
}

TEST_P(Snapshot, ThatIsNotWholeOrNotOursChangesNothing) {
  Filled world(options());
  const std::string bytes = take(world);
  write(world, "a", "new");
  std::string changed = bytes, other;
  changed[changed.size() / 2] ^= 1;
  {
    Filled stranger;
    other = take(stranger);
  }
  for (const auto& [why, given] : std::initializer_list<std::pair<const char*, std::string>>{
           {"truncated", bytes.substr(0, bytes.size() - 10)}, {"cut in the middle", bytes.substr(0, bytes.size() / 2)}, {"changed", changed},
           {"extended", bytes + "x"}, {"empty", ""}, {"no snapshot", R"({"a":1})"}, {"another server's", other}}) {
    const auto response = world.serve(upload(given));
    EXPECT_EQ(response.status, 400) << why << ": " << response.body.view();
    EXPECT_EQ(read(world, "a"), "new") << why;
  }
  EXPECT_NE(world.serve(upload(other)).body.view().find("use the snapshot-force API"), std::string_view::npos);
}

TEST_P(Snapshot, OfAnotherServerNeedsItsKeysAfterwards) {
  Filled stranger;
  write(stranger, "a", "the stranger's");
  const std::string bytes = take(stranger);
  Filled world(options());
  ASSERT_EQ(world.serve(upload(bytes, force_path)).status, 204);
  EXPECT_EQ(world.ask("GET", "secret/data/a").status, 503);
  EXPECT_FALSE(world.core().unseal(world.unseal_key().reveal()));
  const auto unsealed = world.core().unseal(stranger.unseal_key().reveal());
  ASSERT_TRUE(unsealed) << unsealed.error().message;
  EXPECT_EQ(read(world, "a"), "the stranger's");
  const std::string again = take(world);  // which says nothing any more of how it came here
  write(world, "a", "changed");
  ASSERT_EQ(world.serve(upload(again)).status, 204);
  EXPECT_EQ(read(world, "a"), "the stranger's");
}

// Rows are sealed one by one; the whole of them is vouched for by a keyed hash. Who takes one out, without the keys, is found out.
TEST_P(Snapshot, FromWhichARowWasTakenIsRefusedWhenItsKeysAreThere) {
  struct Text final : ByteSource {
    explicit Text(std::string_view all) : rest(all) {}
    Result<Buffer> next() override { return Buffer(std::exchange(rest, {})); }
    std::string_view rest;
  };
  Filled stranger;
  const std::string bytes = take(stranger);
  Text source(bytes);
  BackupReader reader(source);
  auto manifest = reader.begin();
  ASSERT_TRUE(manifest);
  Committer fewer(memory_table());
  for (auto row = reader.next_row(); row && *row; row = reader.next_row()) {
    if ((*row)->key.find("/core/policy/") != std::string::npos) continue;
    Batch batch;
    batch.writes.push_back({(*row)->key, (*row)->row.bytes});
    ASSERT_TRUE(commit_and_wait(fewer, std::move(batch)));
  }
  const auto sums = reader.finish();
  ASSERT_TRUE(sums);
  manifest->rows = manifest->bytes = 0;
  BackupWriter writer(fewer.snapshot(), *manifest, [&](std::string_view) -> Result<std::string> { return sums->sealed; });
  std::string forged;
  for (auto piece = writer.next(); piece && !piece->empty(); piece = writer.next()) forged += piece->view();

  const auto refused = stranger.serve(upload(forged));
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.view().find("has been changed since it was taken"), std::string_view::npos) << refused.body.view();
  EXPECT_EQ(stranger.serve(upload(forged, force_path)).status, 400);  // force asks for no keys; they are here all the same
  EXPECT_EQ(read(stranger, "a"), "old");

  Filled world(options());
  ASSERT_EQ(world.serve(upload(forged, force_path)).status, 204);
  const auto unsealed = world.core().unseal(stranger.unseal_key().reveal());
  ASSERT_FALSE(unsealed);
  EXPECT_NE(unsealed.error().message.find("had been changed"), std::string::npos) << unsealed.error().message;
}

TEST_P(Snapshot, NeedsRights) {
  Filled world(options());
  const std::string bytes = take(world);
  const std::string nobody = world.value(world.ask("POST", "auth/token/create", R"({"policies":["default"]})"), "auth.client_token");
  EXPECT_EQ(world.ask("GET", snapshot_path, {}, nobody).status, 403);
  for (const char* path : {snapshot_path, force_path}) {
    auto request = upload(bytes, path, nobody);
    const auto body = request.upload;
    EXPECT_EQ(world.serve(std::move(request)).status, 403);
    EXPECT_FALSE(body->is_read());  // refused by its head
  }
}

TEST_P(Snapshot, ThatBreaksOffChangesNothing) {
  Filled world(options());
  const std::string bytes = take(world);
  write(world, "a", "new");
  auto request = World::request("POST", snapshot_path);
  request.upload = std::make_shared<http::Upload>();
  request.upload->push(std::string_view(bytes).substr(0, bytes.size() / 2));
  request.upload->end(http::Upload::End::broken);
  EXPECT_EQ(world.serve(std::move(request)).status, 400);
  EXPECT_EQ(read(world, "a"), "new");
}

// Both rows of each commit, or none: whenever a snapshot was taken, it is of one revision.
TEST_P(Snapshot, IsOfOneRevisionHoweverManyWrite) {
  Filled world(options());
  std::atomic<bool> ends = false;
  std::vector<std::thread> writers;
  for (int i = 0; i < 64; ++i)
    writers.emplace_back([&, i] {
      const std::string name = concat("w/", std::to_string(i));
      for (int n = 0; !ends; ++n) {
        Batch batch;
        for (const char* twin : {"/first", "/second"}) batch.writes.push_back({name + twin, std::to_string(n) + std::string(500, 'x')});
        EXPECT_TRUE(commit_and_wait(world.core().store(), std::move(batch)));
      }
    });
  std::vector<std::string> taken;
  for (int i = 0; i < 5; ++i) taken.push_back(take(world));
  ends = true;
  for (auto& writer : writers) writer.join();
  for (const auto& bytes : taken) {
    ASSERT_EQ(world.serve(upload(bytes)).status, 204);
    const auto snapshot = world.core().store().snapshot();
    for (int i = 0; i < 64; ++i) {
      const std::string name = concat("w/", std::to_string(i));
      const auto first = snapshot->get(name + "/first", Tier::any), second = snapshot->get(name + "/second", Tier::any);
      ASSERT_TRUE(first && second);
      ASSERT_EQ(first->has_value(), second->has_value());
      EXPECT_TRUE(!*first || (*first)->bytes == (*second)->bytes);
    }
  }
}

// What is under way when a snapshot is put back is refused, or is of the store that there is then. An answer is never of both: the secret
// names the store that it lies in, and the policy that lets it be read names it too.
TEST_P(Snapshot, PutBackUnderLoadIsTheOneOrTheOther) {
  Filled world(options());
  const auto mark = [&](std::string_view state) {
    write(world, "a", state);
    write(world, "b", state);
  };
  mark("then");
  const std::string bytes = take(world);
  mark("since");
  std::vector<http::Request> requests;
  for (int i = 0; i < 300; ++i) {
    requests.push_back(World::request("GET", i % 2 ? "secret/data/a" : "secret/data/b"));
    if (i % 3 == 0) requests.push_back(World::request("POST", concat("secret/data/w", std::to_string(i)), R"({"data":{"value":"w"}})"));
    if (i == 150) requests.push_back(upload(bytes));
  }
  bool restored = false;
  for (const auto& response : world.serve_all(std::move(requests))) {
    EXPECT_TRUE(response.status == 200 || response.status == 204 || response.status == 503 || response.status == 500) << response.status << response.body.view();
    restored |= response.status == 204;
  }
  EXPECT_TRUE(restored);
  EXPECT_EQ(read(world, "a"), "then");
  EXPECT_EQ(read(world, "b"), "then");
  mark("after");
  EXPECT_EQ(read(world, "a"), "after");
}

INSTANTIATE_TEST_SUITE_P(Tables, Snapshot,
                         testing::Values(Table{"memory", [](const Folder&) { return memory_table(); }}
#ifndef SR_WITHOUT_ROCKSDB
                                         ,
                                         Table{"inmem", [](const Folder&) { return *open_rocksdb_table({.in_memory = true}); }},
                                         Table{"rocksdb", [](const Folder& folder) { return *open_rocksdb_table({.path = folder.path / "db"}); }}
#endif
                                         ),
                         [](const auto& table) { return table.param.name; });

TEST(SnapshotFailures, AStoreThatCannotBeReplacedGoesOnAsItWas) {
  FlakyTable::Switches store;
  Filled world(with(store));
  const std::string bytes = take(world);
  write(world, "a", "new");
  store.keeps_its_content = true;
  EXPECT_EQ(world.serve(upload(bytes)).status, 500);
  EXPECT_EQ(read(world, "a"), "new");
  write(world, "a", "newer");
  store.keeps_its_content = false;
  EXPECT_EQ(world.serve(upload(bytes)).status, 204);
  EXPECT_EQ(read(world, "a"), "old");
}

// The chain goes on in the same file, although the store has forgotten how far it went.
TEST(SnapshotAudit, TheLogGoesOnAndHoldsNothingOfTheContent) {
  Folder folder;
  const std::string file = folder.path / "audit.log";
  Filled world;
  ASSERT_EQ(world.ask("POST", "sys/audit/file", concat(R"({"type":"file","options":{"file_path":")", file, R"("}})")).status, 204);
  const std::string bytes = take(world);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) write(world, "a", "new");
    ASSERT_EQ(world.serve(upload(bytes)).status, 204);
    EXPECT_EQ(read(world, "a"), "old");
  }
  const auto report = verify_audit_log(file);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok()) << report->text();
  EXPECT_EQ(report->public_keys.size(), 1u);
  std::ifstream text(file);
  std::string line;
  int entries = 0;
  while (std::getline(text, line)) {
    if (line.find("storage/raft/snapshot") == std::string::npos) continue;
    ++entries;
    EXPECT_LT(line.size(), 4096u);
    EXPECT_EQ(line.find("\"data\":{"), std::string::npos) << line;
  }
  EXPECT_EQ(entries, 2 + 3 * 2);
}

TEST(SnapshotLimits, OnlySoManyAreTakenAtATime) {
  Filled world;
  std::vector<http::Response> held;
  for (std::size_t i = 0; i < limits::downloads; ++i) held.push_back(world.ask("GET", snapshot_path));
  for (const auto& response : held) EXPECT_EQ(response.status, 200);
  EXPECT_EQ(world.ask("GET", snapshot_path).status, 503);
  held.clear();  // the clients have gone
  EXPECT_EQ(world.ask("GET", snapshot_path).status, 200);
}

// The seal in use may know the keys of that time: it is asked, and not only at the next start.
TEST(SnapshotSeals, WhatOpensItselfOpensAStoreUnderOtherKeysToo) {
  FakeSeal seal;
  struct Sealed {
    explicit Sealed(const FakeSeal& seal) : world({.initialised = false, .table = memory_table(), .seals = {.in_use = &seal}}) {
      token = world.value(world.ask("PUT", "sys/init", R"({"recovery_shares":1,"recovery_threshold":1})", ""), "root_token");
      world.core().begin_unsealing();
    }
    World world;
    std::string token;
  };
  Sealed one(seal), other(seal);
  ASSERT_EQ(one.world.ask("POST", "sys/mounts/secret", R"({"type":"kv"})", one.token).status, 204);
  const auto taken = one.world.ask("GET", snapshot_path, {}, one.token);
  ASSERT_TRUE(taken.download) << taken.body.view();
  const auto bytes = drain(*taken.download);
  ASSERT_TRUE(bytes);
  ASSERT_EQ(other.world.serve(upload(*bytes, force_path, other.token)).status, 204);
  for (int i = 0; i < 5000 && !other.world.core().seal_state().is_open(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(other.world.ask("GET", "sys/mounts/secret", {}, one.token).status, 200);
  EXPECT_EQ(other.world.ask("GET", "sys/mounts/secret", {}, other.token).status, 403);
}

TEST(SnapshotSeals, ASealByHandHoldsThoughASnapshotIsBeingPutBack) {
  FlakyTable::Switches store;
  World world(with(store));
  const std::string bytes = take(world);
  for (const bool fails : {false, true}) {
    store.when_replaced = [&] { world.core().seal(); };
    store.keeps_its_content = fails;
    EXPECT_GE(world.serve(upload(bytes)).status, 500);
    store.when_replaced = nullptr;
    EXPECT_FALSE(world.core().seal_state().is_open()) << fails;
    EXPECT_EQ(world.ask("GET", "sys/mounts").status, 503);
    ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()));
    EXPECT_EQ(world.ask("GET", "sys/mounts").status, 200);
  }
}

}  // namespace
}  // namespace sr::test
