// Threads and the queues between them. An Inbox is the only way from one thread to another: what lies in it belongs to
// it. Each has a bound, and a push that finds it full leaves the item with the caller, so nothing is lost on the way.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sr {

template <class T> class Inbox {
 public:
  explicit Inbox(std::size_t max) : max_(max) {}

  // Moves the item in; false, and the item untouched, when the inbox is full or closed.
  bool push(T& item) {
    std::lock_guard lock(mutex_);
    if (closed_ || items_.size() >= max_) return false;
    items_.push_back(std::move(item));
    if (sleepers_ > 0) wake_.notify_one();
    return true;
  }
  // The next item; waits. Nothing only when closed and empty.
  std::optional<T> take() {
    std::unique_lock lock(mutex_);
    if (!wait(lock)) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }
  // Everything that waits: what came in while the last round was written is the next round. Empty only when closed.
  std::vector<T> take_all() {
    std::unique_lock lock(mutex_);
    wait(lock);
    return drain();
  }
  // As take_all, but gives up after `patience`: then the round is empty and closed() tells the end from a pause.
  std::vector<T> take_all_within(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    ++sleepers_;
    wake_.wait_for(lock, patience, [this] { return closed_ || !items_.empty(); });
    --sleepers_;
    return drain();
  }
  bool closed() const {
    std::lock_guard lock(mutex_);
    return closed_;
  }
  void close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    wake_.notify_all();
  }

 private:
  bool wait(std::unique_lock<std::mutex>& lock) {
    ++sleepers_;
    wake_.wait(lock, [this] { return closed_ || !items_.empty(); });
    --sleepers_;
    return !items_.empty();
  }
  std::vector<T> drain() {
    std::vector<T> all(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
    items_.clear();
    return all;
  }

  const std::size_t max_;
  mutable std::mutex mutex_;  // guards the four below
  std::condition_variable wake_;
  std::deque<T> items_;
  int sleepers_ = 0;
  bool closed_ = false;
};

// A thread that works an inbox until it is closed and empty. Declared after the inbox, so it is joined before.
class Worker {
 public:
  template <class T, class Work>
  Worker(Inbox<T>& inbox, Work work)
      : stop_([&inbox] { inbox.close(); }), thread_([&inbox, work = std::move(work)]() mutable { work(inbox); }) {}
  ~Worker() {
    stop_();
    thread_.join();
  }

 private:
  std::function<void()> stop_;
  std::thread thread_;
};

// One thread on which everything of a connection runs: an event loop of net/, or a plain thread in tests.
class Loop {
 public:
  using Task = std::move_only_function<void()>;
  virtual ~Loop() = default;
  virtual void post(Task task) = 0;  // from any thread; never waits, never refuses: its bound is that of the requests
  // Does this thread run it?
  virtual bool is_here() const = 0;
  // From a task of this loop: runs `work`, which is quick as a rule and may wait for the world all the same. If it does, the loop goes on on
  // another thread meanwhile; then this one does not run it any more, as is_here() says, and no lock that a task may want is held.
  virtual void leave_for(const std::function<void()>& work) = 0;
};

}  // namespace sr
