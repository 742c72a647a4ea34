#include "net/loops.h"
#include "net/event_loop.h"

namespace sr::net {

Loops::Loops(unsigned count) {
  for (unsigned i = 0; i < std::max(count, 1u); ++i) loops_.push_back(std::make_unique<EventLoop>());
}
Loops::~Loops() = default;

Loop& Loops::operator[](std::size_t i) { return *loops_[i]; }

}  // namespace sr::net
