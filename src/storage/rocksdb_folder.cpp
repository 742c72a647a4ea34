#include "storage/rocksdb_folder.h"
#include "storage/rocksdb_log_check.h"
#include "storage/rocksdb_table.h"

namespace sr {
namespace {

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
    folder.env_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default()));
    return folder;
  }
  if (folder.path_.empty()) return fail(Code::internal, "store: no path is given for its folder");
  folder.files_ = std::make_shared<RocksDbFiles>(options.env ? options.env->GetFileSystem() : rocksdb::FileSystem::Default(), !options.env);
  folder.env_ = rocksdb::NewCompositeEnv(folder.files_);
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
  if (auto status = rocksdb::ReadFileToString(env_.get(), path_ + "/CURRENT", &manifest); !status.ok()) return std::unexpected(problem(status));
  if (!manifest.starts_with("MANIFEST-") || !manifest.ends_with('\n')) return std::unexpected(damaged("the file CURRENT names no manifest"));
  manifest.pop_back();
  if (std::ranges::find(names, manifest) == names.end()) return std::unexpected(damaged("the file CURRENT names a manifest that is not there"));
  return check_log(*env_, path_ + '/' + manifest);
}

Error RocksDbFolder::damaged(std::string what) const {
  return {Code::internal, "store: the folder \"" + path_ + "\" is damaged: " + std::move(what) + "; restore it from a backup or snapshot"};
}

bool RocksDbFolder::has_room(std::uint64_t bytes) const {
  std::uint64_t free = 0;
  return !files_ || !files_->GetFreeSpace(path_, {}, &free, nullptr).ok() || free >= bytes;
}

Error RocksDbFolder::no_space() const {
  return {Code::internal, "store: no space left on device in \"" + path_ + "\"; reads go on, and writes resume when there is space again"};
}

Error RocksDbFolder::problem(const rocksdb::Status& status) const {
  if (RocksDbFiles::is_full(status)) return no_space();
  if (status.IsCorruption()) return damaged(status.ToString());
  if (status.IsPathNotFound()) return damaged("a file is missing: " + status.ToString());
  return {Code::internal, "store: " + status.ToString()};
}

}  // namespace sr
