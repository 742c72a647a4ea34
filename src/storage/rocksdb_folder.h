// The folder of a RocksDB table: made and checked before RocksDB sees it, and the words for what goes wrong in it.
#pragma once
#include <memory>
#include <string>
#include <rocksdb/env.h>
#include "base/result.h"

namespace sr {

struct RocksDbOptions;

class RocksDbFolder {
 public:
  // Makes the folder if it is absent; refuses one that another process holds or that is damaged, and changes nothing then.
  static Result<RocksDbFolder> prepare(const RocksDbOptions&);

  const std::string& path() const { return path_; }
  rocksdb::Env* env() const { return env_; }
  Error problem(const rocksdb::Status&) const;

 private:
  Result<void> check() const;
  Error damaged(std::string what) const;

  std::string path_;
  std::unique_ptr<rocksdb::Env> own_env_;  // must outlive the database
  rocksdb::Env* env_ = nullptr;
};

}  // namespace sr
