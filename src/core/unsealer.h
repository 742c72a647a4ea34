// Opens a server whose seal opens itself: at the start, and as long as the seal is out of reach again and again, ever more patiently.
// Afterwards it looks now and then whether the seal is still there, since the next start will need it, and follows it to a new key.
//
// One thread of its own, since a seal may keep it waiting. Sealing by hand it leaves alone: the recovery keys, or a restart, open then.
#pragma once
#include <condition_variable>
#include <functional>
#include <optional>
#include <thread>
#include "core/seal_state.h"

namespace sr {

class Unsealer {
 public:
  struct Pace {
    std::chrono::milliseconds retry_first{1000}, retry_most{60'000};  // doubled from one try to the next
    std::chrono::milliseconds probe_healthy{600'000}, probe_unhealthy{60'000};
  };
  struct Parts { SealState& state; const Clock& clock; Log& log; std::function<Result<void>()> unseal; };
  Unsealer(Parts parts, Pace pace) : parts_(std::move(parts)), pace_(pace) {}
  ~Unsealer() { stop(); }

  // Does nothing where shares open the server. From then on it opens the store, once.
  void start();
  // After a first initialisation: opens the store now if it can, and tries on if it cannot. Blocks.
  void unseal_now();
  void open_soon();  // what is to be opened is another store: tries on, on its own thread
  void stop();

  std::optional<Time> unhealthy_since() const;  // nothing: the seal answered when it was asked last

 private:
  void run();
  bool try_to_open();
  void probe_seal();

  const Parts parts_;
  const Pace pace_;
  mutable std::mutex mutex_;  // guards the four below
  std::condition_variable wake_;
  bool wanted_ = true, ending_ = false;  // the store is to be opened; the thread is to end
  std::optional<Time> unhealthy_since_;
  std::thread thread_;
};

}  // namespace sr
