// What has been made of rows, each kept for as long as its row has the revision that it was made of: see View::get_made. What nobody has
// asked for longest makes room. Shared by all threads.
#pragma once
#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include "storage/store.h"

namespace sr {

template <class T> class RevisionCache {
 public:
  // `row_bytes_max`: of a row, with its name, of which something is kept: few large ones are not to fill the memory.
  explicit RevisionCache(std::size_t entries_max, std::size_t row_bytes_max = SIZE_MAX) : shard_max_(entries_max / shard_count), row_bytes_max_(row_bytes_max) {}

  std::shared_ptr<const T> find(const std::string& row, Revision revision) {
    Shard& shard = shards_[shard_of(row)];
    std::lock_guard lock(shard.mutex);
    const auto found = shard.index.find(row);
    if (found == shard.index.end() || found->second->revision != revision) return nullptr;
    shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
    return found->second->value;
  }
  // A row that its request has written itself has the revision 0, and is not kept.
  void fill(const std::string& row, Revision revision, std::size_t row_bytes, std::shared_ptr<const T> value) {
    if (revision == 0 || row.size() + row_bytes > row_bytes_max_) return;
    Shard& shard = shards_[shard_of(row)];
    std::lock_guard lock(shard.mutex);
    if (shard.closed) return;
    shard.remove(row);
    if (shard.entries.size() >= shard_max_) shard.remove(shard.entries.back().row);
    shard.entries.push_front({row, revision, std::move(value)});
    shard.index[shard.entries.front().row] = shard.entries.begin();
  }

  // What is to be gone should not lie in memory for long either.
  void forget(const std::string& row) {
    Shard& shard = shards_[shard_of(row)];
    std::lock_guard lock(shard.mutex);
    shard.remove(row);
  }

  // Everything, and nothing is kept from now on.
  void close() {
    for (Shard& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      shard.closed = true;
      shard.index.clear();
      shard.entries.clear();
    }
  }

 private:
  static constexpr std::size_t shard_count = 16;
  struct Entry {
    std::string row;
    Revision revision;
    std::shared_ptr<const T> value;
  };
  struct Shard {
    std::mutex mutex;          // guards what follows
    std::list<Entry> entries;  // the one asked for last first
    std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index;  // names lie in the entries
    bool closed = false;

    void remove(std::string_view row) {
      const auto found = index.find(row);
      if (found == index.end()) return;
      const auto entry = found->second;
      index.erase(found);
      entries.erase(entry);
    }
  };
  static std::size_t shard_of(const std::string& row) { return std::hash<std::string>()(row) / 64 % shard_count; }

  const std::size_t shard_max_, row_bytes_max_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace sr
