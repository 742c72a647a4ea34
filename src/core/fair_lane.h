// Threads for work that may be slow or never come back, shared fairly among those whose work it is. Each owner has a queue and at most
// so many threads at a time, in turn with the others. A task that stays outside beyond the deadline keeps its thread, and another takes
// its place in the lane: so what hangs holds up nobody but its owner, and the threads are bounded all the same.
//
// Any thread may push. Threads that are still outside when the lane goes are left to themselves: they touch nothing of it any more.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace sr {

class FairLane {
  struct State;
  struct Running;

 public:
  struct Size {
    unsigned threads;
    unsigned of_owner;
    unsigned stuck;               // threads beyond, for those that do not come back
    std::size_t waiting_of_owner;
    std::chrono::milliseconds deadline;
    std::chrono::milliseconds patience{2000};  // at the end, with who is outside
  };
  // Where a running task says that it leaves what belongs to us, and that it is back.
  class Slot {
   public:
    void go_outside(std::function<void()> when_late);  // called once, on another thread, when the deadline has passed
    bool come_back();                                  // false: the lane is gone, and all that the task might want to use

   private:
    friend class FairLane;
    Slot(State& state, Running& running) : state_(state), running_(running) {}
    State& state_;
    Running& running_;
  };
  using Task = std::move_only_function<void(Slot&)>;
  enum class Turn : std::uint8_t { last, first };

  explicit FairLane(Size size);
  ~FairLane();

  bool push(const std::string& owner, Task& task, Turn turn);  // false, and the task untouched, when the owner's queue is full
  bool has_room(const std::string& owner) const;
  void look_for_late();   // now and then
  void clear();           // drops what waits
  void wait_until_idle(); // nothing waits and nothing runs; for tests
  std::size_t waiting() const;
  std::size_t running() const;

 private:
  static void work(std::shared_ptr<State> state);
  const std::shared_ptr<State> state_;
};

}  // namespace sr
