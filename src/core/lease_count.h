// How many leases there are in one place. The committer tells of each that is made or ended; a walk over one snapshot finds those that
// were there before, and what was committed after that snapshot is added to what it found, so that it ends with the exact number.
//
// Whoever is about to make a lease under a limit holds a place first: until the commit it stands for the lease, and the commit turns it
// into one. So of many at once exactly as many get through as there is room for. Shared by all threads.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>
#include "storage/store.h"

namespace sr {

class LeaseCount {
 public:
  explicit LeaseCount(std::int64_t remembered = 0) : count_(remembered) {}

  std::uint64_t now() const;  // without the places that are held
  bool is_known() const;      // a walk has been made: it is exact

  // ---- by those who make leases; `key` names the lease's row ------------------------------------------------------------
  bool hold(const std::string& key, std::uint64_t most);  // false: there is no room
  void rename(const std::string& held, std::string key);
  void let_go(const std::string& key);                    // of no effect once the lease is made
  bool is_full(std::uint64_t most) const;

  // ---- by the committer, in the order of commits ------------------------------------------------------------------------
  void made(Revision, std::string_view key);
  void ended(Revision);

  // ---- by the one that walks ----------------------------------------------------------------------------------------------
  void begin_walk();             // before its snapshot is taken
  void walk_sees(Revision);      // of the snapshot
  void end_walk(std::int64_t found);
  void forget();                 // at seal: from here on it is known no more

 private:
  void change(Revision, std::int64_t by);  // holding mutex_

  mutable std::mutex mutex_;  // guards all below
  std::int64_t count_;
  std::set<std::string, std::less<>> held_;
  bool known_ = false, walking_ = false;
  std::optional<Revision> sees_{};
  std::vector<std::pair<Revision, std::int64_t>> before_it_saw_{};  // changes since begin_walk(), until its revision is known
  std::int64_t since_ = 0;                                          // changes that its snapshot does not show
};

// A place that is held; let go with its owner, unless the lease was made.
class HeldPlace {
 public:
  HeldPlace(std::shared_ptr<LeaseCount> count, std::string key) : count_(std::move(count)), key_(std::move(key)) {}
  HeldPlace(HeldPlace&&) noexcept = default;
  HeldPlace& operator=(HeldPlace&&) = delete;
  ~HeldPlace() {
    if (count_) count_->let_go(key_);
  }
  void is_for(std::string key) {
    count_->rename(key_, key);
    key_ = std::move(key);
  }

 private:
  std::shared_ptr<LeaseCount> count_;
  std::string key_;
};

}  // namespace sr
