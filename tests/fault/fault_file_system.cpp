#include "tests/fault/fault_file_system.h"
#include <cstring>

namespace sr::fault {

using Status = rocksdb::IOStatus;

// ---- handles: each belongs to the time between two power cuts ----------------------------------------------------------------
class FaultFileSystem::Sequential final : public rocksdb::FSSequentialFile {
 public:
  Sequential(FaultFileSystem& disk, std::shared_ptr<Inode> inode) : disk_(disk), inode_(std::move(inode)), epoch_(disk.epoch_) {}
  Status Read(size_t n, const Options&, rocksdb::Slice* result, char* scratch, Context*) override {
    std::lock_guard lock(disk_.mutex_);
    if (disk_.off_ || epoch_ != disk_.epoch_) return disk_.dead();
    const auto size = std::min(n, inode_->bytes.size() - std::min(at_, inode_->bytes.size()));
    std::memcpy(scratch, inode_->bytes.data() + at_, size);
    at_ += size;
    *result = rocksdb::Slice(scratch, size);
    return {};
  }
  Status Skip(std::uint64_t n) override {
    std::lock_guard lock(disk_.mutex_);
    at_ = std::min<std::size_t>(at_ + n, inode_->bytes.size());
    return {};
  }

 private:
  FaultFileSystem& disk_;
  const std::shared_ptr<Inode> inode_;
  const std::size_t epoch_;
  std::size_t at_ = 0;
};

class FaultFileSystem::RandomAccess final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccess(FaultFileSystem& disk, std::shared_ptr<Inode> inode) : disk_(disk), inode_(std::move(inode)), epoch_(disk.epoch_) {}
  Status Read(std::uint64_t offset, size_t n, const Options&, rocksdb::Slice* result, char* scratch, Context*) const override {
    std::lock_guard lock(disk_.mutex_);
    if (disk_.off_ || epoch_ != disk_.epoch_) return disk_.dead();
    const auto at = std::min<std::size_t>(offset, inode_->bytes.size()), size = std::min(n, inode_->bytes.size() - at);
    std::memcpy(scratch, inode_->bytes.data() + at, size);
    *result = rocksdb::Slice(scratch, size);
    return {};
  }

 private:
  FaultFileSystem& disk_;
  const std::shared_ptr<Inode> inode_;
  const std::size_t epoch_;
};

class FaultFileSystem::Writable final : public rocksdb::FSWritableFile {
 public:
  Writable(FaultFileSystem& disk, std::shared_ptr<Inode> inode) : disk_(disk), inode_(std::move(inode)), epoch_(disk.epoch_) {}
  using FSWritableFile::Append;
  Status Append(const rocksdb::Slice& data, const Options&, Context*) override {
    std::lock_guard lock(disk_.mutex_);
    if (disk_.off_ || epoch_ != disk_.epoch_) return disk_.dead();
    return write(data);
  }
  Status PositionedAppend(const rocksdb::Slice& data, std::uint64_t offset, const Options&, Context*) override {
    std::lock_guard lock(disk_.mutex_);
    if (disk_.off_ || epoch_ != disk_.epoch_) return disk_.dead();
    if (offset > inode_->bytes.size() || offset < inode_->synced) return Status::InvalidArgument("not at the end");
    inode_->bytes.resize(offset);
    return write(data);
  }
  Status Truncate(std::uint64_t size, const Options&, Context*) override {
    std::lock_guard lock(disk_.mutex_);
    if (disk_.off_ || epoch_ != disk_.epoch_) return disk_.dead();
    inode_->bytes.resize(size);
    inode_->synced = std::min<std::size_t>(inode_->synced, size);
    return {};
  }
  Status Close(const Options&, Context*) override { return {}; }
  Status Flush(const Options&, Context*) override { return {}; }
  Status Sync(const Options&, Context*) override {
    return disk_.sync(epoch_, [this] { inode_->synced = inode_->bytes.size(); });
  }
  Status Fsync(const Options& options, Context* context) override { return Sync(options, context); }
  Status RangeSync(std::uint64_t, std::uint64_t, const Options&, Context*) override { return {}; }  // promises nothing
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const Options&, Context*) override {
    std::lock_guard lock(disk_.mutex_);
    return inode_->bytes.size();
  }

 private:
  Status write(const rocksdb::Slice& data) {
    const auto room = disk_.room();
    inode_->bytes.append(data.data(), std::min(room, data.size()));
    if (data.size() <= room) return {};
    ++disk_.refused_;
    return Status::NoSpace("the disk is full");
  }

  FaultFileSystem& disk_;
  const std::shared_ptr<Inode> inode_;
  const std::size_t epoch_;
};

class FaultFileSystem::Directory final : public rocksdb::FSDirectory {
 public:
  Directory(FaultFileSystem& disk, std::string path) : disk_(disk), path_(std::move(path)), epoch_(disk.epoch_) {}
  Status Fsync(const Options&, Context*) override {
    return disk_.sync(epoch_, [this] {
      auto& folder = disk_.folders_[path_];
      folder.durable = folder.now;
      folder.pending.clear();
    });
  }

