// Storage: snapshots for reading, batches for writing, one transaction per request.
//
// A Store holds rows of bytes that the barrier has sealed; it is not trusted with what they say. It is shared by all
// threads. commit() never waits: the committer's thread calls `done` exactly once, when the batch is durable or refused.
// (A batch that is refused at the door, for its size or because too many wait, hears of it on the caller's own thread.)
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/limits.h"
#include "base/result.h"

namespace sr {

using Revision = std::uint64_t;  // one per commit, monotonic; 0 stands for "no such key"

enum class Tier : std::uint8_t { memory, any };  // memory: answers Code::incomplete rather than touch the disk
enum class Depth : std::uint8_t { one, all };    // one: "a/b" and "a/c" show as "a/"

struct Row {
  Revision revision = 0;  // of the commit that wrote it
  std::string bytes{};    // sealed
};

// Which names of a list: those behind `after` in byte order, `limit` at most.
struct Page {
  std::string_view after{};
  std::size_t limit = limits::list_page;
};

// What becomes of the bytes that a row had before it is written or removed. A store keeps them on the disk for as long as it suits it,
// unless it is asked to take them away; that is done soon after the commit, and after a crash too.
enum class Former : std::uint8_t { may_linger, leaves_disk };

struct KeyedRow {
  std::string key{};
  Row row{};
};

// What the store held at one moment. Any thread, one at a time.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  virtual Result<std::optional<Row>> get(std::string_view key, Tier) const = 0;
  // Names under a prefix, without it, sorted by bytes.
  virtual Result<std::vector<std::string>> list(std::string_view prefix, Page, Depth) const = 0;
  // Rows behind the key `after` in byte order, past the caches: about `bytes` of them, one at least; none at the end. Reads the disk.
  virtual Result<std::vector<KeyedRow>> scan(std::string_view after, std::size_t bytes) const = 0;
  // Brings into memory what lies on the way to a key and to what follows it, whether it is there or not. Crosses no deleted rows,
  // however many there are; may read the disk, and what it cannot read is left to whoever asks for it.
  virtual void look_ahead(std::string_view) const {}
  // Every commit up to this one is seen, and none after it.
  virtual Revision revision() const = 0;
};

// All or nothing, provided that every key read still has the revision it had.
struct Batch {
  struct Read { std::string key; Revision revision; };
  struct Write { std::string key; std::optional<std::string> bytes; Former former = Former::may_linger; };  // nothing: a delete
  std::vector<Read> reads;    // each key once
  std::vector<Write> writes;  // each key once
  std::uint64_t epoch = 0;    // of the store when it was begun; under another one it is refused
};

struct CommitFailure {
  std::optional<std::string> conflict;  // the key that has changed since it was read
  Error error{};
};
using Committed = std::expected<Revision, CommitFailure>;
using CommitDone = std::move_only_function<void(const Committed&)>;

// Told of each durable commit, on the committer's thread and before `done`: caches drop what was overwritten.
struct CommitNews {
  Revision revision;
  std::span<const std::string_view> keys;  // all that it changed; those that it removed come last
  std::size_t removed;                     // how many these are
  std::span<const std::string_view> written_keys() const { return keys.first(keys.size() - removed); }
  std::span<const std::string_view> removed_keys() const { return keys.last(removed); }
};
using CommitListener = std::function<void(const CommitNews&)>;

// A whole new content for a store, on its way. It is built beside what the store has; what is not put in its place leaves nothing
// behind. One thread at a time, and before its store ends.
class Replacement {
 public:
  virtual ~Replacement() = default;
  virtual Result<void> add(std::string_view key, std::string_view bytes) = 0;  // each key once
  virtual Result<void> finish() = 0;                                           // behind the last row: durable, and read back
};

class Store {
 public:
  virtual ~Store() = default;
  virtual std::unique_ptr<const Snapshot> snapshot() const = 0;
  virtual void commit(Batch, CommitDone) = 0;
  virtual void subscribe(CommitListener) = 0;  // before the first commit
  virtual void unsubscribe() = 0;              // afterwards no listener is called, and none is running; not from within one
  virtual std::string_view type() const = 0;   // "rocksdb", "inmem"
  virtual std::size_t lingering() const = 0;   // rows of which former bytes are still to leave the disk

  // For a content of about so many bytes; an error when there is no room for it.
  virtual Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t bytes) = 0;
  // Puts a finished one in the place of what the store has: all of it or, after an error, nothing. It counts as one commit, which
  // every row is of, and which is later than all commits of the store and than `later_than`. What was begun before is refused from
  // then on, and snapshots from before see what they saw. Blocks; of this store's own replacements only.
  virtual Result<Revision> replace(std::unique_ptr<Replacement>, Revision later_than) = 0;
  virtual std::uint64_t epoch() const = 0;     // one more with each replacement
};

// commit() for those that may wait: start-up, tests, jobs on their own thread. Never on a loop or lane.
Committed commit_and_wait(Store&, Batch);

}  // namespace sr
