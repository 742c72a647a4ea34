// Intents of external verbs. Each has a row from the commit of its plan to that of its settlement. One whose request is not under way any
// more was left by a crash, or could not be settled: it is carried to its end, `act` finds out or undoes, `settle` writes what came of it.
// What fails is tried again without end, ever more seldom. How often it has failed is not kept: a restart tries at once.
//
// sweep() belongs to the thread that takes leases back; the rest is for any thread.
#pragma once
#include <map>
#include <mutex>
#include <set>
#include "core/fair_lane.h"
#include "core/keys.h"
#include "core/leases.h"
#include "core/mounts.h"
#include "base/log.h"
#include "logical/spec.h"

namespace sr {

struct OutsideIntent {
  Op op = Op::read;
  std::string inside{};  // the path inside the mount
  Secret what{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, op);
    archive(2, inside);
    archive(3, what);
  }
  static std::string key(std::string_view mount_uuid, std::string_view request_id) { return concat(keys::intents, mount_uuid, "/", request_id); }
};

class OutsideIntents {
 public:
  struct Parts {
    Store& store;
    const Barrier& barrier;
    const Clock& clock;
    Log& log;
    Mounts& mounts;
    Leases& leases;
  };
  explicit OutsideIntents(Parts parts) : parts_(parts) {}

  // Takes up those whose time has come, on the lane that secrets are taken back in. `under_way` is asked for the requests that will carry
  // theirs out themselves, after the rows were looked at: a request that ends between the two has settled its own.
  void sweep(FairLane& lane, const std::function<std::set<std::string>()>& under_way);
  void forget();  // at seal, behind that of the lane

 private:
  struct Tried { unsigned failures = 0; Time next{}; bool in_lane = false; };
  enum class Came { settled, failed, abandoned };

  Came carry_out(const std::string& mount_uuid, const std::string& id, FairLane::Slot& slot);
  void note(const std::string& name, Came came);
  Result<void> settle(const std::string& mount_uuid, const std::string& id, const Mount& mount, const Verb& verb, const OutsideIntent& intent,
                      const Result<Secret>& outcome);

  const Parts parts_;
  std::mutex mutex_;  // guards tried_
  std::map<std::string, Tried> tried_;  // by "<uuid of the mount>/<id of the request>"
};

}  // namespace sr
