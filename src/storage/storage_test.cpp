#include <gtest/gtest.h>
#include "storage/committer.h"
#include "storage/memory_table.h"
#include "storage/transaction.h"

namespace sr {
namespace {

class TransactionTest : public testing::Test {
 protected:
  Committer store{memory_table()};
  Transaction transaction{store, nullptr};
  View view = View::core(transaction, NamespaceId("root"));
  void SetUp() override { transaction.go_on(Tier::any); }
  Committed commit() { return commit_and_wait(store, *transaction.take_batch()); }
};

TEST_F(TransactionTest, TellsTheCoresRowsFromThoseThatAClientNames) {
  EXPECT_EQ(View::core_name(view.at("audit/file/").text()), "audit/file/");
  View mount = View::mount(transaction, NamespaceId("root"), "6f2b");
  for (const auto* name : {"core/audit/file/", "a/core/audit/file/", "changed/mounts", "1/root/core/audit/file/"})
    EXPECT_FALSE(View::core_name(mount.at(name).text())) << name;
  for (const auto* odd : {"", "1", "1/", "1/root", "1/root/core", "2/root/core/a", "1//core"}) EXPECT_FALSE(View::core_name(odd)) << odd;
}

TEST_F(TransactionTest, SeesItsOwnWritesAndCommitsThemTogether) {
  ASSERT_TRUE(view.put("a", Secret("1")));
  EXPECT_EQ((*view.get("a"))->value, Secret("1"));
  ASSERT_TRUE(view.remove("a"));
  EXPECT_FALSE(*view.get("a"));
  ASSERT_TRUE(view.put("a", Secret("2")));
  EXPECT_EQ(commit(), 1u);
  EXPECT_EQ((*view.get("a"))->value, Secret("2"));
  EXPECT_EQ((*view.get("a"))->revision, 1u);
  EXPECT_EQ(*view.list(""), std::vector<std::string>{"a"});
}

TEST_F(TransactionTest, ConflictsWhenAReadRowHasChanged) {
  Transaction other(store, nullptr);
  other.go_on(Tier::any);
  auto others = View::core(other, NamespaceId("root"));
  EXPECT_FALSE(*view.get("a"));
  ASSERT_TRUE(others.put("a", Secret("1")));
  ASSERT_TRUE(commit_and_wait(store, *other.take_batch()));
  EXPECT_FALSE(*view.get("a")) << "a transaction sees one moment";
  ASSERT_TRUE(view.put("b", Secret("2")));
  const auto committed = commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().conflict, "1/root/core/a");
  EXPECT_TRUE(*view.get("a")) << "as new afterwards";
}

TEST_F(TransactionTest, ConflictsWhenCacheAndStoreDisagree) {
  ASSERT_TRUE(view.put("a", Secret("1")));
  ASSERT_TRUE(commit());
  transaction.expect(view.at("a").text(), 7);
  EXPECT_EQ(transaction.torn(), std::nullopt);
  ASSERT_TRUE(*view.get("a"));
  EXPECT_EQ(transaction.torn(), "1/root/core/a");
  EXPECT_EQ(commit().error().conflict, "1/root/core/a");
}

TEST_F(TransactionTest, MakesSomethingOfARowOnceForEachRevision) {
  RevisionCache<std::string> cache(16, 9);
  int made = 0;
  const auto make = [&](const Secret& row) -> Result<std::string> { return ++made, "made of " + std::string(row.reveal()); };
  const auto see = [&](View& rows) { return rows.get_made("a", cache, make); };
  EXPECT_EQ(*see(view), nullptr);
  ASSERT_TRUE(view.put("a", Secret("1")));
  for (int i = 0; i < 2; ++i) EXPECT_EQ(**see(view), "made of 1");
  EXPECT_EQ(made, 2) << "of what nobody else may see, nothing is kept";
  const Revision first = *commit();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(**see(view), "made of 1");
  EXPECT_EQ(made, 3);
  EXPECT_EQ(transaction.take_batch()->reads.at(0).revision, first) << "a precondition, also when it is known";

  Transaction older(store, nullptr);
  older.go_on(Tier::any);
  auto olders = View::core(older, NamespaceId("root"));
  EXPECT_EQ(**see(olders), "made of 1");
  ASSERT_TRUE(view.put("a", Secret("2")));
  ASSERT_TRUE(commit());
  EXPECT_EQ(**see(view), "made of 2");
  EXPECT_EQ(**see(olders), "made of 1") << "a transaction sees one moment";

  ASSERT_TRUE(view.put("a", Secret("123456789")));
  ASSERT_TRUE(commit());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(see(view));
  EXPECT_EQ(made, 7) << "too large to be kept";
}

TEST(RevisionCache, WhatNobodyAsksForMakesRoom) {
  RevisionCache<int> cache(16 * 8);
  const auto name = [](int i) { return "row " + std::to_string(i); };
  for (int i = 0; i < 1000; ++i) {
    cache.fill(name(i), 1, 1, std::make_shared<int>(i));
    EXPECT_NE(cache.find("row 0", 1), nullptr) << "asked for all the time";
    EXPECT_NE(cache.find(name(i), 1), nullptr) << "the newest";
  }
  int kept = 0;
  for (int i = 0; i < 1000; ++i) kept += cache.find(name(i), 1) != nullptr;
  EXPECT_LE(kept, 16 * 8);
  EXPECT_EQ(cache.find("row 0", 2), nullptr);
  cache.forget("row 0");
  EXPECT_EQ(cache.find("row 0", 1), nullptr);
}

TEST(RevisionCache, KeepsNothingOnceItIsClosed) {
  RevisionCache<int> cache(16);
  cache.fill("row", 1, 1, std::make_shared<int>(5));
  EXPECT_NE(cache.find("row", 1), nullptr);
  cache.close();
  cache.fill("row", 1, 1, std::make_shared<int>(5));
  EXPECT_EQ(cache.find("row", 1), nullptr);
}

TEST_F(TransactionTest, AsksForALaneBeforeItWritesOrLists) {
  transaction.go_on(Tier::memory);
  EXPECT_EQ(view.put("a", Secret("1")).error().code, Code::incomplete);
  EXPECT_TRUE(transaction.incomplete());
  transaction.go_on(Tier::any);
  EXPECT_FALSE(transaction.incomplete());
  EXPECT_FALSE(transaction.has_writes());
}

TEST_F(TransactionTest, HasALimit) {
  for (std::size_t i = 0; i < limits::batch_rows; ++i) ASSERT_TRUE(view.put("k" + std::to_string(i), Secret("1")));
  EXPECT_EQ(view.put("one more", Secret("1")).error().code, Code::too_large);
  EXPECT_EQ(view.put(std::string(limits::storage_key_bytes, 'k'), Secret("1")).error().code, Code::too_large);
}

}  // namespace
}  // namespace sr
