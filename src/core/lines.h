// Calls that lost a race for a key, in the order in which they lost it. The head of a line runs; the others wait here, and
// so do newcomers about to commit on the key. A request is in one line at most, so lines cannot wait for each other.
#pragma once
#include <deque>
#include "core/request.h"

namespace sr {

class Lines {
 public:
  explicit Lines(std::size_t waiting_max) : waiting_max_(waiting_max) {}

  Result<void> join(Parked& request, const std::string& key);             // takes the request unless it is the head
  Parked leave(Request& head);                                            // the next head, to be carried on
  std::optional<std::string> taken(const Request&, const Batch&) const;   // a key of the batch with a line of others

 private:
  const std::size_t waiting_max_;
  mutable std::mutex mutex_;  // guards lines_
  std::unordered_map<std::string, std::deque<Parked>> lines_;
  std::atomic<std::size_t> open_ = 0;  // so that the common case, no contention, takes no lock
};

}  // namespace sr
