// A disk in memory that fails as real ones do. What was written and not synced is gone after a power cut, but for a random
// prefix; so are names that were made, renamed or removed in a folder that was not synced. It can cut the power at the
// n-th sync and run out of space.
//
// Shared by the threads of one database. Test code cuts and restarts while no database is open.
#pragma once
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace sr::fault {

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(unsigned seed);
  const char* Name() const override { return "FaultFileSystem"; }

  // From the n-th sync on (1: the next), which may or may not take effect, nothing works until restart().
  void cut_power_at_sync(std::size_t n);
  void cut_power();
  // Drops what the cut has lost. Handles from before stay dead.
  void restart();
  bool off() const;
  std::size_t syncs() const;

  // Bytes that all files together may have; a write that does not fit is written as far as it goes.
  void set_space(std::size_t bytes);
  std::size_t used() const;
  std::size_t refused() const;      // writes that did not fit
  void hide_free_space(bool hide);  // as if another program took the last bytes between a look and a write

  // The bytes of all files of a folder, to be spoilt and put back.
  using Image = std::map<std::string, std::string>;
  Image image(const std::string& folder) const;
  void restore(const std::string& folder, const Image&);

  using Options = rocksdb::IOOptions;
  using Context = rocksdb::IODebugContext;
  using Status = rocksdb::IOStatus;
  Status NewSequentialFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSSequentialFile>*, Context*) override;
  Status NewRandomAccessFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSRandomAccessFile>*, Context*) override;
  Status NewWritableFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*, Context*) override;
  Status ReopenWritableFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*, Context*) override;
  Status NewDirectory(const std::string&, const Options&, std::unique_ptr<rocksdb::FSDirectory>*, Context*) override;
  Status FileExists(const std::string&, const Options&, Context*) override;
  Status GetChildren(const std::string&, const Options&, std::vector<std::string>*, Context*) override;
  Status DeleteFile(const std::string&, const Options&, Context*) override;
  Status DeleteDir(const std::string&, const Options&, Context*) override;
  Status CreateDir(const std::string&, const Options&, Context*) override;
  Status CreateDirIfMissing(const std::string&, const Options&, Context*) override;
  Status GetFileSize(const std::string&, const Options&, std::uint64_t*, Context*) override;
  Status GetFileModificationTime(const std::string&, const Options&, std::uint64_t*, Context*) override;
  Status RenameFile(const std::string& from, const std::string& to, const Options&, Context*) override;
  Status LockFile(const std::string&, const Options&, rocksdb::FileLock**, Context*) override;
  Status UnlockFile(rocksdb::FileLock*, const Options&, Context*) override;
  Status GetAbsolutePath(const std::string& path, const Options&, std::string* absolute, Context*) override { return *absolute = path, Status(); }
  Status GetFreeSpace(const std::string&, const Options&, std::uint64_t*, Context*) override;
  Status IsDirectory(const std::string&, const Options&, bool*, Context*) override;

 private:
  struct Inode { bool folder = false; std::string bytes{}; std::size_t synced = 0; };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  struct Folder {
    Names now, durable;
    std::vector<std::vector<std::pair<std::string, std::shared_ptr<Inode>>>> pending;  // null: the name is gone
  };
  class Sequential;
  class RandomAccess;
  class Writable;
  class Directory;
  class Lock;

  static std::string clean(std::string path);
  static std::pair<std::string, std::string> split(const std::string& path);
  std::shared_ptr<Inode> find(const std::string& path) const;
  void change(Folder&, std::vector<std::pair<std::string, std::shared_ptr<Inode>>> names);
  Status make(const std::string& path, std::shared_ptr<Inode>);
  static void apply(Names&, const std::vector<std::pair<std::string, std::shared_ptr<Inode>>>&);
  Status dead() const;
  // Of one sync; the epoch is that of the handle.
  template <class Effect> Status sync(std::size_t epoch, Effect effect);
  std::size_t total() const;
  std::size_t room() const;

  mutable std::mutex mutex_;  // guards all below
  std::map<std::string, Folder> folders_;
  std::set<std::string> locks_;
  std::mt19937 random_;
  std::size_t syncs_ = 0, cut_at_ = 0, epoch_ = 0;
  std::size_t space_ = std::numeric_limits<std::size_t>::max();
  std::size_t refused_ = 0;
  bool off_ = false, hides_free_space_ = false;
};

}  // namespace sr::fault
