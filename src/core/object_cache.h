// Decoded rows by storage key. A commit evicts what it overwrote before it is answered; a fill that was read from a snapshot
// older than the last eviction of its shard is dropped, so nothing stale can come back in.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include "storage/store.h"

namespace sr {

template <class T> class ObjectCache {
 public:
  struct Found {
    std::shared_ptr<const T> value;
    Revision revision = 0;  // of the row
  };
  explicit ObjectCache(std::size_t entries_max) : shard_max_(entries_max / shard_count) {}

  std::optional<Found> find(const std::string& key) const {
    const Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    return found == shard.entries.end() ? std::nullopt : std::optional(found->second);
  }
  void fill(const std::string& key, Found found, Revision snapshot) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    if (snapshot < shard.evicted_at) return;
    if (shard.entries.size() >= shard_max_) shard.entries.erase(shard.entries.begin());
    shard.entries.insert_or_assign(key, std::move(found));
  }
  void evict(const std::string& key, Revision at) {
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    shard.entries.erase(key);
    shard.evicted_at = at;
  }
  // What was read before this revision does not come in any more either.
  void clear(Revision at = 0) {
    for (auto& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      shard.entries.clear();
      shard.evicted_at = std::max(shard.evicted_at, at);
    }
  }

 private:
  static constexpr std::size_t shard_count = 16;
  struct Shard {
    mutable std::mutex mutex;  // guards the two below
    std::unordered_map<std::string, Found> entries;
    Revision evicted_at = 0;
  };
  Shard& shard_of(const std::string& key) { return shards_[std::hash<std::string>()(key) % shard_count]; }
  const Shard& shard_of(const std::string& key) const { return shards_[std::hash<std::string>()(key) % shard_count]; }

  const std::size_t shard_max_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace sr
