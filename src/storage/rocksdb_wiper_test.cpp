// What a row held before leaves every file of the store, when that is asked for.
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <thread>
#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>
#include "storage/committer.h"
#include "storage/rocksdb_table.h"

namespace sr {
namespace {

struct RocksDbWiping : testing::Test {
  std::string folder = testing::TempDir() + "/wiping-XXXXXX";
  std::unique_ptr<Committer> store;

  RocksDbWiping() { EXPECT_TRUE(::mkdtemp(folder.data())); }
  ~RocksDbWiping() override {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  void open(std::chrono::milliseconds wipe_after = std::chrono::milliseconds(1), std::size_t memtable_bytes = 64 * 1024) {
    store.reset();
    store = std::make_unique<Committer>(*open_rocksdb_table({.path = folder, .memtable_bytes = memtable_bytes, .wipe_after = wipe_after}));
  }
  void write(std::string key, std::optional<std::string> value, Former former = Former::may_linger) {
    Batch batch;
    batch.writes.push_back({std::move(key), std::move(value), former});
    ASSERT_TRUE(commit_and_wait(*store, std::move(batch)));
  }
  // More than the memtables hold, so that the rows lie on several levels.
  void fill(std::string_view prefix, char value) {
    for (int i = 0; i < 400; ++i) write(std::string(prefix) + std::to_string(1000 + i), std::string(1000, value));
  }
  void wait() const {
    for (int i = 0; i < 2000 && store->lingering() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(store->lingering(), 0u);
  }
  // The names of the files that hold the text: log, table files, manifest and whatever else lies there.
  std::string files_with(std::string_view text) const {
    std::string found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      if (bytes.contains(text)) found += entry.path().filename().string() + ' ';
    }
    return found;
  }
};

const std::string secret = "the-bytes-of-a-secret-that-is-to-go";

TEST_F(RocksDbWiping, WhatIsInTheLogAloneLeavesIt) {
  open();
  write("a", secret);
  EXPECT_NE(files_with(secret), "");
  write("a", "destroyed", Former::leaves_disk);
  wait();
  EXPECT_EQ(files_with(secret), "");
  EXPECT_EQ((*store->snapshot()->get("a", Tier::any))->bytes, "destroyed");
}

TEST_F(RocksDbWiping, WhatIsInTableFilesLeavesThem) {
  open();
  fill("f", 'x');
  write("f1200", secret);
  fill("g", 'y');
  fill("f13", 'z');
  write("f1200", "newer");
  fill("h", 'w');
  EXPECT_NE(files_with(secret), "");
  write("f1200", std::nullopt, Former::leaves_disk);
  wait();
  EXPECT_EQ(files_with(secret), "");
  EXPECT_FALSE((*store->snapshot()->get("f1200", Tier::any)));
  EXPECT_EQ((*store->snapshot()->get("f1201", Tier::any))->bytes, std::string(1000, 'x'));
  EXPECT_EQ(store->snapshot()->list("", {}, Depth::all)->size(), 399u + 3 * 400u);
}

// Without being asked RocksDB keeps it: otherwise the test above would prove nothing.
TEST_F(RocksDbWiping, ItLingersOtherwise) {
  open();
  write("a", secret);
  write("a", std::nullopt);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_NE(files_with(secret), "");
}

TEST_F(RocksDbWiping, TheWishOutlivesACrash) {
  open(std::chrono::hours(1));
  fill("f", 'x');
  write("a", secret);
  fill("g", 'y');
  write("a", "destroyed", Former::leaves_disk);
  EXPECT_EQ(store->lingering(), 1u);
  open();
  wait();
  EXPECT_EQ(files_with(secret), "");
  open(std::chrono::hours(1));
  EXPECT_EQ(store->lingering(), 0u);
}

// A reader of an older moment needs the bytes, and they stay until it has gone.
TEST_F(RocksDbWiping, WaitsForReadersOfOlderMoments) {
  open();
  write("a", secret);
  auto reader = store->snapshot();
  write("a", std::nullopt, Former::leaves_disk);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(store->lingering(), 1u);
  EXPECT_EQ((*reader->get("a", Tier::any))->bytes, secret);
  reader.reset();
  wait();
  EXPECT_EQ(files_with(secret), "");
}

// Parts of one thing, "name\0part": those that were dropped without being asked for go with those between which they lay.
TEST_F(RocksDbWiping, TakesWhatLayBetween) {
  open();
  const auto part = [](int number) { return std::string("thing") + '\0' + std::to_string(number); };
  write(part(1), "one");
  write(part(2), secret);
  fill("z", 'x');
  write(part(2), std::nullopt);
  write(part(3), "three");
  write(part(1), std::nullopt, Former::leaves_disk);
  write(part(3), std::nullopt, Former::leaves_disk);
  wait();
  EXPECT_EQ(files_with(secret), "");
}

TEST_F(RocksDbWiping, ManyAtOnceAndNothingElse) {
  open();
  fill("f", 'x');
  for (int i = 0; i < 300; ++i) write("k" + std::to_string(i), secret + std::to_string(i));
  fill("l", 'y');
  for (int i = 0; i < 300; i += 2) write("k" + std::to_string(i), std::nullopt, Former::leaves_disk);
  wait();
  EXPECT_EQ(files_with(secret + "100"), "");
  EXPECT_NE(files_with(secret + "101"), "");
  EXPECT_EQ(store->snapshot()->list("k", {}, Depth::all)->size(), 150u);
}

// A list that has had to cross very many deleted rows has them cleared away: the next one does not.
TEST_F(RocksDbWiping, DesertsOfDeletedRowsAreCleared) {
  open(std::chrono::milliseconds(1), 64 << 20);  // small memtables are compacted before there is a desert
  const auto each = [&](std::optional<std::string> value) {
    for (int from = 0; from < 20'000; from += 1000) {
      Batch batch;
      for (int i = from; i < from + 1000; ++i) batch.writes.push_back({"d/" + std::to_string(100'000 + i), value});
      ASSERT_TRUE(commit_and_wait(*store, std::move(batch)));
    }
  };
  each("v");
  each(std::nullopt);
  for (int i = 0; i < 100; ++i) write("d/9" + std::to_string(i), "v");
  const auto crossed = [&] {  // deleted rows, on the way to a page
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    EXPECT_EQ(store->snapshot()->list("d/", {.after = {}, .limit = 50}, Depth::one)->size(), 50u);
    return rocksdb::get_perf_context()->internal_delete_skipped_count;
  };
  EXPECT_GE(crossed(), 20'000u);
  auto left = crossed();
  for (int i = 0; i < 500 && left > 1000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    left = crossed();
  }
  EXPECT_LE(left, 1000u);
}

TEST_F(RocksDbWiping, AReplacedStoreStartsAnew) {
  open(std::chrono::hours(1));
  write("a", secret);
  write("a", std::nullopt, Former::leaves_disk);
  auto next = *store->begin_replacement(1000);
  ASSERT_TRUE(next->add("b", "restored"));
  ASSERT_TRUE(next->finish());
  ASSERT_TRUE(store->replace(std::move(next), 0));
  EXPECT_EQ(store->lingering(), 0u);
  EXPECT_EQ(files_with(secret), "");
}

}  // namespace
}  // namespace sr
