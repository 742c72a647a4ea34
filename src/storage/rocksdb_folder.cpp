#include "storage/rocksdb_folder.h"
#include "storage/rocksdb_log_check.h"
#include "storage/rocksdb_table.h"

namespace sr {
namespace {

// What the system said, without RocksDB's words around it: "Permission denied".
std::string reason(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  const auto colon = text.rfind(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

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

// The folder that the options name, and the environment to reach it through.
Result<RocksDbFolder> RocksDbFolder::begin(const RocksDbOptions& options) {
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
  return folder;
}

Result<RocksDbFolder> RocksDbFolder::prepare(const RocksDbOptions& options) {
  auto folder = TRY(begin(options));
  if (!folder.files_) return folder;
  if (auto status = make_folder(*folder.env_, folder.path_); !status.ok())
    return std::unexpected(folder.unusable("cannot be made: " + reason(status), "make it, and give it to the user that runs the server"));
  if (bool is_folder = false; folder.env_->IsDirectory(folder.path_, &is_folder).ok() && !is_folder)
    return std::unexpected(folder.unusable("is a file", "give the storage the path of a folder"));
  const std::string home = folder.path_;
  if (auto status = RocksDbPlace::current(*folder.env_, home, &folder.place_); !status.ok()) return std::unexpected(folder.problem(status));
  folder.path_ = folder.place_.path();

  rocksdb::FileLock* lock = nullptr;
  if (auto status = folder.env_->LockFile(folder.path_ + "/LOCK", &lock); !status.ok()) {
    if (status.ToString().find("open a file for lock") != std::string::npos)
      return std::unexpected(folder.unusable("cannot be written: " + reason(status), "give it to the user that runs the server"));
    return std::unexpected(folder.unusable("is in use by another process", "end that one, or give this server a folder of its own"));
  }
  // Whoever held the lock until now may have replaced the store, and be about to remove this one.
  RocksDbPlace now;
  const bool moved = !RocksDbPlace::current(*folder.env_, home, &now).ok() || now != folder.place_;
  const auto sound = moved ? Result<void>(std::unexpected(folder.unusable("is in use by another process", "end that one, or give this server a folder of its own"))) : folder.check();
  folder.env_->UnlockFile(lock);
  if (!sound) return std::unexpected(sound.error());
  return folder;
}

Result<RocksDbFolder> RocksDbFolder::prepare_beside(const RocksDbOptions& options) {
  auto folder = TRY(begin(options));
  if (!folder.files_) return folder;
  if (auto status = RocksDbPlace::fresh(*folder.env_, folder.path_, &folder.place_); !status.ok()) return std::unexpected(folder.problem(status));
  folder.path_ = folder.place_.path();
  return folder;
}

// CURRENT names the manifest, the manifest names the table files, and the logs hold what is in no table file yet. RocksDB
// would make a new database where CURRENT is missing, and delete the table files that a shortened manifest does not name.
Result<void> RocksDbFolder::check() const {
  std::vector<std::string> names;
  if (auto status = env_->GetChildren(path_, &names); !status.ok()) return std::unexpected(problem(status));
  bool has_current = false, has_rows = false;
  std::string foreign;
  for (const auto& name : names) {
    if (!is_file_of_rocksdb(name)) foreign = name;
    has_current |= name == "CURRENT";
    has_rows |= name.ends_with(".sst");
    if (!name.ends_with(".log")) continue;
    has_rows = true;
    TRY(check_log(*env_, path_ + '/' + name));
  }
  if (!has_current && !foreign.empty())
    return std::unexpected(unusable("holds no store, but \"" + foreign + "\"", "give the storage an empty or a new folder; the files of another program's storage cannot be taken over"));
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

Error RocksDbFolder::unusable(std::string what, std::string_view remedy) const {
  return {Code::internal, "store: the folder \"" + path_ + "\" " + std::move(what) + "; " + std::string(remedy)};
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
  if (reason(status) == "Permission denied") return unusable("has files that the server may not use: " + status.ToString(), "give them to the user that runs the server");
  if (status.IsPathNotFound()) return damaged("a file is missing: " + status.ToString());
  return {Code::internal, "store: " + status.ToString()};
}

}  // namespace sr
