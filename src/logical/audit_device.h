// Where audit lines go. A device has a thread of its own and a bounded queue: write() never waits, and what cannot be written, for
// whatever reason, is answered with an error within limits::audit_deadline, so that its request fails closed. Threads that wake each other are
// most of what a line costs under load, so who may wait asks for write_now().
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "logical/audit_entry.h"
#include "logical/audit_lines.h"

namespace sr {

// How far a device's log went. The core keeps the last one: a log that ends earlier has lost its end.
struct AuditCheckpoint {
  std::string device{};     // its id
  std::uint64_t seq = 0;    // of the checkpoint line itself
  std::string chain{};      // of that line, in hex
  std::string time{};
  std::string public_key{};  // base64 of an Ed25519 key
  std::string signature{};   // base64; over device, seq - 1, the chain there, and time

  template <class Archive> void fields(Archive& archive) {
    archive(1, device);
    archive(2, seq);
    archive(3, chain);
    archive(4, time);
    archive(5, public_key);
    archive(6, signature);
  }
};

// How many entries are written, counted from the first, and why the others are not.
struct AuditOutcome {
  std::size_t written = 0;
  Error problem{};
};

class AuditDevice {
 public:
  using Done = std::move_only_function<void(AuditOutcome)>;
  using Options = std::map<std::string, std::string, std::less<>>;
  struct State {
    bool healthy = true;
    Time since{};
    std::string reason{};   // names the device and what failed; for the server's log and its operators, not for clients
    std::string last_error{};  // the reason of last time, when it works again
    Time last_error_at{};
    std::size_t queue = 0;     // entries that wait, and those that it is about to write
    std::size_t queue_bytes = 0;
    std::uint64_t refused = 0;  // entries that it did not take
    std::uint64_t lost = 0;     // how often what it wrote to was gone or had been changed
  };

  virtual ~AuditDevice() = default;  // answers what waits, first

  // One behind the other, with nothing of others in between. `done` runs exactly once, on a thread of the device (or on the caller's,
  // with Code::internal, when the queue is full), and must not wait.
  virtual void write(AuditLines lines, Done done) = 0;
  // The same, but on this thread, if the device is at rest and all is well with it, and then `done` has run; otherwise as write(). The caller waits
  // for as long as the world takes; `done` does not, and runs on another thread then.
  virtual void write_now(AuditLines lines, Done done) = 0;
  virtual const AuditFormat& format() const = 0;  // what to render its lines with; constant

  virtual std::string_view type() const = 0;       // "file"
  virtual const Options& options() const = 0;      // as they were given: sys/audit lists them
  virtual std::string public_key() const = 0;      // that signs the checkpoints; base64
  virtual void reopen() = 0;                       // SIGHUP: the file may have been moved away; does not wait
  // The device was disabled: it writes what waits, signs, and lets go of its file. A later write is refused. Does not wait;
  virtual void retire() = 0;
  virtual void wait_until_retired() = 0;           // this does, for no longer than a write may take
  virtual State state() const = 0;
  virtual std::optional<AuditCheckpoint> last_checkpoint() const = 0;
};

}  // namespace sr
