// The threads on which connections live: one event loop each. Made before everything that may post to them and destroyed
// after it, so that a reply that comes late finds its loop, and no connection behind it.
#pragma once
#include <memory>
#include <vector>
#include "base/inbox.h"

namespace sr::net {

class EventLoop;

class Loops {
 public:
  explicit Loops(unsigned count);
  ~Loops();  // runs what was posted, closes what is still watched, joins the threads

  std::size_t size() const { return loops_.size(); }
  Loop& operator[](std::size_t i);
  EventLoop& event_loop(std::size_t i) { return *loops_[i]; }  // for net/ alone

 private:
  std::vector<std::unique_ptr<EventLoop>> loops_;
};

}  // namespace sr::net
