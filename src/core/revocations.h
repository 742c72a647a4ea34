// What takes secrets back: leases whose time has come, those of tokens and mounts that are gone, and what a client asks to have
// revoked. Nobody waits for it but who asked, and he is called back.
//
// A lease that is to be taken back is marked `ending` before anything happens outside. With that its row is the intent: it is due
// until it is gone, and a restart finds it at the head of the index. Kinds with nothing outside end some at a time in one
// transaction on the job's thread; all others go through a lane that is shared fairly among mounts.
#pragma once
#include <deque>
#include <set>
#include "base/log.h"
#include "base/metrics.h"
#include "core/fair_lane.h"
#include "core/issued.h"
#include "core/leases.h"
#include "core/mounts.h"

namespace sr {

class Revocations {
 public:
  struct Parts {
    Store& store;
    const Barrier& barrier;
    const Clock& clock;
    Log& log;
    Mounts& mounts;
    Tokens& tokens;
    Leases& leases;
  };
  Revocations(Parts parts, Metrics& metrics, std::chrono::milliseconds deadline = limits::revocation_deadline);

  using Done = std::move_only_function<void(Result<void>)>;  // called once, on any thread

  // One lease, before those that are merely due. `forget`: it ends whatever the engine says.
  struct Wanted { std::string name, mount; bool forget = false; };
  void revoke(Wanted wanted, Done done);

  // Everything in some places, tokens too. The row is written with whatever asks for it; `await` is for who wants to hear how it went.
  struct Sweeping {
    std::vector<IssuedPlace> places{};
    bool forget = false;
    Time asked{};  // what was issued later stays
    template <class Archive> void fields(Archive& archive) {
      archive(1, places);
      archive(2, forget);
      archive(3, asked);
    }
  };
  static Result<std::string> ask(Transaction&, Random&, const Sweeping&);  // the job's id
  void await(const std::string& job, Done done);

  // ---- on the job's thread, blocking ------------------------------------------------------------------------------------------
  std::size_t work_jobs();  // what was asked for; how many leases and tokens were ended
  std::size_t take_due();   // what has expired, and what is tried again
  bool is_empty(const std::string& mount_uuid);  // nothing of a mount is left to take back

  void forget();            // at seal: who waits is told
  void on_commit(std::span<const std::string_view> keys);
  void set_poke(std::function<void()> poke) { poke_ = std::move(poke); }
  FairLane& lane() { return lane_; }

 private:
  struct Asked { std::shared_ptr<const Mount> mount; const SecretType* type; };
  struct Prepared { Asked asked; Intent intent; };
  struct Job;  // where a job of many stands

  template <class Do> auto transact(Do what) -> decltype(what(std::declval<Transaction&>()));
  Result<Asked> asked_of(Transaction&, const LeaseRecord&);
  Result<void> take_back(const std::string& name, FairLane::Slot&);
  Result<std::optional<Prepared>> prepare(const std::string& name);
  Result<void> finish(const std::string& name, const Result<void>& outcome);
  Result<void> end_here(Transaction&, const Asked&, const std::string& name, const LeaseRecord&);
  bool claim(Wanted& wanted, Done& done, FairLane::Turn turn);
  void release(const std::string& name, const Result<void>& outcome);
  bool is_to_forget(const std::string& name);

  // Of one mount: ends those with nothing outside, and hands the others to the lane. Those that the lane has no room for are left.
  struct Some { std::string mount; Strings names; };
  struct Taken { std::size_t ended = 0; Strings left; };
  Taken take_some(const Some& some, bool forget, const std::function<Done()>& done_of_each);
  std::size_t work_job(const std::string& id, Job& job);
  bool all_are_ending(const Job& job);
  void tell(const std::string& job, const Result<void>& outcome);
  std::size_t end_those_of_tokens();

  struct Meters {
    explicit Meters(Metrics& metrics);
    Counter &expirations, &errors;
    Timing &revoke, &time_in_lane;
  };

  const Parts parts_;
  Meters meters_;
  std::function<void()> poke_;
  std::mutex work_mutex_;  // one at a time works jobs or what is due; guards jobs_
  std::map<std::string, std::shared_ptr<Job>> jobs_;
  std::mutex mutex_;       // guards the three below
  struct Claim { bool forget = false; std::vector<Done> waiting{}; };
  std::map<std::string, Claim> claims_;                // by lease: in the lane
  std::map<std::string, std::vector<Done>> awaiting_;  // by job
  std::deque<std::pair<std::string, Result<void>>> finished_;  // jobs that nobody waited for
  FairLane lane_;          // last: its threads end before what they use
};

}  // namespace sr