 private:
  FaultFileSystem& disk_;
  const std::string path_;
  const std::size_t epoch_;
};

class FaultFileSystem::Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string locked) : path(std::move(locked)) {}
  const std::string path;
};

// ---- power and space ------------------------------------------------------------------------------------------------------
FaultFileSystem::FaultFileSystem(unsigned seed) : FileSystemWrapper(rocksdb::FileSystem::Default()), random_(seed) { folders_["/"]; }

void FaultFileSystem::cut_power_at_sync(std::size_t n) {
  std::lock_guard lock(mutex_);
  cut_at_ = syncs_ + n;
}
void FaultFileSystem::cut_power() {
  std::lock_guard lock(mutex_);
  off_ = true;
}
bool FaultFileSystem::off() const {
  std::lock_guard lock(mutex_);
  return off_;
}
std::size_t FaultFileSystem::syncs() const {
  std::lock_guard lock(mutex_);
  return syncs_;
}

template <class Effect> Status FaultFileSystem::sync(std::size_t epoch, Effect effect) {
  std::lock_guard lock(mutex_);
  if (off_ || epoch != epoch_) return dead();
  const bool last = ++syncs_ == cut_at_;
  if (!last || random_() % 2 == 0) effect();
  if (!last) return {};
  off_ = true;
  return dead();
}

void FaultFileSystem::restart() {
  std::lock_guard lock(mutex_);
  ++epoch_;
  off_ = false;
  cut_at_ = 0;
  locks_.clear();
  for (auto& [path, folder] : folders_) {  // a journal: what happened later does not survive without what came before
    const auto survivors = folder.pending.empty() ? 0 : random_() % (folder.pending.size() + 1);
    for (std::size_t i = 0; i < survivors; ++i) apply(folder.durable, folder.pending[i]);
    folder.now = folder.durable;
    folder.pending.clear();
    for (auto& [name, inode] : folder.now) {
      inode->synced += random_() % (inode->bytes.size() - inode->synced + 1);
      inode->bytes.resize(inode->synced);
    }
  }
  std::erase_if(folders_, [this](const auto& folder) { return folder.first != "/" && !find(folder.first); });
}

void FaultFileSystem::set_space(std::size_t bytes) {
  std::lock_guard lock(mutex_);
  space_ = bytes;
}
void FaultFileSystem::hide_free_space(bool hide) {
  std::lock_guard lock(mutex_);
  hides_free_space_ = hide;
}
std::size_t FaultFileSystem::used() const {
  std::lock_guard lock(mutex_);
  return total();
}
std::size_t FaultFileSystem::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}
Status FaultFileSystem::GetFreeSpace(const std::string&, const Options&, std::uint64_t* free, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  *free = hides_free_space_ ? std::numeric_limits<std::uint64_t>::max() : room();
  return {};
}
std::size_t FaultFileSystem::room() const {
  const auto used = total();
  return space_ > used ? space_ - used : 0;
}
std::size_t FaultFileSystem::total() const {
  std::size_t bytes = 0;
  for (const auto& [path, folder] : folders_)
    for (const auto& [name, inode] : folder.now) bytes += inode->bytes.size();
  return bytes;
}
Status FaultFileSystem::dead() const { return Status::IOError("the power is off"); }

// ---- names ------------------------------------------------------------------------------------------------------------------
// RocksDB writes "/db/" and "/db//LOCK" too.
std::string FaultFileSystem::clean(std::string path) {
  for (std::size_t twice; (twice = path.find("//")) != std::string::npos;) path.erase(twice, 1);
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}
std::pair<std::string, std::string> FaultFileSystem::split(const std::string& messy) {
  const auto path = clean(messy);
  const auto slash = path.find_last_of('/');
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}
std::shared_ptr<FaultFileSystem::Inode> FaultFileSystem::find(const std::string& path) const {
  const auto [above, name] = split(path);
  const auto folder = folders_.find(above);
  if (folder == folders_.end()) return nullptr;
  const auto found = folder->second.now.find(name);
  return found == folder->second.now.end() ? nullptr : found->second;
}
void FaultFileSystem::apply(Names& names, const std::vector<std::pair<std::string, std::shared_ptr<Inode>>>& changes) {
  for (const auto& [name, inode] : changes) {
    if (inode) names[name] = inode;
    else names.erase(name);
  }
}
void FaultFileSystem::change(Folder& folder, std::vector<std::pair<std::string, std::shared_ptr<Inode>>> names) {
  apply(folder.now, names);
  folder.pending.push_back(std::move(names));
}
Status FaultFileSystem::make(const std::string& path, std::shared_ptr<Inode> inode) {
  const auto [above, name] = split(path);
  const auto folder = folders_.find(above);
  if (folder == folders_.end()) return Status::PathNotFound(path);
  change(folder->second, {{name, std::move(inode)}});
  return {};
}

