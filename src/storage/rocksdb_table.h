// Rows in RocksDB, in a folder of its own or, for `inmem`, on its memory environment. The only user of RocksDB.
#pragma once
#include <memory>
#include "storage/table.h"

namespace rocksdb { class Env; }

namespace sr {

struct RocksDbOptions {
  std::string path{};               // made if absent, with mode 0700
  bool in_memory = false;           // on RocksDB's memory environment; `path` is a name only
  std::size_t cache_bytes = 64 * 1024 * 1024;
  bool sync = true;                 // false only in the durability harness, which must then fail
  rocksdb::Env* env = nullptr;      // of the fault tests
};

// Errors: another process holds the folder; a log or table file that is corrupt (with advice what to do); no permission.
Result<std::unique_ptr<Table>> open_rocksdb_table(RocksDbOptions);

}  // namespace sr
