// What every Store must do, whatever it stands on: a suite that is run on each medium. Include it in one test file and
// instantiate it with the media:
//   INSTANTIATE_TEST_SUITE_P(Media, StoreConformance, testing::Values(Medium{...}), name_of_medium);
#pragma once
#include <barrier>
#include <cstdlib>
#include <filesystem>
#include <condition_variable>
#include <latch>
#include <random>
#include <set>
#include <gtest/gtest.h>
#include "storage/committer.h"

namespace sr::conformance {

struct Medium {
  std::string name;
  bool durable = false;  // holds its rows when it is opened again
  std::function<Result<std::unique_ptr<Table>>(const std::string& folder)> open;
  friend void PrintTo(const Medium& medium, std::ostream* out) { *out << medium.name; }
};

// A table that fails or waits when it is told to.
class Unruly final : public Table {
 public:
  struct Reins {
    std::mutex mutex;
    std::condition_variable moved;
    bool held = false, failing = false;
    int writes = 0;  // begun
    void hold(bool on) {
      std::lock_guard lock(mutex);
      held = on;
      moved.notify_all();
    }
    void set_failing(bool on) { std::lock_guard lock(mutex); failing = on; }
    void wait_for_write() {
      std::unique_lock lock(mutex);
      moved.wait(lock, [this] { return writes > 0; });
    }
  };
  Unruly(std::unique_ptr<Table> inner, Reins& reins) : inner_(std::move(inner)), reins_(reins) {}
  std::unique_ptr<const Snapshot> snapshot() const override { return inner_->snapshot(); }
  Result<Revision> revision_of(std::string_view key) const override { return inner_->revision_of(key); }
  Revision last_revision() const override { return inner_->last_revision(); }
  std::string_view type() const override { return inner_->type(); }
  void stop_waiting() override { inner_->stop_waiting(); }
  Result<void> write(std::span<const Change> changes) override {
    std::unique_lock lock(reins_.mutex);
    ++reins_.writes;
    reins_.moved.notify_all();
    reins_.moved.wait(lock, [this] { return !reins_.held; });
    if (reins_.failing) return fail(Code::internal, "store: told to fail");
    return inner_->write(changes);
  }
  Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t bytes) override { return inner_->begin_replacement(bytes); }
  Result<void> replace(Replacement& replacement, Revision revision) override { return inner_->replace(replacement, revision); }

 private:
  std::unique_ptr<Table> inner_;
  Reins& reins_;
};

// The naive store: every state it ever had.
class Model {
 public:
  using State = std::map<std::string, Row>;
  const State& at(Revision revision) const { return std::prev(states_.upper_bound(revision))->second; }
  const State& now() const { return states_.rbegin()->second; }
  Revision last() const { return states_.rbegin()->first; }

  std::expected<Revision, std::string> commit(const Batch& batch) {  // or the first key that has changed
    for (const auto& read : batch.reads) {
      const auto row = now().find(read.key);
      if ((row == now().end() ? 0 : row->second.revision) != read.revision) return std::unexpected(read.key);
    }
    if (batch.writes.empty()) return last();
    State next = now();
    const Revision revision = last() + 1;
    for (const auto& write : batch.writes) {
      if (write.bytes) next[write.key] = Row{revision, *write.bytes};
      else next.erase(write.key);
    }
    states_[revision] = std::move(next);
    return revision;
  }

  void replace(State next, Revision later_than) {
    const Revision revision = std::max(last(), later_than) + 1;
    for (auto& [key, row] : next) row.revision = revision;
    states_[revision] = std::move(next);
  }

  static std::vector<std::string> list(const State& state, std::string_view prefix, Page page, Depth depth) {
    std::set<std::string> all;
    for (const auto& [key, row] : state) {
      if (!key.starts_with(prefix)) continue;
      std::string name = key.substr(prefix.size());
      if (const auto slash = name.find('/'); depth == Depth::one && slash != std::string::npos) name.resize(slash + 1);
      if (name > page.after) all.insert(name);
    }
    std::vector<std::string> names(all.begin(), all.end());
    if (names.size() > page.limit) names.resize(page.limit);
    return names;
  }

 private:
  std::map<Revision, State> states_{{0, {}}};
};

