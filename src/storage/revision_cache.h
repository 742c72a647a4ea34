// What has been made of rows, each kept for as long as its row has the revision that it was made of: see View::get_made. Shared by all
// threads.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include "storage/store.h"

namespace sr {

template <class T> class RevisionCache {
 public:
  // `row_bytes_max`: of a row whose making is kept, so that few large ones do not fill the memory.
  explicit RevisionCache(std::size_t entries_max, std::size_t row_bytes_max = SIZE_MAX) : shard_max_(entries_max / shard_count), row_bytes_max_(row_bytes_max) {}

  std::shared_ptr<const T> find(const std::string& row, Revision revision) const {
    const Shard& shard = shards_[shard_of(row)];
    std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(row);
    return found != shard.entries.end() && found->second.revision == revision ? found->second.value : nullptr;
  }
  // A row that its request has written itself has the revision 0, and is not kept.
  void fill(const std::string& row, Revision revision, std::size_t row_bytes, std::shared_ptr<const T> value) {
    if (revision == 0 || row_bytes > row_bytes_max_) return;
    Shard& shard = shards_[shard_of(row)];
    std::lock_guard lock(shard.mutex);
    if (shard.closed) return;
    if (shard.entries.size() >= shard_max_ && !shard.entries.contains(row)) shard.entries.erase(shard.entries.begin());
    shard.entries.insert_or_assign(row, Entry{revision, std::move(value)});
  }

  // What is to be gone should not lie in memory for long either.
  void forget(const std::string& row) {
    Shard& shard = shards_[shard_of(row)];
    std::lock_guard lock(shard.mutex);
    shard.entries.erase(row);
  }

  // Everything, and nothing is kept from now on.
  void close() {
    for (Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      shard.closed = true;
      shard.entries.clear();
    }
  }

 private:
  static constexpr std::size_t shard_count = 16;
  struct Entry {
    Revision revision;
    std::shared_ptr<const T> value;
  };
  struct Shard {
    mutable std::mutex mutex;  // guards the two below
    std::unordered_map<std::string, Entry> entries;
    bool closed = false;
  };
  static std::size_t shard_of(const std::string& row) { return std::hash<std::string>()(row) % shard_count; }

  const std::size_t shard_max_, row_bytes_max_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace sr
