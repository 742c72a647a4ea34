// Rows in RocksDB, in a folder of its own or, for `inmem`, on its memory environment. The only user of RocksDB, with the
// rocksdb_* files beside it.
#pragma once
#include <chrono>
#include <memory>
#include "storage/table.h"

namespace rocksdb { class Env; }

namespace sr {

class Log;

struct RocksDbOptions {
  std::string path{};                             // made if absent, with mode 0700
  bool in_memory = false;                         // on RocksDB's memory environment; `path` is a name only
  std::size_t cache_bytes = 64 * 1024 * 1024;     // of rows and of blocks of table files
  std::size_t memtable_bytes = 8 * 1024 * 1024;   // of rows not yet in a table file; up to three of them
  bool sync = true;                               // false only in the durability harness, which must then fail
  std::chrono::milliseconds wipe_after{1000};     // from the first write whose former bytes are to leave the disk, until they do
  rocksdb::Env* env = nullptr;                    // of the fault tests
  Log* log = nullptr;                             // hears of RocksDB's warnings and errors
};

// Errors: another process holds the folder; a log or table file that is damaged (with advice what to do); no permission.
// An error changes nothing in the folder.
Result<std::unique_ptr<Table>> open_rocksdb_table(RocksDbOptions);

}  // namespace sr