class StoreConformance : public testing::TestWithParam<Medium> {
 protected:
  void SetUp() override {
    std::string pattern = (testing::TempDir() + "/conformance-XXXXXX");
    ASSERT_TRUE(::mkdtemp(pattern.data()));
    folder_ = pattern;
    reopen();
  }
  void TearDown() override {
    store.reset();
    std::filesystem::remove_all(folder_);
  }
  void reopen(std::size_t batches_max = limits::committer_batches) {
    store.reset();
    auto table = GetParam().open(folder_);
    ASSERT_TRUE(table) << table.error().message;
    store = std::make_unique<Committer>(std::make_unique<Unruly>(std::move(*table), reins), batches_max);
  }
  Committed put(std::string key, std::string value) {
    Batch batch;
    batch.writes.push_back({std::move(key), std::move(value)});
    return commit_and_wait(*store, std::move(batch));
  }
  Result<Revision> replace(const std::map<std::string, Row>& rows, Revision later_than = 0) {
    auto replacement = TRY(store->begin_replacement(1024));
    for (const auto& [key, row] : rows) TRY(replacement->add(key, row.bytes));
    TRY(replacement->finish());
    return store->replace(std::move(replacement), later_than);
  }
  std::optional<std::string> get(std::string_view key) {
    auto row = store->snapshot()->get(key, Tier::any);
    return *row ? std::optional((*row)->bytes) : std::nullopt;
  }

  Unruly::Reins reins;
  std::unique_ptr<Committer> store;
  std::string folder_;
};

// Neighbours of '/' in byte order, empty segments and bytes above ASCII: where lists go wrong.
inline std::string random_key(std::mt19937& random) {
  static constexpr std::string_view parts[] = {"a", "b", "/", "/", "0", ".", "\xff", "ab"};
  std::string key(1, static_cast<char>('a' + random() % 3));
  for (auto count = random() % 5; count > 0; --count) key += parts[random() % std::size(parts)];
  return key;
}

inline Batch random_batch(std::mt19937& random, const Model& model, int serial) {
  Batch batch;
  std::map<std::string, bool> seen;
  for (auto count = random() % 3; count > 0; --count) {
    const auto key = random_key(random);
    if (!seen.try_emplace(key).second) continue;
    const auto row = model.now().find(key);
    const Revision now = row == model.now().end() ? 0 : row->second.revision;
    batch.reads.push_back({key, random() % 16 == 0 ? now + 1 : now});
  }
  seen.clear();
  for (auto count = random() % 5; count > 0; --count) {
    const auto key = random_key(random);
    if (!seen.try_emplace(key).second) continue;
    if (random() % 3 == 0) batch.writes.push_back({key, std::nullopt});
    else batch.writes.push_back({key, std::string(random() % 40, 'v') + std::to_string(serial)});
  }
  return batch;
}

inline void expect_alike(std::mt19937& random, const Snapshot& snapshot, const Model::State& state) {
  const auto key = random_key(random);
  const auto row = snapshot.get(key, Tier::any);
  ASSERT_TRUE(row) << row.error().message;
  const auto expected = state.find(key);
  ASSERT_EQ(row->has_value(), expected != state.end()) << key;
  if (*row) {
    EXPECT_EQ((*row)->bytes, expected->second.bytes);
    EXPECT_EQ((*row)->revision, expected->second.revision);
  }
  const std::string prefix = random() % 4 == 0 ? "" : random_key(random), after = random() % 2 ? "" : random_key(random);
  const Page page{after, random() % 3 == 0 ? 1 + random() % 5 : limits::list_page};
  for (const auto depth : {Depth::one, Depth::all}) {
    const auto names = snapshot.list(prefix, page, depth);
    ASSERT_TRUE(names) << names.error().message;
    EXPECT_EQ(*names, Model::list(state, prefix, page, depth)) << "prefix " << prefix << " after " << after << " limit " << page.limit;
  }
}

// Page by page, of a random size.
inline void expect_scan(std::mt19937& random, const Snapshot& snapshot, const Model::State& state) {
  auto expected = state.begin();
  std::string after;
  while (true) {
    const auto rows = snapshot.scan(after, random() % 200);
    ASSERT_TRUE(rows) << rows.error().message;
    if (rows->empty()) break;
    for (const auto& [key, row] : *rows) {
      ASSERT_NE(expected, state.end()) << key;
      EXPECT_EQ(key, expected->first);
      EXPECT_EQ(row.bytes, expected->second.bytes);
      EXPECT_EQ(row.revision, expected->second.revision);
      ++expected;
    }
    after = rows->back().key;
  }
  EXPECT_EQ(expected, state.end());
}

