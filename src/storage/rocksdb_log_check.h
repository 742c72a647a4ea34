// Reads RocksDB's log format (that of the write-ahead logs and of the manifest) more strictly than RocksDB does.
//
// RocksDB takes a record that runs over the end of the file for one that a power cut tore off, and drops it with all that
// follows. One flipped bit in the length or type of any record near the end looks the same to it, and acknowledged writes
// are gone without a word. The two can be told apart: a torn record is a beginning of what was to be written, so its type
// and length are sound and no shorter length makes its checksum right.
#pragma once
#include <optional>
#include <string>
#include <rocksdb/env.h>
#include "base/result.h"

namespace sr {

// Code::internal, naming the file and the place, for damage that is not a torn end. Reads all of it, a block at a time.
Result<void> check_log(rocksdb::Env&, const std::string& path);

}  // namespace sr
