// The threads on which connections live: one event loop each. Made before everything that may post to them and destroyed
// after it, so that a reply that comes late finds its loop, and no connection behind it.
#pragma once
#include <memory>
#include <vector>
#include "base/inbox.h"
#include "net/relief.h"

namespace sr::net {

class Loops {
 public:
  explicit Loops(unsigned count);
  ~Loops();  // runs what was posted, closes what is still watched, joins the threads

  std::size_t size() const { return loops_.size(); }
  // Waits for threads that are still away when another one has taken their place: they may hold on to what the loop works for.
  void wait_for_those_away();
  Loop& operator[](std::size_t i);
  EventLoop& event_loop(std::size_t i) { return *loops_[i]; }  // for net/ alone

 private:
  Relief relief_;
  std::vector<std::unique_ptr<EventLoop>> loops_;
};

}  // namespace sr::net
