// What a medium has to offer for a Store to stand on it: rows, snapshots, and one durable write. The Committer makes a
// Store of it.
#pragma once
#include <span>
#include "storage/store.h"

namespace sr {

// Only the committer's thread writes; any thread reads.
class Table {
 public:
  struct Change { std::string_view key; const std::optional<std::string>* bytes; Revision revision; Former former = Former::may_linger; };
  virtual ~Table() = default;
  virtual std::unique_ptr<const Snapshot> snapshot() const = 0;
  virtual Result<Revision> revision_of(std::string_view key) const = 0;  // 0 for an absent key
  virtual Revision last_revision() const = 0;
  virtual Result<void> write(std::span<const Change>) = 0;  // in order, all or nothing, durable on return
  virtual void stop_waiting() {}  // any thread: a write that waits for the medium fails from now on
  virtual std::string_view type() const = 0;
  virtual std::size_t lingering() const { return 0; }  // as of Store; nothing where there is no disk to linger on

  // As of Store. begin_replacement() on any thread, replace() on the committer's, with the revision that all rows then have.
  virtual Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t) { return fail(Code::internal, "store: this storage cannot be replaced"); }
  virtual Result<void> replace(Replacement&, Revision) { return fail(Code::internal, "store: this storage cannot be replaced"); }
};

}  // namespace sr
