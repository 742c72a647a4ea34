#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <rocksdb/db.h>
#include "storage/rocksdb_table.h"

namespace sr {
namespace {

class Folders : public testing::Test {
 protected:
  std::string root = testing::TempDir() + "/folders-XXXXXX";
  void SetUp() override { ASSERT_TRUE(::mkdtemp(root.data())); }
  void TearDown() override { std::filesystem::remove_all(root); }
  static std::string refusal(const std::string& path) {
    const auto opened = open_rocksdb_table({.path = path});
    return opened ? "" : opened.error().message;
  }
};

TEST_F(Folders, WhatIsAFileCannotBeAStore) {
  std::ofstream(root + "/file") << "x";
  EXPECT_EQ(refusal(root + "/file"), "store: the folder \"" + root + "/file\" is a file; give the storage the path of a folder");
  EXPECT_EQ(refusal(root + "/file/db"), "store: the folder \"" + root + "/file/db\" cannot be made: Not a directory; make it, and give it to the user that runs the server");
}

TEST_F(Folders, OneThatCannotBeMadeIsNotCalledDamaged) {
  EXPECT_EQ(refusal("/proc/none/db"), "store: the folder \"/proc/none/db\" cannot be made: No such file or directory; make it, and give it to the user that runs the server");
}

TEST_F(Folders, AnotherProgramsFilesAreLeftAlone) {
  std::filesystem::create_directories(root + "/db/core");
  EXPECT_TRUE(refusal(root + "/db").contains("holds no store, but \"core\"; give the storage an empty or a new folder"));
  EXPECT_EQ(std::ranges::distance(std::filesystem::directory_iterator(root + "/db")), 2) << "nothing but the lock was made";
}

TEST_F(Folders, AFreshFileSystemIsEmpty) {
  std::filesystem::create_directories(root + "/db/lost+found");
  EXPECT_EQ(refusal(root + "/db"), "");
  EXPECT_EQ(refusal(root + "/db"), "") << "and holds a store from then on";
}

TEST_F(Folders, AnotherProgramsDatabaseIsRefused) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* raw = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, root + "/db", &raw).ok());
  const std::unique_ptr<rocksdb::DB> db(raw);
  ASSERT_TRUE(db->Put({}, "theirs", "1").ok());
  EXPECT_TRUE(refusal(root + "/db").contains("in use by another process"));
  ASSERT_TRUE(db->Close().ok());
  EXPECT_TRUE(refusal(root + "/db").contains("holds the database of another program"));
}

}  // namespace
}  // namespace sr
