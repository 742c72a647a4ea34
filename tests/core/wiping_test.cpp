// A secret that was destroyed is in no file of the store: not as it was sealed, once the compaction that this asks for is over.
#include <gtest/gtest.h>
#include "core/fakes.h"
#include "storage/rocksdb_table.h"

#ifndef SR_WITHOUT_ROCKSDB
namespace sr::test {
namespace {

struct Wiping : testing::Test {
  Folder folder;
  World world{World::Options{.table = *open_rocksdb_table({.path = (folder.path / "db").string(), .memtable_bytes = 64 * 1024, .wipe_after = std::chrono::milliseconds(1)})}};

  int ask(std::string method, std::string_view path, std::string_view body = {}) { return world.ask(std::move(method), path, body).status; }
  // As they lie in the store: under the keys that hold this text.
  std::vector<std::string> sealed(std::string_view text) {
    std::vector<std::string> found;
    const auto snapshot = world.core().store().snapshot();
    const auto keys = snapshot->list("", {.after = {}, .limit = 100'000}, Depth::all).value();
    for (const auto& key : keys)
      if (key.contains(text)) found.push_back((*snapshot->get(key, Tier::any))->bytes);
    return found;
  }
  bool is_in_a_file(std::string_view bytes) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      if (std::string((std::istreambuf_iterator<char>(file)), {}).contains(bytes)) return true;
    }
    return false;
  }
  void expect_present(const std::vector<std::string>& rows) {
    ASSERT_FALSE(rows.empty());
    for (const auto& row : rows) ASSERT_TRUE(is_in_a_file(row)) << "the search finds what is there";
  }
  void expect_absent(const std::vector<std::string>& rows) {
    for (int i = 0; i < 2000 && world.core().store().lingering() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(world.core().store().lingering(), 0u);
    for (const auto& row : rows) EXPECT_FALSE(is_in_a_file(row));
  }
  void fill(std::string_view mount) {
    for (int i = 0; i < 50; ++i) ASSERT_LT(ask("POST", std::string(mount) + std::to_string(i), R"({"data":{"k":")" + std::string(3000, 'v') + "\"}}"), 300);
  }
};

TEST_F(Wiping, DestroyedVersionsOfRemovedSecretsAndVersion1) {
  ASSERT_EQ(ask("POST", "sys/mounts/s", R"({"type":"kv-v2"})"), 204);
  ASSERT_EQ(ask("POST", "sys/mounts/one", R"({"type":"kv"})"), 204);
  ASSERT_EQ(ask("POST", "s/data/app", R"({"data":{"password":"one"}})"), 200);
  ASSERT_EQ(ask("POST", "s/data/app", R"({"data":{"password":"two"}})"), 200);
  ASSERT_EQ(ask("POST", "s/data/gone", R"({"data":{"password":"three"}})"), 200);
  ASSERT_EQ(ask("POST", "one/plain", R"({"password":"four"})"), 204);
  fill("s/data/fill/");
  const auto versions = sealed("data/app"), removed = sealed("/gone"), plain = sealed("secret/plain");
  ASSERT_EQ(versions.size(), 2u);
  expect_present(versions), expect_present(removed), expect_present(plain);

  ASSERT_EQ(ask("POST", "s/destroy/app", R"({"versions":[1]})"), 204);
  ASSERT_EQ(ask("DELETE", "s/metadata/gone"), 204);
  ASSERT_EQ(ask("DELETE", "one/plain"), 204);
  expect_absent({versions[0]});
  expect_absent(removed);
  expect_absent(plain);
  EXPECT_TRUE(is_in_a_file(versions[1])) << "the version that was not destroyed";
  EXPECT_EQ(ask("GET", "s/data/app"), 200);
}

// A secret that moved leaves nothing behind that a destruction at its new place would not reach.
TEST_F(Wiping, WhatHasMoved) {
  ASSERT_EQ(ask("POST", "sys/mounts/s", R"({"type":"kv-v2"})"), 204);
  ASSERT_EQ(ask("POST", "s/data/app", R"({"data":{"password":"one"}})"), 200);
  fill("s/data/fill/");
  const auto source = sealed("data/app");
  expect_present(source);
  ASSERT_EQ(ask("POST", "s/move/app", R"({"to":"s/new"})"), 200);
  expect_absent(source);
  const auto moved = sealed("data/new");
  expect_present(moved);
  ASSERT_EQ(ask("POST", "s/destroy/new", R"({"versions":[1]})"), 204);
  expect_absent(moved);
}

// Versions that newer ones have pushed out go with the secret.
TEST_F(Wiping, VersionsThatWereDropped) {
  ASSERT_EQ(ask("POST", "sys/mounts/s", R"({"type":"kv-v2"})"), 204);
  ASSERT_EQ(ask("POST", "s/metadata/app", R"({"max_versions":1})"), 204);
  ASSERT_EQ(ask("POST", "s/data/app", R"({"data":{"password":"one"}})"), 200);
  const auto dropped = sealed("data/app");
  fill("s/data/fill/");
  ASSERT_EQ(ask("POST", "s/data/app", R"({"data":{"password":"two"}})"), 200);
  expect_present(dropped);
  ASSERT_EQ(ask("DELETE", "s/metadata/app"), 204);
  expect_absent(dropped);
}

}  // namespace
}  // namespace sr::test
#endif
