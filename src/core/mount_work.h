// Work of mounts that is too large for a request: Spec::work, step by step, each in a commit of its own. Each piece has an intent, written
// with the request that begins it and removed with its last step, so that a restart goes on with it. All pieces take turns.
#pragma once
#include <mutex>
#include "base/log.h"
#include "core/mounts.h"
#include "core/policies.h"

namespace sr {

class MountWork {
 public:
  struct Parts {
    Store& store;
    const Barrier& barrier;
    const Clock& clock;
    Log& log;
    Mounts& mounts;
    Policies& policies;
  };
  explicit MountWork(Parts parts) : parts_(parts) {}

  // All that is there, to its end. Blocks; on its own thread only. What fails is tried again at the next sweep.
  void sweep();
  void set_poke(std::function<void()> poke) { poke_ = std::move(poke); }
  void on_commit(std::span<const std::string_view> keys);

 private:
  struct Piece { std::string mount, id; };
  Result<bool> step(const Piece&);
  Result<bool> step_once(const Piece&, Batch&);

  const Parts parts_;
  std::function<void()> poke_;
};

}  // namespace sr
