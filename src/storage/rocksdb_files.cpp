#include "storage/rocksdb_files.h"
#include <cerrno>
#include <sys/stat.h>

namespace sr {

using Status = rocksdb::IOStatus;

// Appends at a place that it knows, so that an attempt that wrote a part is simply made again.
class RocksDbFiles::File final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<rocksdb::FSWritableFile> below, RocksDbFiles& files, std::string name, std::uint64_t size)
      : FSWritableFileOwnerWrapper(std::move(below)), files_(files), name_(std::move(name)), size_(size) {}

  Status Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, Context* context) override {
    auto status = files_.insist(name_, [&] { return target()->PositionedAppend(data, size_, options, context); });
    if (status.ok()) size_ += data.size();
    return status;
  }
  Status Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options, const rocksdb::DataVerificationInfo&, Context* context) override {
    return Append(data, options, context);
  }
  Status Truncate(std::uint64_t size, const rocksdb::IOOptions& options, Context* context) override {
    auto status = target()->Truncate(size, options, context);
    if (status.ok()) size_ = size;
    return status;
  }

 private:
  RocksDbFiles& files_;
  const std::string name_;
  std::uint64_t size_;
};

void RocksDbFiles::set_patient(bool patient) {
  std::lock_guard lock(mutex_);
  patient_ = patient;
  changed_.notify_all();
}
bool RocksDbFiles::patient() const {
  std::lock_guard lock(mutex_);
  return patient_;
}
bool RocksDbFiles::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return !patient_; });
  return patient_;
}

// A quota that is used up is a full disk too; RocksDB knows it by its text only.
bool RocksDbFiles::is_full(const rocksdb::Status& status) {
  return status.IsNoSpace() || (status.IsIOError() && status.ToString().find(std::strerror(EDQUOT)) != std::string::npos);
}

// RocksDB makes files 0644, and a umask of 0277 would lock us out.
Status RocksDbFiles::keep_private(Status made, const std::string& name, unsigned mode) const {
  if (modes_ && made.ok() && ::chmod(name.c_str(), mode) != 0) return Status::IOError("chmod " + name, std::strerror(errno));
  return made;
}

Status RocksDbFiles::NewWritableFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* file,
                                     Context* context) {
  auto made = keep_private(insist(name, [&] { return target()->NewWritableFile(name, options, file, context); }), name, 0600);
  if (made.ok()) *file = std::make_unique<File>(std::move(*file), *this, name, 0);
  return made;
}
Status RocksDbFiles::ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* file,
                                        Context* context) {
  auto made = keep_private(insist(name, [&] { return target()->ReopenWritableFile(name, options, file, context); }), name, 0600);
  if (!made.ok()) return made;
  std::uint64_t size = 0;
  made = target()->GetFileSize(name, {}, &size, context);
  if (made.ok()) *file = std::make_unique<File>(std::move(*file), *this, name, size);
  return made;
}
Status RocksDbFiles::RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options, Context* context) {
  return insist(to, [&] { return target()->RenameFile(from, to, options, context); });
}
Status RocksDbFiles::LockFile(const std::string& name, const rocksdb::IOOptions& options, rocksdb::FileLock** lock, Context* context) {
  return keep_private(target()->LockFile(name, options, lock, context), name, 0600);
}
Status RocksDbFiles::CreateDir(const std::string& name, const rocksdb::IOOptions& options, Context* context) {
  return keep_private(target()->CreateDir(name, options, context), name, 0700);
}

}  // namespace sr
