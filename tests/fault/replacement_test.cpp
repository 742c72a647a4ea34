// The power is cut at each sync in turn while a store is being replaced: afterwards it is the old one or the new one, whole, and it
// opens by itself. And the disk is full: then it is the old one.
#include <gtest/gtest.h>
#include "tests/fault/workload.h"

namespace sr::fault {
namespace {

constexpr int rows_count = 300;

std::map<std::string, std::string> content(std::string_view of) {
  std::map<std::string, std::string> rows;
  for (int i = 0; i < rows_count; ++i) rows["row/" + std::to_string(i)] = std::string(of) + std::string(static_cast<std::size_t>(i) * 13 % 700, 'x');
  return rows;
}
Committed write(Store& store, const std::map<std::string, std::string>& rows) {
  Batch batch;
  batch.epoch = store.epoch();
  for (const auto& [key, bytes] : rows) batch.writes.push_back({key, bytes});
  return commit_and_wait(store, std::move(batch));
}
Result<Revision> replace(Store& store, const std::map<std::string, std::string>& rows, Revision later_than) {
  auto replacement = TRY(store.begin_replacement(1024));
  for (const auto& [key, bytes] : rows) TRY(replacement->add(key, bytes));
  TRY(replacement->finish());
  return store.replace(std::move(replacement), later_than);
}
// "old", "new", or what is wrong.
std::string state_of(const Store& store) {
  std::map<std::string, std::string> found;
  const auto snapshot = store.snapshot();
  std::string after;
  while (true) {
    const auto rows = snapshot->scan(after, 16 * 1024);
    if (!rows) return "error: " + rows.error().message;
    if (rows->empty()) break;
    for (const auto& [key, row] : *rows) found[key] = row.bytes;
    after = rows->back().key;
  }
  for (const char* which : {"old", "new"})
    if (found == content(which)) return which;
  return "a mix of " + std::to_string(found.size()) + " rows";
}

// What was wrong; "" if nothing. `which` says what was found after the cut.
std::string cut_and_examine(std::size_t sync_point, std::string& which) {
  Machine machine(static_cast<unsigned>(sync_point));
  bool acknowledged = false;
  Revision before = 0;
  {
    auto store = machine.open();
    if (!store || !write(**store, content("old"))) return "the test itself cannot write";
    before = (*store)->snapshot()->revision();
    machine.disk->cut_power_at_sync(sync_point);
    acknowledged = replace(**store, content("new"), 50).has_value();
    machine.disk->cut_power();
  }
  machine.disk->restart();
  for (int life = 0; life < 2; ++life) {
    auto store = machine.open();
    if (!store) return "does not open: " + store.error().message;
    which = state_of(**store);
    if (which != "old" && which != "new") return which;
    if (acknowledged && which == "old") return "an acknowledged replacement is gone";
    const Revision revision = (*store)->snapshot()->revision();
    if (which == "old" ? revision < before : revision < 51) return "revisions went back to " + std::to_string(revision);
    const auto again = write(**store, content(which));
    if (!again || *again != revision + 1) return "no writes after the restart";
  }
  return "";
}

TEST(Replacement, IsOldOrNewAfterAPowerCutAtAnySync) {
  std::size_t old_found = 0, new_found = 0;
  std::mutex mutex;
  in_parallel(40, [&](std::size_t i) {
    std::string which;
    const auto wrong = cut_and_examine(i + 1, which);
    std::lock_guard lock(mutex);
    EXPECT_EQ(wrong, "") << "sync " << i + 1;
    old_found += which == "old", new_found += which == "new";
  });
  EXPECT_GT(old_found, 3u);
  EXPECT_GT(new_found, 3u);
}

TEST(Replacement, OfAFullDiskIsRefusedAndLeavesTheOldOne) {
  Machine machine(1);
  auto store = machine.open();
  ASSERT_TRUE(store);
  ASSERT_TRUE(write(**store, content("old")));
  const std::size_t used = machine.disk->used();
  machine.disk->set_space(used + 4'000'000);
  EXPECT_FALSE((*store)->begin_replacement(4'000'000));
  for (const std::size_t more : {10'000u, 200'000u, 400'000u}) {
    machine.disk->hide_free_space(true);
    machine.disk->set_space(used + more);
    const auto replaced = replace(**store, content("new"), 0);
    machine.disk->set_space(std::numeric_limits<std::size_t>::max());
    machine.disk->hide_free_space(false);
    if (replaced) {  // it did fit
      EXPECT_EQ(state_of(**store), "new");
      break;
    }
    EXPECT_EQ(state_of(**store), "old");
  }
  ASSERT_TRUE(write(**store, content("new")));
}

TEST(Replacement, CanBeReplacedInTurnAndLeavesOneStoreBehind) {
  Machine machine(2);
  {
    auto store = machine.open();
    ASSERT_TRUE(store);
    ASSERT_TRUE(write(**store, content("old")));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(replace(**store, content(i % 2 ? "old" : "new"), 0));
    EXPECT_EQ(state_of(**store), "new");
  }
  auto store = machine.open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(state_of(**store), "new");
  std::vector<std::string> names;
  ASSERT_TRUE(machine.env->GetChildren(db_folder, &names).ok());
  std::erase_if(names, [](const auto& name) { return name == "." || name == ".."; });
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"LOCK", "STORE", "store-3"}));
}

}  // namespace
}  // namespace sr::fault
