// The Store on one Table. Its thread checks the preconditions of all batches that wait, merges them into one write and
// calls back; what came in meanwhile is the next round. It is the only writer, so what it remembers of revisions is true.
#pragma once
#include <atomic>
#include <mutex>
#include <unordered_map>
#include "base/inbox.h"
#include "storage/table.h"

namespace sr {

class Committer final : public Store {
 public:
  explicit Committer(std::unique_ptr<Table> table, std::size_t batches_max = limits::committer_batches);
  ~Committer() override;  // commits what is left

  std::unique_ptr<const Snapshot> snapshot() const override { return table_->snapshot(); }
  void commit(Batch, CommitDone) override;
  void subscribe(CommitListener) override;
  void unsubscribe() override;
  std::string_view type() const override { return table_->type(); }
  std::size_t lingering() const override { return table_->lingering(); }
  Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t bytes) override { return table_->begin_replacement(bytes); }
  Result<Revision> replace(std::unique_ptr<Replacement>, Revision later_than) override;
  std::uint64_t epoch() const override { return epoch_.load(std::memory_order_acquire); }

 private:
  struct Waiting {
    Batch batch{};
    CommitDone done{};
    Committed outcome = Revision{0};
    std::unique_ptr<Replacement> replacement{};  // then there is no batch
    Revision later_than = 0;
  };
  std::span<Waiting> work(std::span<Waiting>);
  std::span<Waiting> write(std::span<Waiting>);
  Committed put_in_place(Replacement&, Revision later_than);
  Committed check(const Batch&, Revision next);
  Result<Revision> revision_of(const std::string& key);

  const std::unique_ptr<Table> table_;
  std::atomic<std::uint64_t> epoch_ = 0;
  std::mutex listening_;  // guards listeners_, and is held while they are called
  std::vector<CommitListener> listeners_;
  std::unordered_map<std::string, Revision> known_;  // bounded; dropped after a failed write
  Inbox<Waiting> inbox_;
  Worker thread_;
};

}  // namespace sr
