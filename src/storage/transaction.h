// What one request has read and will write. Reads see one snapshot, then the request's own writes; each remembers the
// revision that it saw, so that the commit can tell whether the world has moved. A Transaction belongs to one request and
// so to one thread at a time; a View borrows it.
#pragma once
#include <map>
#include <set>
#include "base/concat.h"
#include "base/secret.h"
#include "base/strong.h"
#include "storage/revision_cache.h"
#include "storage/store.h"

namespace sr {

class Barrier;

// Where a row lies: "<format>/<namespace>/<mount uuid or core>/...". Made by a View only, so that no name that came from
// outside chooses the prefix.
class StorageKey {
 public:
  const std::string& text() const { return text_; }

 private:
  friend class View;
  friend class Transaction;
  explicit StorageKey(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// A row as it reads: opened by the barrier.
struct Record {
  Revision revision = 0;
  Secret value;
};

class Transaction {
 public:
  // Without a barrier the rows are kept as they are: the seal's own rows, which say how to open the barrier.
  Transaction(const Store& store, const Barrier* barrier) : store_(store), barrier_(barrier), epoch_(store.epoch()) { reads_.reserve(reads_expected); }

  // From here on reads may go there; only Tier::any may write or list.
  void go_on(Tier tier) { tier_ = tier, incomplete_ = false; }

  // A row that this request has written itself has the revision 0. Of a revision that `is_known` the value is not read, and stays empty.
  using IsKnown = std::function<bool(Revision)>;
  Result<std::optional<Record>> get(StorageKey key, const IsKnown& is_known = nullptr);
  Result<void> put(StorageKey key, const Secret& value, Former former = Former::may_linger);
  Result<void> remove(StorageKey key, Former former = Former::may_linger);
  // Rows that lie outside of the barrier, in a transaction behind it: the seal's own, which say how to open it.
  Result<std::optional<Record>> get_raw(StorageKey key);
  Result<void> put_raw(StorageKey key, const Secret& value);
  // Shows the snapshot only: nobody lists what he has just written, and an assertion holds us to it.
  Result<std::vector<std::string>> list(const StorageKey& prefix, Page, Depth);

  // As of Snapshot, for what others are to ask soon: no precondition of this commit.
  void look_ahead(const StorageKey& key) { snapshot().look_ahead(key.text()); }

  // Something that was read from a cache: its row is a precondition as if it had been read here.
  void expect(std::string key, Revision revision) { reads_.push_back({std::move(key), revision}); }

  // What would hold up the thread that reads requests asks here first: an error there, which takes the call to its lane.
  Result<void> need_lane(const char* what);
  // Asked for more than memory may give; sticks until go_on, whatever the handler made of the error.
  bool incomplete() const { return incomplete_; }
  bool has_writes() const { return !writes_.empty(); }
  // A key that was seen with two revisions, once in a cache and once in the store: somebody has changed it in between.
  std::optional<std::string> torn() const;
  Revision snapshot_revision() { return snapshot().revision(); }
  void discard_writes() { writes_.clear(), raw_.clear(), leaving_.clear(), bytes_ = 0; }
  // The writes of another transaction, sealed already; on a transaction without a barrier only.
  Result<void> absorb(Batch sealed);
  // Seals what was written; fails when the barrier has been sealed meanwhile. Afterwards the transaction is as new, with
  // a snapshot still to be taken.
  Result<Batch> take_batch();

 private:
  static constexpr std::size_t reads_expected = 8;  // token, policies, mount, and what a handler reads
  const Snapshot& snapshot();
  Result<void> write(StorageKey key, std::optional<Secret> value, Former former = Former::may_linger);

  const Store& store_;
  const Barrier* barrier_;
  std::uint64_t epoch_;  // of before the first read
  Tier tier_ = Tier::memory;
  std::unique_ptr<const Snapshot> snapshot_;  // taken at the first read
  std::vector<Batch::Read> reads_;  // one key may be here twice until the batch is taken
  std::map<std::string, std::optional<Secret>, std::less<>> writes_;  // plain until the batch is taken
  std::size_t bytes_ = 0;  // of writes_
  std::set<std::string> leaving_;  // those of writes_ whose former bytes are to leave the disk
  std::vector<std::string> raw_;  // those of writes_ that are not sealed
  bool incomplete_ = false;
};

// A slice of storage under one prefix: an engine sees its mount, the core its own records, both in one transaction.
class View {
 public:
  static constexpr std::string_view format = "1";  // of the keys and of what lies under them; core/format says it too

  // The rows of the core, and those of a mount.
  static View core(Transaction& transaction, const NamespaceId& space);
  static View mount(Transaction& transaction, const NamespaceId& space, std::string_view uuid);
  // What a row of the core is called there; nothing for the rows of mounts, which clients name as they like.
  static std::optional<std::string_view> core_name(std::string_view storage_key);
  View(Transaction& transaction, std::string prefix) : transaction_(transaction), prefix_(std::move(prefix)) {}

  View under(std::string_view folder) const { return View(transaction_, concat(prefix_, folder)); }

  Result<std::optional<Record>> get(std::string_view key) { return transaction_.get(at(key)); }
  // What `make` makes of the row's value, or has made of it before; null when there is no row.
  template <class T, class Make> Result<std::shared_ptr<const T>> get_made(const std::string& key, RevisionCache<T>& cache, Make make);
  Result<void> put(std::string_view key, const Secret& value, Former former = Former::may_linger) { return transaction_.put(at(key), value, former); }
  Result<void> remove(std::string_view key, Former former = Former::may_linger) { return transaction_.remove(at(key), former); }
  Result<std::optional<Record>> get_raw(std::string_view key) { return transaction_.get_raw(at(key)); }
  Result<void> put_raw(std::string_view key, const Secret& value) { return transaction_.put_raw(at(key), value); }
  Result<std::vector<std::string>> list(std::string_view folder, Page page = {}, Depth depth = Depth::one) {
    return transaction_.list(at(folder), page, depth);
  }
  void look_ahead(std::string_view key) { transaction_.look_ahead(at(key)); }
  template <class... Pieces> StorageKey at(const Pieces&... key) const { return StorageKey(concat(prefix_, key...)); }
  Transaction& transaction() { return transaction_; }

 private:
  Transaction& transaction_;
  std::string prefix_;
};

template <class T, class Make> Result<std::shared_ptr<const T>> View::get_made(const std::string& key, RevisionCache<T>& cache, Make make) {
  std::shared_ptr<const T> made;
  auto is_known = [&](Revision revision) { return (made = cache.find(key, revision)) != nullptr; };
  const auto row = TRY(transaction_.get(at(key), std::ref(is_known)));
  if (!row || made) return made;
  made = std::make_shared<const T>(TRY(make(row->value)));
  cache.fill(key, row->revision, row->value.size(), made);
  return made;
}

}  // namespace sr
