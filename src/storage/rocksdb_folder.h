// The folder of a RocksDB table: made and checked before RocksDB sees it, and the words for what goes wrong in it.
#pragma once
#include <memory>
#include <string>
#include <rocksdb/env.h>
#include "base/result.h"
#include "storage/rocksdb_files.h"
#include "storage/rocksdb_place.h"

namespace sr {

struct RocksDbOptions;

class RocksDbFolder {
 public:
  // Makes the folder if it is absent; refuses one that another process holds, that is damaged or that holds what is no store,
  // and changes nothing then.
  static Result<RocksDbFolder> prepare(const RocksDbOptions&);
  // An empty one for what is to replace the store there.
  static Result<RocksDbFolder> prepare_beside(const RocksDbOptions&);

  const std::string& path() const { return path_; }
  const RocksDbPlace& place() const { return place_; }  // of no meaning in memory
  rocksdb::Env* env() const { return env_.get(); }
  // What is written from here on waits for space, until it is told no longer to.
  void set_patient(bool patient) const {
    if (files_) files_->set_patient(patient);
  }
  // While the store is open: removes what others have left in the folder.
  void remove_others() const {
    if (files_) place_.remove_others(*env_);
  }
  // With everything in it; nobody has it open any more.
  void remove() const {
    if (files_) place_.remove(*env_);
  }
  bool has_room(std::uint64_t bytes) const;  // also when the system does not say

  Error problem(const rocksdb::Status&) const;
  Error unusable(std::string what, std::string_view remedy) const;  // "the folder .. `what`; `remedy`"
  Error no_space() const;

 private:
  Result<void> check() const;
  Error damaged(std::string what) const;

  static Result<RocksDbFolder> begin(const RocksDbOptions&);
  std::string path_;
  RocksDbPlace place_;
  std::shared_ptr<RocksDbFiles> files_;  // null in memory
  std::unique_ptr<rocksdb::Env> env_;    // must outlive the database
};

}  // namespace sr
