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
