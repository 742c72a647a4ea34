// Looks after the loops of a server: whose thread is away for longer than `patience` gets another one.
//
// Its own thread sleeps for as long as nobody leaves a loop, and looks in every `patience` otherwise.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sr::net {

class EventLoop;

class Relief {
 public:
  // Long enough that a pause of the scheduler is no reason for it, short enough that nobody notices.
  static constexpr std::chrono::milliseconds patience{20};

  using Loops = std::vector<std::unique_ptr<EventLoop>>;
  void start(const Loops& loops);  // which stay as they are until stop()
  void stop();                     // nobody is relieved any more
  void notice();                   // somebody leaves a loop: from any thread

 private:
  void run(const Loops& loops);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> dozing_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace sr::net
