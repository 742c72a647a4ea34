#include "storage/transaction.h"
#include <tuple>
#include <unordered_map>
#include "base/assert.h"
#include "storage/barrier.h"

namespace sr {

const Snapshot& Transaction::snapshot() {
  if (!snapshot_) snapshot_ = store_.snapshot();
  return *snapshot_;
}

Result<void> Transaction::need_lane(const char* what) {
  if (tier_ == Tier::any) return {};
  incomplete_ = true;
  return fail(Code::incomplete, what);
}

Result<std::optional<Record>> Transaction::get(StorageKey key, const IsKnown& is_known) {
  if (const auto own = writes_.find(key.text()); own != writes_.end()) {
    if (!own->second) return std::nullopt;
    return Record{0, own->second->copy()};
  }
  auto row = snapshot().get(key.text(), tier_);
  if (!row) {
    incomplete_ |= row.error().code == Code::incomplete;
    return std::unexpected(std::move(row).error());
  }
  expect(std::move(key.text_), *row ? (*row)->revision : 0);
  if (!*row) return std::nullopt;
  if (is_known && is_known((*row)->revision)) {  // as little use behind a sealed barrier as what has to be opened
    if (barrier_ && barrier_->locked()) return fail(Code::sealed, "Vault is sealed");
    return Record{(*row)->revision, Secret()};
  }
  return Record{(*row)->revision, barrier_ ? TRY(barrier_->open(reads_.back().key, (*row)->bytes)) : Secret((*row)->bytes)};
}

Result<std::optional<Record>> Transaction::get_raw(StorageKey key) {
  SR_ASSERT(!writes_.contains(key.text()));
  auto row = snapshot().get(key.text(), tier_);
  if (!row) {
    incomplete_ |= row.error().code == Code::incomplete;
    return std::unexpected(std::move(row).error());
  }
  expect(std::move(key.text_), *row ? (*row)->revision : 0);
  if (!*row) return std::nullopt;
  return Record{(*row)->revision, Secret((*row)->bytes)};
}

Result<void> Transaction::put_raw(StorageKey key, const Secret& value) {
  raw_.push_back(key.text());
  return write(std::move(key), value.copy());
}

Result<void> Transaction::put(StorageKey key, const Secret& value, Former former) { return write(std::move(key), value.copy(), former); }
Result<void> Transaction::remove(StorageKey key, Former former) { return write(std::move(key), std::nullopt, former); }

Result<void> Transaction::write(StorageKey key, std::optional<Secret> value, Former former) {
  TRY(need_lane("a write needs a lane"));
  if (key.text_.empty() || key.text_.size() > limits::storage_key_bytes) return fail(Code::too_large, "the name of a row is empty or too long");
  bytes_ += key.text_.size() + (value ? value->size() : 0);
  if (writes_.size() >= limits::batch_rows || bytes_ > limits::batch_bytes) return fail(Code::too_large, "one request may not write that much");
  if (former == Former::leaves_disk) leaving_.insert(key.text_);
  writes_.insert_or_assign(std::move(key.text_), std::move(value));
  return {};
}

Result<void> Transaction::absorb(Batch sealed) {
  SR_ASSERT(!barrier_);
  for (auto& [key, bytes, former] : sealed.writes) TRY(write(StorageKey(std::move(key)), bytes ? std::optional(Secret(*bytes)) : std::nullopt, former));
  for (const auto& read : sealed.reads) expect(read.key, read.revision);
  epoch_ = std::min(epoch_, sealed.epoch);
  return {};
}

Result<std::vector<std::string>> Transaction::list(const StorageKey& prefix, Page page, Depth depth) {
  const auto own = writes_.lower_bound(prefix.text());
  SR_ASSERT(own == writes_.end() || !own->first.starts_with(prefix.text()));
  TRY(need_lane("a list needs a lane"));
  return snapshot().list(prefix.text(), page, depth);
}

std::optional<std::string> Transaction::torn() const {
  std::unordered_map<std::string_view, Revision> seen;
  for (const auto& read : reads_)
    if (const auto [first, fresh] = seen.try_emplace(read.key, read.revision); !fresh && first->second != read.revision) return read.key;
  return std::nullopt;
}

// A key that is torn keeps both revisions: it cannot have both now, so the commit will say that it has changed.
Result<Batch> Transaction::take_batch() {
  snapshot_.reset();
  auto writes = std::exchange(writes_, {});
  const auto raw = std::exchange(raw_, {});
  const auto leaving = std::exchange(leaving_, {});
  bytes_ = 0;
  Batch batch;
  batch.epoch = std::exchange(epoch_, store_.epoch());
  batch.reads = std::exchange(reads_, {});
  auto order = [](const Batch::Read& read) { return std::tie(read.key, read.revision); };
  std::ranges::sort(batch.reads, {}, order);
  const auto twice = std::ranges::unique(batch.reads, {}, order);
  batch.reads.erase(twice.begin(), twice.end());
  batch.writes.reserve(writes.size());
  for (auto& [key, value] : writes) {
    std::optional<std::string> bytes;
    const bool is_sealed = barrier_ && std::ranges::find(raw, key) == raw.end();
    if (value && !is_sealed) bytes.emplace(value->reveal());
    if (value && is_sealed) bytes = TRY(barrier_->seal(key, value->reveal()));
    batch.writes.push_back({key, std::move(bytes), leaving.contains(key) ? Former::leaves_disk : Former::may_linger});
  }
  return batch;
}

View View::core(Transaction& transaction, const NamespaceId& space) {
  SR_ASSERT(!space.empty() && space.text().find('/') == std::string::npos);
  return View(transaction, concat(format, "/", space.text(), "/core/"));
}

std::optional<std::string_view> View::core_name(std::string_view storage_key) {
  constexpr std::string_view folder = "/core/";
  if (!storage_key.starts_with(format) || !storage_key.substr(format.size()).starts_with('/')) return std::nullopt;
  const auto space_end = storage_key.find('/', format.size() + 1);
  if (space_end == storage_key.npos || !storage_key.substr(space_end).starts_with(folder)) return std::nullopt;
  return storage_key.substr(space_end + folder.size());
}

View View::mount(Transaction& transaction, const NamespaceId& space, std::string_view uuid) {
  SR_ASSERT(!space.empty() && space.text().find('/') == std::string::npos);
  SR_ASSERT(!uuid.empty() && uuid.find('/') == std::string_view::npos && uuid != "core");
  return View(transaction, concat(format, "/", space.text(), "/", uuid, "/"));
}

}  // namespace sr
