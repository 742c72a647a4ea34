// Calls that lost a race for a key, in the order in which they lost it. The head of a line runs; the others wait here, and
// so do newcomers about to commit on the key. A request is in one line at most, so lines cannot wait for each other.
//
// Two keys that are contended together have two lines, whose heads meet: then who has lost less stands back, in the other's line, so
// that in the end all of them stand in one.
#pragma once
#include <deque>
#include "core/request.h"

namespace sr {

class Lines {
 public:
  explicit Lines(std::size_t waiting_max) : waiting_max_(waiting_max) {}

  Result<void> join(Parked& request, const std::string& key);             // takes the request unless it is the head
  Parked leave(Request& head);                                            // the next head, to be carried on
  // A key that the batch reads or writes, with a line of others who go first.
  std::optional<std::string> taken(const Request&, const Batch&) const;

 private:
  struct Line {
    unsigned lost = 0;  // races, by its head
    std::deque<Parked> waiting{};
  };

  const std::size_t waiting_max_;
  mutable std::mutex mutex_;  // guards lines_
  std::unordered_map<std::string, Line> lines_;
  std::atomic<std::size_t> open_ = 0;  // so that the common case, no contention, takes no lock
};

}  // namespace sr
