#include "net/loops.h"
#include "net/event_loop.h"

namespace sr::net {

Loops::Loops(unsigned count) {
  for (unsigned i = 0; i < std::max(count, 1u); ++i) loops_.push_back(std::make_unique<EventLoop>(relief_));
  relief_.start(loops_);
}
// Each may be in the midst of posting to another, so all stand still before the first one goes.
Loops::~Loops() {
  relief_.stop();
  for (auto& loop : loops_) loop->stop();
}

void Loops::wait_for_those_away() {
  for (auto& loop : loops_) loop->join_former();
}

Loop& Loops::operator[](std::size_t i) { return *loops_[i]; }

}  // namespace sr::net