Status FaultFileSystem::NewSequentialFile(const std::string& path, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSSequentialFile>* file, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  auto inode = find(path);
  if (!inode) return Status::PathNotFound(path);
  *file = std::make_unique<Sequential>(*this, std::move(inode));
  return {};
}
Status FaultFileSystem::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  auto inode = find(path);
  if (!inode) return Status::PathNotFound(path);
  *file = std::make_unique<RandomAccess>(*this, std::move(inode));
  return {};
}
Status FaultFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>* file, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  auto inode = std::make_shared<Inode>();
  if (auto made = make(path, inode); !made.ok()) return made;
  *file = std::make_unique<Writable>(*this, std::move(inode));
  return {};
}
Status FaultFileSystem::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* file, Context* context) {
  {
    std::lock_guard lock(mutex_);
    if (off_) return dead();
    if (auto inode = find(path)) {
      *file = std::make_unique<Writable>(*this, std::move(inode));
      return {};
    }
  }
  return NewWritableFile(path, options, file, context);
}
Status FaultFileSystem::NewDirectory(const std::string& path, const Options&, std::unique_ptr<rocksdb::FSDirectory>* directory, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  if (!folders_.contains(clean(path))) return Status::PathNotFound(path);
  *directory = std::make_unique<Directory>(*this, clean(path));
  return {};
}
Status FaultFileSystem::FileExists(const std::string& path, const Options&, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  return path == "/" || find(path) ? Status() : Status::NotFound(path);
}
Status FaultFileSystem::GetChildren(const std::string& path, const Options&, std::vector<std::string>* names, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  const auto folder = folders_.find(clean(path));
  if (folder == folders_.end()) return Status::PathNotFound(path);
  names->clear();
  for (const auto& [name, inode] : folder->second.now) names->push_back(name);
  return {};
}
Status FaultFileSystem::DeleteFile(const std::string& path, const Options&, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  return find(path) ? make(path, nullptr) : Status::PathNotFound(path);
}
Status FaultFileSystem::DeleteDir(const std::string& path, const Options&, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  const auto inode = find(path);
  if (!inode || !inode->folder || !folders_[clean(path)].now.empty()) return Status::IOError(path, "is no empty folder");
  return make(path, nullptr);
}
Status FaultFileSystem::CreateDir(const std::string& path, const Options&, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  if (find(path)) return Status::IOError(path, "exists");
  if (auto made = make(path, std::make_shared<Inode>(Inode{.folder = true})); !made.ok()) return made;
  folders_[clean(path)];
  return {};
}
Status FaultFileSystem::CreateDirIfMissing(const std::string& path, const Options& options, Context* context) {
  if (FileExists(path, options, context).ok()) return {};
  return CreateDir(path, options, context);
}
Status FaultFileSystem::GetFileSize(const std::string& path, const Options&, std::uint64_t* size, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  const auto inode = find(path);
  if (!inode) return Status::PathNotFound(path);
  *size = inode->bytes.size();
  return {};
}
Status FaultFileSystem::GetFileModificationTime(const std::string&, const Options&, std::uint64_t* time, Context*) {
  *time = 0;
  return {};
}
Status FaultFileSystem::RenameFile(const std::string& from, const std::string& to, const Options&, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  auto inode = find(from);
  if (!inode || split(from).first != split(to).first) return Status::PathNotFound(from);
  change(folders_[split(from).first], {{split(from).second, nullptr}, {split(to).second, std::move(inode)}});
  return {};
}
Status FaultFileSystem::LockFile(const std::string& path, const Options&, rocksdb::FileLock** file_lock, Context*) {
  std::lock_guard lock(mutex_);
  if (off_) return dead();
  if (!find(path)) {
    if (auto made = make(path, std::make_shared<Inode>()); !made.ok()) return made;
  }
  if (!locks_.insert(clean(path)).second) return Status::IOError("lock " + path, "already held");
  *file_lock = new Lock(clean(path));
  return {};
}
Status FaultFileSystem::UnlockFile(rocksdb::FileLock* file_lock, const Options&, Context*) {
  std::lock_guard lock(mutex_);
  const std::unique_ptr<Lock> owned(static_cast<Lock*>(file_lock));
  locks_.erase(owned->path);
  return {};
}
Status FaultFileSystem::IsDirectory(const std::string& path, const Options&, bool* is, Context*) {
  std::lock_guard lock(mutex_);
  *is = folders_.contains(clean(path));
  return {};
}

// ---- damage -----------------------------------------------------------------------------------------------------------------
FaultFileSystem::Image FaultFileSystem::image(const std::string& folder) const {
  std::lock_guard lock(mutex_);
  Image image;
  for (const auto& [name, inode] : folders_.at(folder).now) image[name] = inode->bytes;
  return image;
}
void FaultFileSystem::restore(const std::string& folder, const Image& image) {
  std::lock_guard lock(mutex_);
  if (!folders_.contains(folder)) folders_["/"].now[split(folder).second] = std::make_shared<Inode>(Inode{.folder = true});
  auto& at = folders_[folder];
  at = {};
  for (const auto& [name, bytes] : image) at.now[name] = std::make_shared<Inode>(Inode{.bytes = bytes, .synced = bytes.size()});
  at.durable = at.now;
}

}  // namespace sr::fault
