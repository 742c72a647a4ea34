#include "storage/memory_table.h"
#include <set>
#include <shared_mutex>

namespace sr {
namespace {

class MemoryTable final : public Table {
 public:
  std::unique_ptr<const Snapshot> snapshot() const override { return std::make_unique<At>(*this); }
  Result<Revision> revision_of(std::string_view key) const override {
    std::shared_lock lock(mutex_);
    const Version* version = find(key, last_);
    return version && version->bytes ? version->revision : 0;
  }
  Revision last_revision() const override { return last_; }  // only the committer's thread changes it, and only it asks
  std::string_view type() const override { return "memory"; }

  Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t) override { return std::make_unique<Fresh>(); }
  // As one large commit: snapshots from before go on seeing the versions of before.
  Result<void> replace(Replacement& replacement, Revision revision) override {
    auto& fresh = dynamic_cast<Fresh&>(replacement).rows;
    std::vector<Change> changes;
    static const std::optional<std::string> gone;
    {
      std::shared_lock lock(mutex_);
      for (const auto& [key, versions] : rows_)
        if (!fresh.contains(key)) changes.push_back({key, &gone, revision});
    }
    for (const auto& [key, bytes] : fresh) changes.push_back({key, &bytes, revision});
    std::vector<std::string> keys;  // of rows that go while they are removed
    keys.reserve(changes.size());
    for (auto& change : changes) change.key = keys.emplace_back(change.key);
    if (!changes.empty()) return write(changes);
    std::unique_lock lock(mutex_);
    last_ = revision;
    return {};
  }

  Result<void> write(std::span<const Change> changes) override {
    std::unique_lock lock(mutex_);
    const Revision oldest = live_.empty() ? changes.back().revision : *live_.begin();
    for (const auto& change : changes) {
      const auto row = rows_.try_emplace(std::string(change.key)).first;
      auto& versions = row->second;
      versions.push_back({change.revision, *change.bytes});
      while (versions.size() > 1 && versions[1].revision <= oldest) versions.erase(versions.begin());
      if (versions.size() == 1 && !versions[0].bytes) rows_.erase(row);
    }
    last_ = changes.back().revision;
    return {};
  }

 private:
  struct Version { Revision revision; std::optional<std::string> bytes; };
  struct Fresh final : Replacement {
    Result<void> add(std::string_view key, std::string_view bytes) override { return rows.insert_or_assign(std::string(key), std::string(bytes)), Result<void>(); }
    Result<void> finish() override { return {}; }
    std::map<std::string, std::optional<std::string>, std::less<>> rows;
  };

  class At final : public Snapshot {
   public:
    explicit At(const MemoryTable& table) : table_(table) {
      std::unique_lock lock(table.mutex_);
      mine_ = table.live_.insert(table.last_);
      revision_ = table.last_;
    }
    ~At() override {
      std::unique_lock lock(table_.mutex_);
      table_.live_.erase(mine_);
    }
    Revision revision() const override { return revision_; }
    Result<std::optional<Row>> get(std::string_view key, Tier) const override {
      std::shared_lock lock(table_.mutex_);
      const Version* version = table_.find(key, revision_);
      if (!version || !version->bytes) return std::nullopt;
      return Row{version->revision, *version->bytes};
    }
    Result<std::vector<std::string>> list(std::string_view prefix, Page page, Depth depth) const override {
      std::shared_lock lock(table_.mutex_);
      std::vector<std::string> names;
      const std::string start = std::string(prefix).append(page.after);
      for (auto at = table_.rows_.lower_bound(start); at != table_.rows_.end() && at->first.starts_with(prefix) && names.size() < page.limit; ++at) {
        const Version* version = table_.find(at->first, revision_);
        if (!version || !version->bytes) continue;
        std::string name = at->first.substr(prefix.size());
        if (const auto slash = depth == Depth::one ? name.find('/') : std::string::npos; slash != std::string::npos) name.resize(slash + 1);
        if (name <= page.after || (!names.empty() && names.back() == name)) continue;
        names.push_back(std::move(name));
      }
      return names;
    }
    Result<std::vector<KeyedRow>> scan(std::string_view after, std::size_t bytes) const override {
      std::shared_lock lock(table_.mutex_);
      std::vector<KeyedRow> rows;
      std::size_t size = 0;
      for (auto at = table_.rows_.upper_bound(after); at != table_.rows_.end() && (rows.empty() || size < bytes); ++at) {
        const Version* version = table_.find(at->first, revision_);
        if (!version || !version->bytes) continue;
        size += at->first.size() + version->bytes->size();
        rows.push_back({at->first, {version->revision, *version->bytes}});
      }
      return rows;
    }

   private:
    const MemoryTable& table_;
    Revision revision_ = 0;
    std::multiset<Revision>::iterator mine_;
  };

  const Version* find(std::string_view key, Revision at) const {
    const auto row = rows_.find(key);
    if (row == rows_.end()) return nullptr;
    const auto newer = std::ranges::upper_bound(row->second, at, {}, &Version::revision);
    return newer == row->second.begin() ? nullptr : &*std::prev(newer);
  }

  mutable std::shared_mutex mutex_;  // guards the three below
  std::map<std::string, std::vector<Version>, std::less<>> rows_;
  mutable std::multiset<Revision> live_;
  Revision last_ = 0;
};

}  // namespace

std::unique_ptr<Table> memory_table() { return std::make_unique<MemoryTable>(); }

}  // namespace sr
