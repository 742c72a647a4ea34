// Intents of external verbs. Each has a row from the commit of its plan to that of its settlement; one that is there at unseal was left
// by a crash, and is carried to its end: `act` finds out or undoes, `settle` writes what came of it.
#pragma once
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
    Log& log;
    Mounts& mounts;
    Leases& leases;
  };
  explicit OutsideIntents(Parts parts) : parts_(parts) {}

  // Those that are there now, but for requests that are under way, on the lane that secrets are taken back in. At unseal.
  void take_up(FairLane& lane, const std::set<std::string>& under_way);

 private:
  void carry_out(const std::string& mount_uuid, const std::string& id, FairLane::Slot& slot);
  Result<void> settle(const std::string& mount_uuid, const std::string& id, const Mount& mount, const Verb& verb, const OutsideIntent& intent,
                      const Result<Secret>& outcome);

  const Parts parts_;
};

}  // namespace sr
