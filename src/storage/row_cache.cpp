#include "storage/row_cache.h"
#include <list>
#include <unordered_map>

namespace sr {
namespace {

// The rows of a part of the keys, each as it has been since `since` and is still. That holds because a write enters its
// rows before any snapshot can see it, and nobody replaces a newer row with an older one. A row that has been dropped, for
// space or after a failed write, leaves the `floor` behind: who read at an earlier moment may have read what was there
// before, and must not enter it.
class Shard {
 public:
  struct Entry { std::string key; Revision since; std::optional<std::string> bytes; };  // no bytes: absent

  // Nothing when it is not known what the snapshot sees.
  std::optional<std::optional<Row>> find(std::string_view key, Revision snapshot) {
    std::lock_guard lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end() || found->second->since > snapshot) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, found->second);
    const Entry& entry = *found->second;
    if (!entry.bytes) return std::optional<Row>();
    return Row{entry.since, *entry.bytes};
  }
  void enter_read(std::string_view key, Revision snapshot, const std::optional<Row>& row) {
    std::lock_guard lock(mutex_);
    if (snapshot < floor_ || index_.contains(key)) return;
    enter({std::string(key), row ? row->revision : snapshot, row ? std::optional(row->bytes) : std::nullopt});
  }
  void enter_write(std::string_view key, Revision revision, const std::optional<std::string>& bytes) {
    std::lock_guard lock(mutex_);
    remove(key);
    enter({std::string(key), revision, bytes});
  }
  // After a write that failed: what the key holds since the revision `last` or before is not known here any more.
  void forget(std::string_view key, Revision last) {
    std::lock_guard lock(mutex_);
    floor_ = std::max(floor_, last);
    remove(key);
  }
  // Nothing from before the revision `from` is known, or may be entered, any more.
  void forget_all(Revision from) {
    std::lock_guard lock(mutex_);
    index_.clear();
    entries_.clear();
    bytes_ = 0;
    floor_ = from;
  }
  void set_bytes_max(std::size_t bytes) { bytes_max_ = bytes; }

 private:
  static std::size_t size_of(const Entry& entry) { return 128 + entry.key.size() + (entry.bytes ? entry.bytes->size() : 0); }
  void enter(Entry entry) {
    bytes_ += size_of(entry);
    entries_.push_front(std::move(entry));
    index_[entries_.front().key] = entries_.begin();
    while (bytes_ > bytes_max_) {
      floor_ = std::max(floor_, entries_.back().since);
      remove(std::string_view(entries_.back().key));
    }
  }
  void remove(std::string_view key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    const auto entry = found->second;
    bytes_ -= size_of(*entry);
    index_.erase(found);
    entries_.erase(entry);
  }

  std::mutex mutex_;  // guards all below
  std::list<Entry> entries_;  // the one used last first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // keys lie in the entries
  Revision floor_ = 0;
  std::size_t bytes_ = 0, bytes_max_ = 0;
};

class CachedTable final : public Table {
 public:
  CachedTable(std::unique_ptr<Table> table, std::size_t bytes) : table_(std::move(table)) {
    for (auto& shard : shards_) shard.set_bytes_max(bytes / shards_.size());
  }
  std::unique_ptr<const Snapshot> snapshot() const override { return std::make_unique<At>(*this, table_->snapshot()); }
  Result<Revision> revision_of(std::string_view key) const override { return table_->revision_of(key); }
  Revision last_revision() const override { return table_->last_revision(); }
  std::string_view type() const override { return table_->type(); }
  std::size_t lingering() const override { return table_->lingering(); }
  void stop_waiting() override { table_->stop_waiting(); }

  Result<void> write(std::span<const Change> changes) override {
    for (const auto& change : changes) shard_of(change.key).enter_write(change.key, change.revision, *change.bytes);
    auto written = table_->write(changes);
    if (!written)  // no snapshot has this revision yet; the next write may
      for (const auto& change : changes) shard_of(change.key).forget(change.key, table_->last_revision());
    return written;
  }

  Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t bytes) override { return table_->begin_replacement(bytes); }
  // Rows that come with a replacement are all of its revision: what was known before cannot be told of them.
  Result<void> replace(Replacement& replacement, Revision revision) override {
    for (auto& shard : shards_) shard.forget_all(revision);
    auto replaced = table_->replace(replacement, revision);
    if (!replaced)
      for (auto& shard : shards_) shard.forget_all(table_->last_revision());
    return replaced;
  }

 private:
  class At final : public Snapshot {
   public:
    At(const CachedTable& table, std::unique_ptr<const Snapshot> snapshot) : table_(table), snapshot_(std::move(snapshot)), revision_(snapshot_->revision()) {}
    Revision revision() const override { return revision_; }
    Result<std::optional<Row>> get(std::string_view key, Tier tier) const override {
      auto& shard = table_.shard_of(key);
      if (auto known = shard.find(key, revision_)) return *std::move(known);
      auto row = snapshot_->get(key, tier);
      if (row) shard.enter_read(key, revision_, *row);
      return row;
    }
    Result<std::vector<std::string>> list(std::string_view prefix, Page page, Depth depth) const override { return snapshot_->list(prefix, page, depth); }
    Result<std::vector<KeyedRow>> scan(std::string_view after, std::size_t bytes) const override { return snapshot_->scan(after, bytes); }
    void look_ahead(std::string_view key) const override { snapshot_->look_ahead(key); }

   private:
    const CachedTable& table_;
    const std::unique_ptr<const Snapshot> snapshot_;
    const Revision revision_;
  };

  Shard& shard_of(std::string_view key) const { return shards_[std::hash<std::string_view>()(key) / 64 % shards_.size()]; }

  const std::unique_ptr<Table> table_;
  mutable std::array<Shard, 16> shards_;
};

}  // namespace

std::unique_ptr<Table> cached_table(std::unique_ptr<Table> table, std::size_t bytes) {
  return std::make_unique<CachedTable>(std::move(table), bytes);
}

}  // namespace sr