TEST_P(StoreConformance, RandomHistoriesAgreeWithTheModel) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    if (seed > 1) TearDown(), SetUp();
    Model model;
    std::vector<std::unique_ptr<const Snapshot>> snapshots;
    for (int step = 0; step < 200 && !HasFailure(); ++step) {
      // Several at once, so that the committer merges them: it works them off in the order in which they came.
      const std::size_t count = 1 + random() % 6;
      std::vector<Committed> outcomes(count, Revision{0});
      std::vector<std::expected<Revision, std::string>> expected;
      std::latch done(static_cast<std::ptrdiff_t>(count));
      for (std::size_t i = 0; i < count; ++i) {
        auto batch = random_batch(random, model, step);
        batch.epoch = store->epoch();
        expected.push_back(model.commit(batch));
        store->commit(std::move(batch), [&outcomes, &done, i](const Committed& outcome) {
          outcomes[i] = outcome;
          done.count_down();
        });
      }
      done.wait();
      for (std::size_t i = 0; i < count; ++i) {
        ASSERT_EQ(outcomes[i].has_value(), expected[i].has_value());
        if (outcomes[i]) EXPECT_EQ(*outcomes[i], *expected[i]);
        else EXPECT_EQ(outcomes[i].error().conflict, expected[i].error());
      }
      if (random() % 40 == 0) {  // by a state of before, which may be of a store that was ahead
        Model::State next = model.at(random() % (model.last() + 1));
        const Revision later_than = random() % 2 ? model.last() + random() % 50 : 0;
        const auto replaced = replace(next, later_than);
        ASSERT_TRUE(replaced) << replaced.error().message;
        model.replace(std::move(next), later_than);
        EXPECT_EQ(*replaced, model.last());
      }
      if (snapshots.size() > 5) snapshots.erase(snapshots.begin() + static_cast<std::ptrdiff_t>(random() % snapshots.size()));
      snapshots.push_back(store->snapshot());
      EXPECT_EQ(snapshots.back()->revision(), model.last());
      for (const auto& snapshot : snapshots) expect_alike(random, *snapshot, model.at(snapshot->revision()));
      if (step % 20 == 0) expect_scan(random, *snapshots.front(), model.at(snapshots.front()->revision()));
      if (GetParam().durable && random() % 60 == 0) {
        snapshots.clear();
        reopen();
        ASSERT_EQ(store->snapshot()->revision(), model.last());
      }
    }
  }
}

TEST_P(StoreConformance, WhatWasBegunBeforeAReplacementIsRefused) {
  EXPECT_EQ(put("a", "old"), 1u);
  Batch begun;
  begun.epoch = store->epoch();
  begun.writes.push_back({"b", "of before"});
  const auto before = store->snapshot();
  ASSERT_EQ(replace({{"a", {0, "new"}}, {"c", {0, "1"}}}, 7), 8u);
  EXPECT_EQ(store->epoch(), 1u);
  const auto refused = commit_and_wait(*store, std::move(begun));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, Code::busy);
  EXPECT_EQ(get("b"), std::nullopt);
  EXPECT_EQ((*before->get("a", Tier::any))->bytes, "old");
  EXPECT_EQ(get("a"), "new");
  Batch next;
  next.epoch = store->epoch();
  next.reads.push_back({"a", 8});
  next.writes.push_back({"a", "newer"});
  EXPECT_EQ(commit_and_wait(*store, std::move(next)), 9u);
}

TEST_P(StoreConformance, AReplacementThatIsDroppedLeavesNothing) {
  EXPECT_EQ(put("a", "1"), 1u);
  for (int i = 0; i < 3; ++i) {
    auto replacement = store->begin_replacement(1024);
    ASSERT_TRUE(replacement) << replacement.error().message;
    ASSERT_TRUE((*replacement)->add("a", "2"));
    ASSERT_TRUE(i < 2 || (*replacement)->finish());
  }
  EXPECT_EQ(get("a"), "1");
  EXPECT_EQ(put("b", "1"), 2u);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) EXPECT_FALSE(entry.path().filename().string().starts_with("store-")) << entry.path();
}

