#include "storage/rocksdb_folder.h"
#include <cerrno>
#include <sys/stat.h>
#include <rocksdb/file_system.h>
#include "storage/rocksdb_log_check.h"
#include "storage/rocksdb_table.h"

namespace sr {
namespace {

using rocksdb::FileLock;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// Files for the owner alone, whatever the umask says: RocksDB makes them 0644, and a umask of 0277 would lock us out.
class PrivateFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "PrivateFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* context) override {
    return keep_private(target()->NewWritableFile(name, options, file, context), name, 0600);
  }
  IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* context) override {
    return keep_private(target()->ReopenWritableFile(name, options, file, context), name, 0600);
  }
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* context) override {
    return keep_private(target()->ReuseWritableFile(name, old, options, file, context), name, 0600);
  }
  IOStatus NewRandomRWFile(const std::string& name, const rocksdb::FileOptions& options, std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                           IODebugContext* context) override {
    return keep_private(target()->NewRandomRWFile(name, options, file, context), name, 0600);
  }
  IOStatus LockFile(const std::string& name, const IOOptions& options, FileLock** lock, IODebugContext* context) override {
    return keep_private(target()->LockFile(name, options, lock, context), name, 0600);
  }
  IOStatus CreateDir(const std::string& name, const IOOptions& options, IODebugContext* context) override {
    return keep_private(target()->CreateDir(name, options, context), name, 0700);
  }

 private:
  static IOStatus keep_private(IOStatus made, const std::string& name, mode_t mode) {
    if (made.ok() && ::chmod(name.c_str(), mode) != 0) return IOStatus::IOError("chmod " + name, std::strerror(errno));
    return made;
  }
};

// The folder and those above it that are missing, each made durable in the one above.
rocksdb::Status make_folder(rocksdb::Env& env, const std::string& path) {
  if (env.FileExists(path).ok()) return {};
  const auto slash = path.find_last_of('/');
  const std::string above = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  if (auto status = make_folder(env, above); !status.ok()) return status;
  if (auto status = env.CreateDir(path); !status.ok()) return status;
  std::unique_ptr<rocksdb::Directory> directory;
  if (auto status = env.NewDirectory(above, &directory); !status.ok()) return status;
  return directory->Fsync();
}

}  // namespace

Result<RocksDbFolder> RocksDbFolder::prepare(const RocksDbOptions& options) {
  RocksDbFolder folder;
  folder.path_ = options.path;
  while (folder.path_.size() > 1 && folder.path_.ends_with('/')) folder.path_.pop_back();
  if (options.in_memory) {
    folder.path_ = "/inmem";
    folder.own_env_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  } else if (!options.env) {
    if (folder.path_.empty()) return fail(Code::internal, "store: no path is given for its folder");
    folder.own_env_ = rocksdb::NewCompositeEnv(std::make_shared<PrivateFileSystem>(rocksdb::FileSystem::Default()));
  }
  folder.env_ = folder.own_env_ ? folder.own_env_.get() : options.env;
  if (options.in_memory) return folder;
  if (auto status = make_folder(*folder.env_, folder.path_); !status.ok()) return std::unexpected(folder.problem(status));

  rocksdb::FileLock* lock = nullptr;
  if (auto status = folder.env_->LockFile(folder.path_ + "/LOCK", &lock); !status.ok()) {
    const std::string text = status.ToString();
    if (text.find("lock") == std::string::npos || text.find("ermission denied") != std::string::npos) return std::unexpected(folder.problem(status));
    return fail(Code::internal, "store: the folder \"" + folder.path_ + "\" is in use by another process");
  }
  const auto sound = folder.check();
  folder.env_->UnlockFile(lock);
  if (!sound) return std::unexpected(sound.error());
  return folder;
}

// CURRENT names the manifest, the manifest names the table files, and the logs hold what is in no table file yet. RocksDB
// would make a new database where CURRENT is missing, and delete the table files that a shortened manifest does not name.
Result<void> RocksDbFolder::check() const {
  std::vector<std::string> names;
  if (auto status = env_->GetChildren(path_, &names); !status.ok()) return std::unexpected(problem(status));
  bool has_current = false, has_rows = false;
  for (const auto& name : names) {
    has_current |= name == "CURRENT";
    has_rows |= name.ends_with(".sst");
    if (!name.ends_with(".log")) continue;
    has_rows = true;
    TRY(check_log(*env_, path_ + '/' + name));
  }
  if (!has_current) return has_rows ? Result<void>(std::unexpected(damaged("the file CURRENT is missing"))) : Result<void>();

  std::string manifest;
  if (auto status = rocksdb::ReadFileToString(env_, path_ + "/CURRENT", &manifest); !status.ok()) return std::unexpected(problem(status));
  if (!manifest.starts_with("MANIFEST-") || !manifest.ends_with('\n')) return std::unexpected(damaged("the file CURRENT names no manifest"));
  manifest.pop_back();
  if (std::ranges::find(names, manifest) == names.end()) return std::unexpected(damaged("the file CURRENT names a manifest that is not there"));
  return check_log(*env_, path_ + '/' + manifest);
}

Error RocksDbFolder::damaged(std::string what) const {
  return {Code::internal, "store: the folder \"" + path_ + "\" is damaged: " + std::move(what) + "; restore it from a backup or snapshot"};
}

Error RocksDbFolder::problem(const rocksdb::Status& status) const {
  if (status.IsNoSpace())
    return {Code::internal, "store: no space left on device in \"" + path_ + "\"; reads go on, and writes resume when there is space again"};
  if (status.IsCorruption()) return damaged(status.ToString());
  if (status.IsPathNotFound()) return damaged("a file is missing: " + status.ToString());
  return {Code::internal, "store: " + status.ToString()};
}

}  // namespace sr
