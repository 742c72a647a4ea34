#include "storage/rocksdb_place.h"
#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace sr {
namespace {

using rocksdb::Status;

constexpr std::string_view pointer = "STORE", fresh_pointer = "STORE.new", prefix = "store-";

// Of "store-12"; nothing for any other name.
std::optional<std::uint32_t> number_of(std::string_view name) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (problem != std::errc() || end != name.data() + name.size() || number == 0 || name.front() == '0') return std::nullopt;
  return number;
}

}  // namespace

bool is_file_of_rocksdb(std::string_view name) {
  for (const std::string_view whole : {"LOCK", "LOG", "IDENTITY", "CURRENT", "lost+found", ".", ".."})
    if (name == whole) return true;
  for (const std::string_view begin : {"LOG.old.", "MANIFEST-", "OPTIONS-"})
    if (name.starts_with(begin)) return true;
  for (const std::string_view end : {".log", ".sst", ".dbtmp"})
    if (name.ends_with(end)) return true;
  return false;
}

Status RocksDbPlace::current(rocksdb::Env& env, const std::string& home, RocksDbPlace* found) {
  *found = RocksDbPlace(home, "");
  std::string name;
  if (auto status = env.FileExists(home + '/' + std::string(pointer)); status.IsNotFound()) return {};
  if (auto status = rocksdb::ReadFileToString(&env, home + '/' + std::string(pointer), &name); !status.ok()) return status;
  if (!name.ends_with('\n')) return Status::Corruption("the file STORE names no folder");
  name.pop_back();
  if (!number_of(name)) return Status::Corruption("the file STORE names no folder");
  *found = RocksDbPlace(home, std::move(name));
  if (!env.FileExists(found->path() + "/CURRENT").ok()) return Status::Corruption("the file STORE names a folder that holds no store");
  return {};
}

Status RocksDbPlace::fresh(rocksdb::Env& env, const std::string& home, RocksDbPlace* found) {
  std::vector<std::string> names;
  if (auto status = env.GetChildren(home, &names); !status.ok()) return status;
  std::uint32_t highest = 0;
  for (const auto& name : names) highest = std::max(highest, number_of(name).value_or(0));
  *found = RocksDbPlace(home, std::string(prefix) + std::to_string(highest + 1));
  return env.CreateDir(found->path());
}

Status RocksDbPlace::make_current(rocksdb::Env& env, bool sync, bool* unsure) const {
  const std::string fresh = home_ + '/' + std::string(fresh_pointer);
  if (auto status = rocksdb::WriteStringToFile(&env, name_ + '\n', fresh, sync); !status.ok()) return status;
  std::unique_ptr<rocksdb::Directory> folder;
  if (auto status = env.NewDirectory(home_, &folder); !status.ok()) return status;
  // The folder that is named has its own name in there, too.
  if (auto status = sync ? folder->Fsync() : Status(); !status.ok()) return status;
  if (auto status = env.RenameFile(fresh, home_ + '/' + std::string(pointer)); !status.ok()) return status;
  auto status = sync ? folder->Fsync() : Status();
  *unsure = !status.ok();
  return status;
}

void RocksDbPlace::remove(rocksdb::Env& env) const {
  std::vector<std::string> names;
  if (!env.GetChildren(path(), &names).ok()) return;
  for (const auto& name : names) {
    const bool stays = name == "." || name == ".." || (name_.empty() && (name == "LOCK" || name == "lost+found" || !is_file_of_rocksdb(name)));
    if (!stays) env.DeleteFile(path() + '/' + name).PermitUncheckedError();
  }
  if (!name_.empty()) env.DeleteDir(path()).PermitUncheckedError();
}

void RocksDbPlace::remove_others(rocksdb::Env& env) const {
  std::vector<std::string> names;
  if (!env.GetChildren(home_, &names).ok()) return;
  bool old = false;
  for (const auto& name : names) {
    if (number_of(name) && name != name_) RocksDbPlace(home_, name).remove(env);
    old |= !name_.empty() && name == "CURRENT";
  }
  if (old) RocksDbPlace(home_, "").remove(env);
}

}  // namespace sr
