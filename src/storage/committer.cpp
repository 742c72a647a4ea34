#include "storage/committer.h"
#include <future>
#include "base/assert.h"

namespace sr {
namespace {

// One write of merged batches stays around this size, so that a round of large batches does not hold up the small ones.
constexpr std::size_t merged_bytes = 4 * 1024 * 1024;

std::unexpected<CommitFailure> failure(Error error) {
  std::unexpected<CommitFailure> failed{CommitFailure{}};
  failed.error().error = std::move(error);
  return failed;
}

std::size_t bytes_of(const Batch& batch) {
  std::size_t bytes = 0;
  for (const auto& [key, value, former] : batch.writes) bytes += key.size() + (value ? value->size() : 0);
  return bytes;
}

Result<void> check_size(const Batch& batch) {
  if (batch.writes.size() > limits::batch_rows) return fail(Code::too_large, "store: too many rows in one commit");
  if (bytes_of(batch) > limits::batch_bytes) return fail(Code::too_large, "store: too many bytes in one commit");
  for (const auto& [key, value, former] : batch.writes)
    if (key.empty() || key.size() > limits::storage_key_bytes) return fail(Code::too_large, "store: the name of a row is empty or too long");
  return {};
}

}  // namespace

Committer::Committer(std::unique_ptr<Table> table, std::size_t batches_max)
    : table_(std::move(table)), inbox_(batches_max), thread_(inbox_, [this](Inbox<Waiting>& inbox) {
        for (auto waiting = inbox.take_all(); !waiting.empty(); waiting = inbox.take_all())
          for (std::span<Waiting> rest = waiting; !rest.empty();) rest = work(rest);
      }) {}

Committer::~Committer() { table_->stop_waiting(); }

void Committer::subscribe(CommitListener listener) {
  std::lock_guard lock(listening_);
  listeners_.push_back(std::move(listener));
}

void Committer::unsubscribe() {
  std::lock_guard lock(listening_);
  listeners_.clear();
}

void Committer::commit(Batch batch, CommitDone done) {
  if (auto fits = check_size(batch); !fits) return done(failure(std::move(fits).error()));
  Waiting waiting{.batch = std::move(batch), .done = std::move(done)};
  if (!inbox_.push(waiting)) waiting.done(failure({Code::busy, "too many commits wait for the store"}));
}

Result<Revision> Committer::revision_of(const std::string& key) {
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  return known_[key] = TRY(table_->revision_of(key));
}

Committed Committer::check(const Batch& batch, Revision next) {
  if (batch.epoch != epoch_.load(std::memory_order_relaxed)) return failure({Code::busy, "the store was replaced meanwhile, try again"});
  for (const auto& [key, seen] : batch.reads) {
    auto now = revision_of(key);
    if (!now) return failure(std::move(now).error());
    if (*now != seen) return std::unexpected(CommitFailure{key, {}});
  }
  return batch.writes.empty() ? next - 1 : next;
}

// Writes as many of the batches as fit into one write, calls back, and returns those left over. A batch is checked against
// those before it in the same write too, through `known_`: merging never weakens a precondition. After a failed write
// nothing is known, and the table is asked again.
std::span<Committer::Waiting> Committer::write(std::span<Waiting> waiting) {
  if (known_.size() > limits::committer_known_revisions) known_.clear();
  std::vector<Table::Change> merged;
  Revision last = table_->last_revision();
  std::size_t bytes = 0, count = 0;

  for (auto& [batch, done, outcome, replacement, later_than] : waiting) {
    if (bytes > merged_bytes || replacement) break;
    ++count;
    outcome = check(batch, last + 1);
    if (!outcome) continue;
    last = *outcome;
    bytes += bytes_of(batch);
    for (const auto& [key, value, former] : batch.writes) {
      merged.push_back({key, &value, *outcome, former});
      known_[key] = value ? *outcome : 0;
    }
  }
  const Result<void> written = merged.empty() ? Result<void>() : table_->write(merged);
  if (!written) known_.clear();

  const auto taken = waiting.first(count);
  std::vector<std::string_view> keys;
  std::unique_lock listening(listening_);
  for (auto& [batch, done, outcome, replacement, later_than] : taken) {
    if (outcome && !written) outcome = failure(written.error());
    if (!outcome || batch.writes.empty() || listeners_.empty()) continue;
    keys.clear();
    for (const auto& write : batch.writes)
      if (write.bytes) keys.push_back(write.key);
    const std::size_t put = keys.size();
    for (const auto& write : batch.writes)
      if (!write.bytes) keys.push_back(write.key);
    const CommitNews news{.revision = *outcome, .keys = keys, .removed = keys.size() - put};
    for (const auto& listener : listeners_) listener(news);
  }
  listening.unlock();
  for (auto& each : taken) each.done(each.outcome);
  return waiting.subspan(count);
}

std::span<Committer::Waiting> Committer::work(std::span<Waiting> waiting) {
  Waiting& first = waiting.front();
  if (!first.replacement) return write(waiting);
  first.outcome = put_in_place(*first.replacement, first.later_than);
  first.replacement.reset();
  first.done(first.outcome);
  return waiting.subspan(1);
}

// Between two writes, so that nothing is half under way. What waits behind it was begun before, and check() refuses it.
Committed Committer::put_in_place(Replacement& replacement, Revision later_than) {
  const Revision revision = std::max(table_->last_revision(), later_than) + 1;
  if (auto placed = table_->replace(replacement, revision); !placed) return failure(std::move(placed).error());
  known_.clear();
  epoch_.fetch_add(1, std::memory_order_acq_rel);
  return revision;
}

Result<Revision> Committer::replace(std::unique_ptr<Replacement> replacement, Revision later_than) {
  SR_ASSERT(replacement != nullptr);
  std::promise<Committed> promise;
  auto outcome = promise.get_future();
  Waiting waiting{.done = [&promise](const Committed& committed) { promise.set_value(committed); }, .replacement = std::move(replacement), .later_than = later_than};
  if (!inbox_.push(waiting)) return fail(Code::busy, "too many commits wait for the store");
  auto committed = outcome.get();
  if (!committed) return std::unexpected(std::move(committed).error().error);
  return *committed;
}

Committed commit_and_wait(Store& store, Batch batch) {
  std::promise<Committed> promise;
  auto outcome = promise.get_future();
  store.commit(std::move(batch), [&promise](const Committed& committed) { promise.set_value(committed); });
  return outcome.get();
}

}  // namespace sr
