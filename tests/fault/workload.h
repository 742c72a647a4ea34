// Concurrent writers through a Committer, and what must be true of the store after whatever happened to it.
#pragma once
#include <gtest/gtest.h>
#include "storage/committer.h"
#include "storage/rocksdb_table.h"
#include "tests/fault/fault_file_system.h"

namespace sr::fault {

constexpr const char* db_folder = "/db";

// A disk with a database on it.
struct Machine {
  explicit Machine(unsigned seed) : disk(std::make_shared<FaultFileSystem>(seed)), env(rocksdb::NewCompositeEnv(disk)) {}
  Result<std::unique_ptr<Store>> open(bool sync = true) {
    auto table = open_rocksdb_table({.path = db_folder, .cache_bytes = 1024 * 1024, .memtable_bytes = 64 * 1024, .sync = sync, .env = env.get()});
    if (!table) return std::unexpected(std::move(table).error());
    return std::make_unique<Committer>(std::move(*table));
  }
  std::shared_ptr<FaultFileSystem> disk;
  std::unique_ptr<rocksdb::Env> env;
};

// Runs `work` on each index, several at a time: RocksDB's background threads sleep for a second after an error.
inline void in_parallel(std::size_t count, std::function<void(std::size_t)> work) {
  constexpr int workers = 24;
  rocksdb::Env::Default()->SetBackgroundThreads(workers, rocksdb::Env::LOW);
  rocksdb::Env::Default()->SetBackgroundThreads(workers, rocksdb::Env::HIGH);
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i)
    threads.emplace_back([&] {
      for (std::size_t at; (at = next++) < count;) work(at);
    });
  for (auto& thread : threads) thread.join();
}

// Each writer commits its n-th batch when the one before has been acknowledged: a row of its own, and two that hold n. The
// second of them is a precondition too.
class Workload {
 public:
  static constexpr std::size_t writers_count = 6;

  // Until each writer has written `count` more batches or one of them fails.
  void run(Store& store, std::size_t count) {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < writers_count; ++i)
      threads.emplace_back([this, &store, i, count] {
        auto& acknowledged = acknowledged_[i];
        for (const auto end = acknowledged.size() + count; acknowledged.size() < end;) {
          const auto outcome = commit_and_wait(store, batch(i, acknowledged.size() + 1));
          if (!outcome) {
            EXPECT_FALSE(outcome.error().conflict) << *outcome.error().conflict;
            return;
          }
          acknowledged.push_back(*outcome);
        }
      });
    for (auto& thread : threads) thread.join();
  }

  // What is wrong with the store; "" if nothing. A batch that was under way may be there or not; afterwards it counts as
  // it was found, so that the writers can go on.
  std::string examine(const Store& store) {
    const auto snapshot = store.snapshot();
    for (std::size_t i = 0; i < writers_count; ++i) {
      auto& acknowledged = acknowledged_[i];
      for (std::size_t n = 1; n <= acknowledged.size() + 2; ++n) {
        const auto row = snapshot->get(key(i, n), Tier::any);
        if (!row) return "error: " + row.error().message;
        if (n <= acknowledged.size()) {
          if (!*row) return "lost " + key(i, n);
          if ((*row)->bytes != value(i, n)) return "another value in " + key(i, n);
          if ((*row)->revision != acknowledged[n - 1]) return "another revision of " + key(i, n);
        } else if (*row) {
          if (n > acknowledged.size() + 1) return "out of nowhere " + key(i, n);
          acknowledged.push_back((*row)->revision);
        }
      }
      for (const char* name : {"/head", "/twin"}) {
        const auto row = snapshot->get("w" + std::to_string(i) + name, Tier::any);
        if (!row) return "error: " + row.error().message;
        if ((*row ? (*row)->bytes : "0") != std::to_string(acknowledged.size())) return "half a batch of writer " + std::to_string(i);
      }
      const auto names = snapshot->list("w" + std::to_string(i) + "/log/", {}, Depth::one);
      if (!names) return "error: " + names.error().message;
      if (names->size() != acknowledged.size()) return "a list with rows missing";
      for (const auto revision : acknowledged)
        if (revision > snapshot->revision()) return "the last revision went back";
    }
    return "";
  }
  std::size_t acknowledged() const {
    std::size_t count = 0;
    for (const auto& writer : acknowledged_) count += writer.size();
    return count;
  }

 private:
  static std::string key(std::size_t writer, std::size_t n) { return "w" + std::to_string(writer) + "/log/" + std::to_string(n); }
  static std::string value(std::size_t writer, std::size_t n) {
    return std::to_string(writer) + ":" + std::to_string(n) + std::string(100 + n * 37 % 900, static_cast<char>('a' + n % 26));
  }
  Batch batch(std::size_t writer, std::size_t n) const {
    const std::string name = "w" + std::to_string(writer);
    Batch batch;
    batch.reads.push_back({name + "/head", acknowledged_[writer].empty() ? 0 : acknowledged_[writer].back()});
    batch.writes.push_back({name + "/head", std::to_string(n)});
    batch.writes.push_back({key(writer, n), value(writer, n)});
    batch.writes.push_back({name + "/twin", std::to_string(n)});
    return batch;
  }

  std::array<std::vector<Revision>, writers_count> acknowledged_;
};

}  // namespace sr::fault
