#include "storage/store_conformance.h"
#include "storage/memory_table.h"
#include "storage/rocksdb_table.h"
#include "storage/row_cache.h"

namespace sr::conformance {
namespace {

// ThreadSanitizer does not see into the RocksDB of the system and reports its threads, never ours.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SR_WITHOUT_ROCKSDB
#endif
#endif

// Small memtables, so that the histories live in table files too.
const Medium media[] = {
    {.name = "memory", .open = [](const std::string&) { return Result<std::unique_ptr<Table>>(memory_table()); }},
    {.name = "cached",  // so small a cache that every shard drops rows all the time
     .open = [](const std::string&) { return Result<std::unique_ptr<Table>>(cached_table(memory_table(), 16 * 400)); }},
#ifndef SR_WITHOUT_ROCKSDB
    {.name = "inmem", .open = [](const std::string&) { return open_rocksdb_table({.in_memory = true, .memtable_bytes = 64 * 1024}); }},
    {.name = "rocksdb", .durable = true,
     .open = [](const std::string& folder) { return open_rocksdb_table({.path = folder + "/db", .memtable_bytes = 64 * 1024}); }},
#endif
};

// On the I/O thread nothing waits for the disk: a row that is in no cache says so, and is there once a lane has read it.
TEST(RocksDb, SaysWhatIsNotInMemory) {
  std::string folder = testing::TempDir() + "/tiers-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder.data()));
  {
    Committer store(*open_rocksdb_table({.path = folder}));
    Batch batch;
    for (int i = 0; i < 1000; ++i) batch.writes.push_back({"k" + std::to_string(i), std::string(200, 'v')});
    ASSERT_TRUE(commit_and_wait(store, std::move(batch)));
    EXPECT_TRUE(store.snapshot()->get("k7", Tier::memory));
  }
  {
    Committer store(*open_rocksdb_table({.path = folder}));
    const auto snapshot = store.snapshot();
    const auto row = snapshot->get("k7", Tier::memory);
    ASSERT_FALSE(row);
    EXPECT_EQ(row.error().code, Code::incomplete);
    EXPECT_TRUE(*snapshot->get("k7", Tier::any));
    EXPECT_TRUE(*snapshot->get("k7", Tier::memory));
  }
  std::filesystem::remove_all(folder);
}

// At a start RocksDB opens a few of the table files only, and a read from memory may meet another: what it says then is "not in memory", too.
// Who looks ahead finds all that he looked for.
TEST(RocksDb, SaysWhatLiesInFilesThatAreNotOpen) {
  std::string folder = testing::TempDir() + "/files-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder.data()));
  const RocksDbOptions options{.path = folder, .memtable_bytes = 64 * 1024};
  constexpr int rows = 8000;
  auto key = [](int i) { return "k" + std::to_string(10000 + i); };
  {
    Committer store(*open_rocksdb_table(options));
    for (int i = 0; i < rows;) {
      Batch batch;
      for (const int end = i + 100; i < end; ++i) batch.writes.push_back({key(i), std::string(1000, 'v')});
      ASSERT_TRUE(commit_and_wait(store, std::move(batch)));
    }
  }
  const auto files = std::ranges::count_if(std::filesystem::recursive_directory_iterator(folder), [](const auto& file) { return file.path().extension() == ".sst"; });
  ASSERT_GT(files, 24);
  {
    Committer store(*open_rocksdb_table(options));
    const auto snapshot = store.snapshot();
    for (int i = 0; i < rows; i += 10) {
      const auto row = snapshot->get(key(i), Tier::memory);
      ASSERT_TRUE(row ? *row && (*row)->bytes.size() == 1000 : row.error().code == Code::incomplete) << key(i);
    }
    for (int i = 0; i < rows; i += 10) {
      snapshot->look_ahead(key(i));
      const auto row = snapshot->get(key(i), Tier::memory);
      ASSERT_TRUE(row && *row && (*row)->bytes.size() == 1000) << key(i);
    }
  }
  std::filesystem::remove_all(folder);
}

// A write that failed has pushed a row out of the cache; a reader at an earlier moment must not put back what he saw.
TEST(RowCache, IsNotMisledByAFailedWrite) {
  Unruly::Reins reins;
  Committer store(cached_table(std::make_unique<Unruly>(memory_table(), reins), 1 << 20));
  auto put = [&](std::string value) {
    Batch batch;
    batch.writes.push_back({"a", std::move(value)});
    return commit_and_wait(store, std::move(batch));
  };
  ASSERT_TRUE(put("1"));
  const auto early = store.snapshot();
  ASSERT_TRUE(put("2"));
  reins.set_failing(true);
  ASSERT_FALSE(put("3"));
  EXPECT_EQ((*early->get("a", Tier::any))->bytes, "1");
  EXPECT_EQ((*store.snapshot()->get("a", Tier::any))->bytes, "2");
  reins.set_failing(false);
  EXPECT_EQ(put("4"), 3u);
  EXPECT_EQ((*early->get("a", Tier::any))->bytes, "1");
  EXPECT_EQ((*store.snapshot()->get("a", Tier::any))->bytes, "4");
}

}  // namespace
INSTANTIATE_TEST_SUITE_P(Media, StoreConformance, testing::ValuesIn(media), name_of_medium);
}  // namespace sr::conformance
