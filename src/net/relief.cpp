#include "net/relief.h"
#include <algorithm>
#include "net/event_loop.h"

namespace sr::net {

void Relief::start(const Loops& loops) {
  thread_ = std::thread([this, &loops] { run(loops); });
}

void Relief::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Relief::notice() {
  if (!dozing_.load() || !dozing_.exchange(false)) return;
  std::lock_guard lock(mutex_);
  wake_.notify_one();
}

void Relief::run(const Loops& loops) {
  const auto look = [&loops] {
    bool is_away = false;
    for (const auto& loop : loops) is_away |= loop->relieve(patience);
    return is_away;
  };
  while (!stopping_) {
    bool is_away = look();
    // Dozes first and looks again then: either it sees who leaves just now, or who leaves sees that it dozes.
    if (!is_away) dozing_ = true, is_away = look();
    std::unique_lock lock(mutex_);
    if (is_away) dozing_ = false, wake_.wait_for(lock, patience, [this] { return stopping_.load(); });
    else wake_.wait(lock, [this] { return stopping_ || !dozing_; });
  }
}

}  // namespace sr::net
