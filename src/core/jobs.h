// The thread for what nobody waits for: tokens whose time has come, large trees, mounts that go. It looks once an interval, and at
// once when it is poked.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace sr {

class Jobs {
 public:
  Jobs(std::chrono::milliseconds interval, std::function<void()> work) : interval_(interval), work_(std::move(work)), thread_([this] { run(); }) {}
  ~Jobs() {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  void poke() {
    std::lock_guard lock(mutex_);
    poked_ = true;
    wake_.notify_all();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      wake_.wait_for(lock, interval_, [this] { return ending_ || poked_; });
      if (ending_) return;
      poked_ = false;
      lock.unlock();
      work_();
      lock.lock();
    }
  }

  const std::chrono::milliseconds interval_;
  const std::function<void()> work_;
  std::mutex mutex_;  // guards the three below
  std::condition_variable wake_;
  bool poked_ = false, ending_ = false;
  std::thread thread_;  // last
};

}  // namespace sr