// Readers run while the store is replaced again and again: each sees one of the states, and whole.
TEST_P(StoreConformance, ReadersSeeOneStateWhileItIsReplaced) {
  const auto state = [](int n) {
    std::map<std::string, Row> rows;
    for (int i = 0; i < 20; ++i) rows["k" + std::to_string(i)] = {0, std::to_string(n)};
    return rows;
  };
  ASSERT_TRUE(replace(state(0)));
  std::atomic<bool> ends = false;
  std::atomic<int> mixed = 0;
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r)
    readers.emplace_back([&] {
      while (!ends) {
        const auto snapshot = store->snapshot();
        const auto first = snapshot->get("k0", Tier::any);
        for (int i = 1; i < 20; ++i) {
          const auto row = snapshot->get("k" + std::to_string(i), Tier::any);
          if (!row || !*row || (*row)->bytes != (*first)->bytes || (*row)->revision != (*first)->revision) ++mixed;
        }
      }
    });
  for (int n = 1; n <= 10; ++n) {
    ASSERT_TRUE(replace(state(n)));
    Batch batch;
    batch.epoch = store->epoch();
    for (const auto& [key, row] : state(100 + n)) batch.writes.push_back({key, row.bytes});
    ASSERT_TRUE(commit_and_wait(*store, std::move(batch)));
  }
  ends = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(mixed, 0);
}

