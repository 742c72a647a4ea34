// Where in its folder a store lies. At first in the folder itself; what has replaced that lies in a folder inside, which the file STORE
// names. That file is renamed into its place: the one step between the old store and the new, and whole before and after it. What
// STORE does not name was left by a crash, or is what was replaced, and goes when the store is open.
#pragma once
#include <string>
#include <rocksdb/env.h>

namespace sr {

class RocksDbPlace {
 public:
  RocksDbPlace() = default;
  RocksDbPlace(std::string home, std::string name) : home_(std::move(home)), name_(std::move(name)) {}

  // The one that STORE names; corruption when it names none.
  static rocksdb::Status current(rocksdb::Env&, const std::string& home, RocksDbPlace* found);
  // One that was never used.
  static rocksdb::Status fresh(rocksdb::Env&, const std::string& home, RocksDbPlace* found);

  const std::string& home() const { return home_; }
  std::string path() const { return name_.empty() ? home_ : home_ + '/' + name_; }
  bool operator==(const RocksDbPlace&) const = default;

  // Durable on return. After an error of the last sync it is not known which of the two a power cut would leave: `unsure`.
  rocksdb::Status make_current(rocksdb::Env&, bool sync, bool* unsure) const;
  // What can be removed is; nobody has it open.
  void remove(rocksdb::Env&) const;
  void remove_others(rocksdb::Env&) const;  // this one is open

 private:
  std::string home_, name_;  // no name: the folder itself
};

// Whether the file is RocksDB's, or what a file system puts into its own root.
bool is_file_of_rocksdb(std::string_view name);

}  // namespace sr
