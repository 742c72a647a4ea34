// The threads for one cost class. A lane carries requests; one that is full says so at once, and stops no other lane.
#pragma once
#include "base/inbox.h"

namespace sr {

template <class T> class Lane {
 public:
  struct Size { unsigned threads; std::size_t waiting_max; };
  template <class Work> Lane(Size size, Work work) : inbox_(size.waiting_max) {
    for (unsigned i = 0; i < size.threads; ++i)
      threads_.push_back(std::make_unique<Worker>(inbox_, [work](Inbox<T>& inbox) {
        while (auto item = inbox.take()) work(std::move(*item));
      }));
  }
  bool push(T& item) { return inbox_.push(item); }  // false, and the item untouched, when the lane is full

 private:
  Inbox<T> inbox_;
  std::vector<std::unique_ptr<Worker>> threads_;
};

}  // namespace sr
