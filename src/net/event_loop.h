// One thread, one epoll: watches sockets, runs what is posted, and tells who has missed a deadline.
//
// epoll itself and not Asio: one wait, one read and one write for a request, as in nginx; Asio adds a system call and a
// queue to each (91k against 105k answers per CPU-second), and ten seconds to the compilation of each file that includes it.
//
// The thread may be replaced: who leaves it for work that turns out to take long (a write to a disk that does not answer) comes back to find
// that another one runs the loop, and ends. So nobody who has a connection on this loop waits for that.
//
// All but post(), stop() and relieve() belongs to the loop's own thread.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>
#include "base/inbox.h"

namespace sr::net {

using Ticket = std::uint64_t;       // names a watched thing at one moment of its life; 0 names nothing
using Milliseconds = std::int64_t;  // on the loop's own clock, which never goes back
constexpr Milliseconds never = INT64_MAX;

// A socket that a loop watches and owns. Its functions are called by the loop, never one inside the other.
class Watched {
 public:
  virtual ~Watched() = default;
  virtual void on_ready(std::uint32_t events) = 0;  // of epoll, edge-triggered: said once, until the socket would block again
  virtual void on_turn() = 0;                       // it asked for a turn
  virtual void on_deadline() = 0;
};

class Relief;

class EventLoop final : public Loop {
 public:
  explicit EventLoop(Relief& relief);
  ~EventLoop() override;

  bool is_here() const override;
  void post(Task task) override;  // from any thread
  void leave_for(const std::function<void()>& work) override;
  void stop();                    // from the thread that owns it; what is posted from now on never runs

  // Puts another thread in the place of one that has been away for `patience`. True if it is away, or was since the last call. For Relief.
  using Steady = std::chrono::steady_clock;
  bool relieve(Steady::duration patience);
  void join_former();  // waits until the threads that have lost their place have found out, and ended

  // Watches `socket` for `owner` from now on; `slot` is how the owner is called from here on.
  using Slot = std::uint32_t;
  Slot add(int socket, std::unique_ptr<Watched> owner);
  // Its owner is destroyed when this round of events is over, and must have closed the socket or close it then.
  void remove(Slot slot);
  void ask_turn(Slot slot);                          // calls on_turn() soon, behind what is ready already
  void set_deadline(Slot slot, Milliseconds when);   // on_deadline() then; `never` takes it back
  bool has_deadline(Slot slot) const { return deadlines_[slot] != never; }
  Ticket issue_ticket(Slot slot);                    // the one of before is worth nothing any more
  Watched* holder(Ticket ticket);                    // who holds it, or null: the ticket was replaced, or its owner has gone
  void revoke_ticket(Slot slot) { slots_[slot].ticket = 0; }
  template <class Function> void for_each(Function function) {
    for (Slot slot = 0; slot < slots_.size(); ++slot)
      if (slots_[slot].owner) function(*slots_[slot].owner);
  }

  Milliseconds now() const { return now_; }
  std::string_view date();                           // for the Date header; made once a second
  // Where reads go first. Whoever uses it wipes what it used, before it returns to the loop.
  std::span<char> scratch() { return {scratch_.get(), scratch_size}; }

 private:
  static constexpr std::size_t scratch_size = 64 * 1024;
  static constexpr unsigned slot_bits = 20;
  struct Entry {
    std::unique_ptr<Watched> owner;
    Ticket ticket = 0;
    std::uint32_t generation = 0;  // of the slot: an event for the owner before says so
  };

  struct Former {
    std::thread thread;
    bool has_ended = false;
  };

  void start();  // under places_mutex_
  void take_over();
  void run();
  bool run_tasks();
  bool run_rest();
  void run_turns();
  void run_deadlines();
  int patience();
  void read_clock();

  const int epoll_;
  const int wake_;  // an eventfd
  std::mutex mutex_;
  std::vector<Task> posted_;           // guarded by mutex_
  std::atomic<bool> asleep_ = false;   // or about to be: a post has to wake

  std::vector<Entry> slots_;
  std::vector<Milliseconds> deadlines_;  // by slot; a column of its own, as it is searched as a whole
  Milliseconds next_deadline_ = never;   // no deadline is before this
  std::vector<Slot> free_;
  std::vector<std::unique_ptr<Watched>> removed_;
  std::vector<Task> own_tasks_;          // posted from this thread
  std::vector<Task> running_;            // kept for its memory, as is the next but one
  std::size_t next_task_ = 0;            // of running_: a thread that takes over goes on there
  std::vector<std::pair<Slot, std::uint32_t>> turns_, taken_turns_;
  Ticket last_ticket_ = 0;
  Milliseconds now_ = 0;
  std::int64_t date_second_ = 0;
  std::string date_;
  std::unique_ptr<char[]> scratch_;
  bool stopping_ = false;                // set by the last task

  Relief& relief_;
  std::mutex places_mutex_;              // guards what follows
  std::thread thread_;
  std::list<Former> former_;             // threads that have lost their place, and may not know yet
  std::optional<Steady::time_point> away_since_;
  std::uint64_t leaves_ = 0, leaves_seen_ = 0;
};

}  // namespace sr::net
