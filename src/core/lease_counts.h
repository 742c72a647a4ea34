// All that is counted about leases: how many there are, how many are irrevocable, how many tokens, and how many in each place that a
// quota is for. Each lease counts for one quota, the most specific.
//
// The rows themselves are what is counted: the row under issued/ that a lease or a listed token is found by is written once and removed
// once. Unsealing reads none of them. Where there are quotas, their counts are kept in a row once a second, so that they hold again
// at once after a restart; the walk behind each unseal, a bounded part at a time on the job thread, makes them exact. Until it is over a
// count may miss what was made or ended in the second before a crash; that of a new quota goes up from zero.
//
// Shared by all threads; sweep() belongs to the job thread.
#pragma once
#include <array>
#include "core/lease_count.h"
#include "core/mounts.h"
#include "core/quotas.h"

namespace sr {

class LeaseCounts {
 public:
  struct Parts {
    Store& store;
    const Barrier& barrier;
    Log& log;
    Mounts& mounts;
    Quotas& quotas;
  };
  LeaseCounts(Parts parts, Metrics& metrics);
  ~LeaseCounts();

  // ---- by who makes leases --------------------------------------------------------------------------------------------------
  // Holds a place for each lease that a batch makes; refused where one has no room. What was held before for `outside` goes to the first.
  struct Wanted {
    std::string_view path;          // of the request, for the refusal
    std::string_view role{};        // of a login
    bool may_be_refused = true;     // a secret that was made outside, or a root token, counts but is not refused
  };
  Result<void> hold(const Batch& batch, const Wanted& wanted, std::vector<HeldPlace>& places) const;
  // Before something is made outside that will be a lease; or for a batch token, which takes no place and needs one all the same.
  Result<void> hold_one(const Mount& mount, std::string_view inside, const std::string& name, const Wanted& wanted, std::vector<HeldPlace>& places) const;
  Result<void> need_room(const Mount& mount, std::string_view inside, const Wanted& wanted) const;

  // ---- life -------------------------------------------------------------------------------------------------------------------
  void begin();   // at unseal
  void forget();  // at seal
  void on_commit(const CommitNews&);
  void sweep();
  void set_poke(std::function<void()> poke) { poke_ = std::move(poke); }

 private:
  struct Walk;
  using Table = std::shared_ptr<const QuotaTable>;

  const LeaseLimit* limit_of(const QuotaTable&, std::string_view mount_uuid, std::string_view inside, std::string_view role) const;
  const LeaseLimit* limit_of_row(const QuotaTable&, std::string_view issued, std::string_view role) const;
  static std::optional<Error> no_room(const LeaseLimit&, const Wanted&);
  bool walk_on();  // whether there is more to do
  void walk_page(Walk&, const Strings& names);
  void keep(const QuotaTable&);

  const Parts parts_;
  std::function<void()> poke_;
  LeaseCount leases_, irrevocable_, tokens_;
  std::mutex walk_mutex_;  // guards the three below
  std::unique_ptr<Walk> walk_;
  Table walked_;           // with which table the last walk was made
  bool to_walk_ = false;
  std::map<std::string, std::int64_t> kept_{};  // of sweep() only
};

}  // namespace sr
