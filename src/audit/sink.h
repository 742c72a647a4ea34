// The world behind an audit device. Only the device's writer thread calls it, so it needs no lock; what it waits for, it
// waits for until a deadline.
#pragma once
#include <chrono>
#include <span>
#include <sys/uio.h>
#include "audit/chain.h"
#include "base/result.h"

namespace sr::audit {

using Deadline = std::chrono::steady_clock::time_point;

class Sink {
 public:
  // What lies there already.
  struct Opened {
    enum class Found : std::uint8_t {
      nothing,    // an empty file, or a stream
      this_log,   // its last line follows `known`, as it was given
      something,  // lines, but not as far as `known` or not following from it
    };
    Found found = Found::nothing;
    LogEnd end{};            // of this_log
    Torn torn{};             // behind that
    bool line_open = false;  // the last byte is no line feed
  };
  struct Written {
    std::size_t bytes = 0;  // that stay; fewer than were given only with a problem
    Error problem{};
  };
  enum class Place : std::uint8_t { same, moved, lost, changed };

  virtual ~Sink() = default;
  // The first time and again: what is open stays so when this fails.
  virtual Result<Opened> open(const LogEnd& known) = 0;
  // Is it still what was opened? moved: another one has its name, lines still get somewhere; lost: they would not; changed: somebody
  // else wrote to it or cut it.
  virtual Place place() = 0;
  // Each piece is a line, but for a line feed alone that ends an open one.
  virtual Written append(std::span<const iovec> pieces, Deadline deadline) = 0;
  // What is appended lands in memory, as a rule, and nobody has to take it first: not worth a thread.
  virtual bool is_prompt() const { return false; }
  virtual std::string_view kind() const { return "file"; }  // in messages: "the file was deleted"
};

// Takes everything and keeps nothing.
class NullSink final : public Sink {
 public:
  Result<Opened> open(const LogEnd&) override { return Opened{}; }
  Place place() override { return Place::same; }
  Written append(std::span<const iovec> pieces, Deadline) override {
    Written written;
    for (const iovec& piece : pieces) written.bytes += piece.iov_len;
    return written;
  }
  bool is_prompt() const override { return true; }
};

}  // namespace sr::audit
