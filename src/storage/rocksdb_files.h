// The files of a RocksDB table on their way to the disk: private to their owner, and patient when the disk is full.
//
// RocksDB 7.8 does not outlive a log or manifest that could not be written: some of those errors are final until a restart,
// and others end in an assertion. So it never sees one: such a write waits here until there is space. New commits are
// refused before it comes to that (RocksDbTable::write looks at the free space first); only those on their way when another
// program takes the last bytes have to wait. Table files are not waited for: RocksDB removes half of one, which gives space
// back, and tries again.
//
// Shared by all threads of the database.
#pragma once
#include <condition_variable>
#include <mutex>
#include <rocksdb/file_system.h>

namespace sr {

class RocksDbFiles final : public rocksdb::FileSystemWrapper {
 public:
  // `modes`: the files are on a real disk and have owners.
  RocksDbFiles(std::shared_ptr<rocksdb::FileSystem> below, bool modes) : FileSystemWrapper(std::move(below)), modes_(modes) {}
  const char* Name() const override { return "RocksDbFiles"; }

  void set_patient(bool patient);  // at first: no; those that wait give up
  bool patient() const;
  // Tries again until there is space or patience ends.
  template <class Attempt> rocksdb::IOStatus insist(const std::string& name, Attempt attempt) {
    auto status = attempt();
    while (is_full(status) && !name.ends_with(".sst") && wait()) status = attempt();
    return status;
  }
  static bool is_full(const rocksdb::Status& status);

  using Context = rocksdb::IODebugContext;
  using Status = rocksdb::IOStatus;
  Status NewWritableFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*, Context*) override;
  Status ReopenWritableFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>*, Context*) override;
  Status RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions&, Context*) override;
  Status LockFile(const std::string&, const rocksdb::IOOptions&, rocksdb::FileLock**, Context*) override;
  Status CreateDir(const std::string&, const rocksdb::IOOptions&, Context*) override;

 private:
  class File;
  Status keep_private(Status made, const std::string& name, unsigned mode) const;
  bool wait();  // false: no more

  const bool modes_;
  mutable std::mutex mutex_;  // guards patient_
  std::condition_variable changed_;
  bool patient_ = false;
};

}  // namespace sr
