// Those who follow the server's log while it is written. Each has a buffer of its own: one that reads too slowly misses lines, is told how
// many, and holds up nobody. All end with the seal, since nobody can be judged any more, and with the server.
//
// Shared by all threads.
#pragma once
#include <memory>
#include <mutex>
#include <vector>
#include "base/live_source.h"
#include "base/log.h"

namespace sr {

class Monitors {
 public:
  explicit Monitors(Log& log) : log_(log) {}

  // Code::busy while limits::monitors follow it.
  Result<std::shared_ptr<ByteSource>> follow(LogLevel level, LogFormat format);
  void end_all();  // each behind what it has
  void stop();     // and there will be no more

 private:
  class Stream;

  Log& log_;
  std::mutex mutex_;  // guards the two below
  std::vector<std::weak_ptr<Stream>> streams_;
  bool stopped_ = false;
};

}  // namespace sr
