// A disk without space: writes fail and say so, reads go on, and writes resume when there is space again, without a restart.
// The folder on a real disk: who may read it, and who else may open it.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/fault/workload.h"

namespace sr::fault {
namespace {

Batch row(std::string key, std::string value) {
  Batch batch;
  batch.writes.push_back({std::move(key), std::move(value)});
  return batch;
}

// Tries again for as long as a patient client would.
bool writes_resume(Store& store, const std::string& key) {
  for (int tries = 0; tries < 600; ++tries) {
    if (commit_and_wait(store, row(key, "back"))) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

// What went wrong when the disk was full after `room` more bytes; "" if nothing.
std::string fill_up(unsigned seed, std::size_t room) {
  Machine machine(seed);
  Workload workload;
  auto store = machine.open();
  if (!store) return store.error().message;
  if (seed % 4 != 0) workload.run(**store, seed % 7);  // or the log is empty when space runs out
  machine.disk->set_space(machine.disk->used() + room);
  workload.run(**store, 10'000);  // until it fails
  for (int i = 0; i < 3; ++i) {
    const auto refused = commit_and_wait(**store, row("big", std::string(200'000, 'x')));
    if (refused) return "a write beyond the end of the disk";
    if (refused.error().error.message.find("no space left on device") == std::string::npos) return "unclear: " + refused.error().error.message;
  }
  if (const auto wrong = workload.examine(**store); !wrong.empty()) return "while full: " + wrong;
  machine.disk->set_space(std::numeric_limits<std::size_t>::max());
  if (!writes_resume(**store, "again")) return "no writes with space";
  const auto before = workload.acknowledged();
  workload.run(**store, 5);
  if (workload.acknowledged() != before + 5 * Workload::writers_count) return "writes do not go on with space";
  machine.disk->cut_power();
  store->reset();
  machine.disk->restart();
  store = machine.open();
  if (!store) return "does not open: " + store.error().message;
  if (!*(*store)->snapshot()->get("again", Tier::any)) return "lost the first write after the disk was full";
  return workload.examine(**store);
}

TEST(FullDisk, FailsClearlyAndResumes) {
  std::vector<std::string> wrong(60);
  in_parallel(wrong.size(), [&](std::size_t i) { wrong[i] = fill_up(static_cast<unsigned>(i + 1), i * i * 97); });
  for (std::size_t i = 0; i < wrong.size(); ++i) EXPECT_EQ(wrong[i], "") << "room " << i * i * 97;
}

// Another program takes the last bytes behind the store's back: what is under way waits for space, or fails and says so.
std::string be_surprised(unsigned seed, std::size_t room) {
  Machine machine(seed);
  Workload workload;
  auto store = machine.open();
  if (!store) return store.error().message;
  workload.run(**store, seed % 5);
  machine.disk->hide_free_space(true);
  machine.disk->set_space(machine.disk->used() + room);
  std::thread relief([&] {
    while (machine.disk->refused() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if ((*store)->snapshot()->get("w0/head", Tier::any)) machine.disk->set_space(std::numeric_limits<std::size_t>::max());
  });
  workload.run(**store, 200);
  relief.join();
  if (!writes_resume(**store, "again")) return "no writes with space";
  if (const auto wrong = workload.examine(**store); !wrong.empty()) return "afterwards: " + wrong;
  workload.run(**store, 5);
  machine.disk->cut_power();
  store->reset();
  machine.disk->restart();
  store = machine.open();
  if (!store) return "does not open: " + store.error().message;
  return workload.examine(**store);
}

TEST(FullDisk, SurprisesNobody) {
  std::vector<std::string> wrong(40);
  in_parallel(wrong.size(), [&](std::size_t i) { wrong[i] = be_surprised(static_cast<unsigned>(i + 1), i * i * 97); });
  for (std::size_t i = 0; i < wrong.size(); ++i) EXPECT_EQ(wrong[i], "") << "room " << i * i * 97;
}

TEST(FullDisk, KeepsNobodyFromClosing) {
  Machine machine(1);
  Workload workload;
  auto store = machine.open();
  workload.run(**store, 5);
  machine.disk->hide_free_space(true);
  machine.disk->set_space(machine.disk->used() + 10);
  std::optional<Committed> outcome;
  (*store)->commit(row("waits", "for space"), [&](const Committed& committed) { outcome = committed; });
  while (machine.disk->refused() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  store->reset();
  ASSERT_TRUE(outcome);
  ASSERT_FALSE(*outcome);
  EXPECT_NE(outcome->error().error.message.find("no space left on device"), std::string::npos);
  const auto full = machine.open();
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().message.find("no space left on device"), std::string::npos) << full.error().message;
  machine.disk->set_space(std::numeric_limits<std::size_t>::max());
  store = machine.open();
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ(workload.examine(**store), "");
}

class Folder {
 public:
  Folder() {
    path_ = testing::TempDir() + "/fault-XXXXXX";
    if (!::mkdtemp(path_.data())) throw std::runtime_error("no folder for the test");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)), mounted_(::mount("none", path_.c_str(), "tmpfs", 0, "size=2m") == 0) {}
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  const std::string path_;
  const bool mounted_;
};

TEST(FullDisk, OfTheSystemToo) {
  const Folder folder;
  const SmallDisk disk(folder.path());
  if (!disk.mounted()) GTEST_SKIP() << "mounting a tmpfs needs root";
  auto table = open_rocksdb_table({.path = folder.path() + "/db", .memtable_bytes = 64 * 1024});
  ASSERT_TRUE(table) << table.error().message;
  Committer store(std::move(*table));
  Workload workload;
  workload.run(store, 5);
  {
    std::ofstream ballast(folder.path() + "/ballast");
    for (int i = 0; i < 512 && ballast.write(std::string(4096, 'x').data(), 4096).flush(); ++i) {}
  }
  workload.run(store, 10'000);
  const auto refused = commit_and_wait(store, row("big", std::string(500'000, 'x')));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().error.message.find("no space left on device"), std::string::npos) << refused.error().error.message;
  EXPECT_EQ(workload.examine(store), "");
  std::filesystem::remove(folder.path() + "/ballast");
  EXPECT_TRUE(writes_resume(store, "again"));
  EXPECT_EQ(workload.examine(store), "");
}

TEST(Folder, IsPrivateUnderAnyUmask) {
  for (const mode_t mask : {0000, 0022, 0277, 0777}) {
    const Folder folder;
    const std::string path = folder.path() + "/a/b";
    const auto before = ::umask(mask);
    {
      auto table = open_rocksdb_table({.path = path + '/', .memtable_bytes = 64 * 1024});
      ::umask(before);
      ASSERT_TRUE(table) << table.error().message;
      ::umask(mask);
      Committer store(std::move(*table));
      Workload().run(store, 50);
      ::umask(before);
    }
    for (const auto& name : {folder.path() + "/a", path}) {
      struct stat status {};
      ASSERT_EQ(::stat(name.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 07777, 0700u) << name;
    }
    std::size_t tables = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
      EXPECT_EQ(entry.status().permissions(), std::filesystem::perms(0600)) << entry.path();
      tables += entry.path().extension() == ".sst";
    }
    EXPECT_GT(tables, 0u);
  }
}

// Another process holds the folder: a child that opens it and then waits to be told to end.
TEST(Folder, IsRefusedWhileAnotherProcessHoldsIt) {
  const Folder folder;
  const std::string path = folder.path() + "/db";
  int ready[2], end[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(end), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(end[1]);
    auto table = open_rocksdb_table({.path = path});
    char byte = table ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) == 1) (void)!::read(end[0], &byte, 1);
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  const auto refused = open_rocksdb_table({.path = path});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "store: the folder \"" + path + "\" is in use by another process; end that one, or give this server a folder of its own");
  ::close(end[1]);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(open_rocksdb_table({.path = path}));
  for (const int descriptor : {ready[0], ready[1], end[0]}) ::close(descriptor);
}

TEST(Folder, ThatCannotBeUsedIsNamed) {
  const Folder folder;
  std::ofstream(folder.path() + "/file") << "x";
  const auto refused = open_rocksdb_table({.path = folder.path() + "/file/db"});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(folder.path() + "/file"), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace sr::fault