TEST_P(StoreConformance, ExactlyOneOfManyWritersWins) {
  constexpr int writers = 8;
  for (int round = 0; round < 20; ++round) {
    const std::string key = "contended/" + std::to_string(round);
    std::barrier start(writers);
    std::atomic<int> won = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i)
      threads.emplace_back([&, i] {
        Batch batch;
        batch.reads.push_back({key, 0});
        batch.writes.push_back({key, std::to_string(i)});
        start.arrive_and_wait();
        const auto outcome = commit_and_wait(*store, std::move(batch));
        if (outcome) ++won;
        else EXPECT_EQ(outcome.error().conflict, key);
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
  }
}

// Transfers between two rows by many threads: the sum holds in every snapshot, and no increment is lost.
TEST_P(StoreConformance, TransactionsOfManyThreadsAreOneAfterTheOther) {
  constexpr int threads_count = 4, transfers = 100;
  ASSERT_TRUE(put("from", "0"));
  ASSERT_TRUE(put("to", "0"));
  std::atomic<bool> over = false;
  std::thread reader([&] {
    while (!over) {
      const auto snapshot = store->snapshot();
      const auto from = snapshot->get("from", Tier::any), to = snapshot->get("to", Tier::any);
      EXPECT_EQ(std::stoi((*from)->bytes) + std::stoi((*to)->bytes), 0);
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < threads_count; ++i)
    threads.emplace_back([&] {
      for (int done = 0; done < transfers;) {
        const auto snapshot = store->snapshot();
        const auto from = *snapshot->get("from", Tier::any), to = *snapshot->get("to", Tier::any);
        Batch batch;
        batch.reads = {{"from", from->revision}, {"to", to->revision}};
        batch.writes.push_back({"from", std::to_string(std::stoi(from->bytes) - 1)});
        batch.writes.push_back({"to", std::to_string(std::stoi(to->bytes) + 1)});
        if (commit_and_wait(*store, std::move(batch))) ++done;
      }
    });
  for (auto& thread : threads) thread.join();
  over = true;
  reader.join();
  EXPECT_EQ(get("to"), std::to_string(threads_count * transfers));
}

// Rows that are always written together are always seen together, however reads, writes and caches interleave.
TEST_P(StoreConformance, ASnapshotIsOfOneMoment) {
  constexpr int keys = 24;
  auto key = [](int i) { return "together/" + std::to_string(i); };
  auto write = [&](int round) {
    Batch batch;
    for (int i = 0; i < keys; ++i) batch.writes.push_back({key(i), round % 7 == 3 ? std::nullopt : std::optional(std::to_string(round))});
    return commit_and_wait(*store, std::move(batch));
  };
  ASSERT_TRUE(write(0));
  std::atomic<bool> over = false;
  std::vector<std::thread> readers;
  for (unsigned seed = 1; seed <= 3; ++seed)
    readers.emplace_back([&, seed] {
      std::mt19937 random(seed);
      while (!over && !HasFailure()) {
        const auto snapshot = store->snapshot();
        const int start = static_cast<int>(random() % keys);
        const auto first = *snapshot->get(key(start), Tier::any);
        for (int i = 1; i < 8; ++i) {
          const auto other = *snapshot->get(key((start + i) % keys), Tier::any);
          ASSERT_EQ(first.has_value(), other.has_value()) << "at revision " << snapshot->revision();
          if (!first) continue;
          ASSERT_EQ(first->bytes, other->bytes) << "at revision " << snapshot->revision();
          ASSERT_EQ(first->revision, snapshot->revision());
        }
      }
    });
  for (int round = 1; round <= 400; ++round) ASSERT_TRUE(write(round));
  over = true;
  for (auto& reader : readers) reader.join();
}

TEST_P(StoreConformance, ListenersHearOfACommitBeforeItsWriter) {
  std::vector<std::string> heard;
  Revision revision = 0;
  store->subscribe([&](const CommitNews& news) {
    revision = news.revision;
    for (const auto key : news.written_keys()) heard.emplace_back(key);
    for (const auto key : news.removed_keys()) heard.push_back("-" + std::string(key));
    EXPECT_GE(store->snapshot()->revision(), news.revision);
  });
  Batch batch;
  batch.writes.push_back({"b", std::nullopt});
  batch.writes.push_back({"a", "1"});
  EXPECT_EQ(commit_and_wait(*store, std::move(batch)), 1u);
  EXPECT_EQ(revision, 1u);
  EXPECT_EQ(heard, (std::vector<std::string>{"a", "-b"}));
  Batch refused;
  refused.reads.push_back({"a", 7});
  refused.writes.push_back({"c", "1"});
  EXPECT_FALSE(commit_and_wait(*store, std::move(refused)));
  EXPECT_EQ(heard.size(), 2u);
}

TEST_P(StoreConformance, AFailedWriteLeavesNothing) {
  EXPECT_EQ(put("a", "1"), 1u);
  reins.set_failing(true);
  const auto failed = put("a", "2");
  ASSERT_FALSE(failed);
  EXPECT_FALSE(failed.error().conflict);
  EXPECT_EQ(failed.error().error.code, Code::internal);
  EXPECT_EQ(get("a"), "1");
  reins.set_failing(false);
  Batch next;
  next.reads.push_back({"a", 1});  // as if the failed one had never been
  next.writes.push_back({"a", "3"});
  EXPECT_EQ(commit_and_wait(*store, std::move(next)), 2u);
  EXPECT_EQ(get("a"), "3");
}

TEST_P(StoreConformance, AFullInboxRefusesAtOnceAndLosesNothing) {
  reopen(4);
  reins.hold(true);
  std::latch done(5);
  auto count = [&](const Committed& outcome) {
    EXPECT_TRUE(outcome);
    done.count_down();
  };
  auto batch = [](int i) {
    Batch one;
    one.writes.push_back({"k" + std::to_string(i), "v"});
    return one;
  };
  store->commit(batch(0), count);
  reins.wait_for_write();  // from here on the committer holds one, and what comes waits
  for (int i = 1; i <= 4; ++i) store->commit(batch(i), count);
  const auto refused = commit_and_wait(*store, batch(5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code, Code::busy);
  reins.hold(false);
  done.wait();
  EXPECT_EQ(get("k4"), "v");
  EXPECT_EQ(get("k5"), std::nullopt);
}

TEST_P(StoreConformance, RefusesWhatIsTooLarge) {
  Batch many;
  for (std::size_t i = 0; i <= limits::batch_rows; ++i) many.writes.push_back({"k" + std::to_string(i), "v"});
  EXPECT_EQ(commit_and_wait(*store, std::move(many)).error().error.code, Code::too_large);
  EXPECT_EQ(put("", "v").error().error.code, Code::too_large);
  EXPECT_EQ(put(std::string(limits::storage_key_bytes + 1, 'k'), "v").error().error.code, Code::too_large);
  EXPECT_EQ(store->snapshot()->revision(), 0u);
}

TEST_P(StoreConformance, CommitsWhatIsLeftWhenItCloses) {
  std::atomic<int> done = 0;
  for (int i = 0; i < 100; ++i) {
    Batch batch;
    batch.writes.push_back({"k" + std::to_string(i), std::string(100'000, 'v')});  // more than one merged write
    store->commit(std::move(batch), [&](const Committed& outcome) { done += outcome.has_value(); });
  }
  store.reset();
  EXPECT_EQ(done, 100);
  if (!GetParam().durable) return;
  reopen();
  EXPECT_EQ(store->snapshot()->revision(), 100u);
  EXPECT_EQ(store->snapshot()->list("k", {}, Depth::all)->size(), 100u);
}

inline std::string name_of_medium(const testing::TestParamInfo<Medium>& info) { return info.param.name; }

}  // namespace sr::conformance
