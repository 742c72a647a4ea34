#include "net/event_loop.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <ctime>
#include <system_error>
#include "base/assert.h"
#include "base/secret.h"
#include "http/http1.h"
#include "net/relief.h"

namespace sr::net {
namespace {

constexpr std::uint64_t wake_event = UINT64_MAX;
thread_local const EventLoop* loop_of_this_thread = nullptr;  // null again when another thread has taken its place

int checked(int descriptor) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "event loop");
  return descriptor;
}

}  // namespace

EventLoop::EventLoop(Relief& relief)
    : epoll_(checked(epoll_create1(EPOLL_CLOEXEC))), wake_(checked(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))), scratch_(new char[scratch_size]), relief_(relief) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = wake_event;
  checked(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event));
  read_clock();
  std::lock_guard lock(places_mutex_);
  start();
}

void EventLoop::start() {
  thread_ = std::thread([this] {
    run();
    std::lock_guard lock(places_mutex_);
    for (Former& former : former_) former.has_ended |= former.thread.get_id() == std::this_thread::get_id();
  });
}

// Nobody relieves it any more.
void EventLoop::stop() {
  post([this] { stopping_ = true; });
  thread_.join();
  join_former();
}

void EventLoop::join_former() {
  std::list<Former> former;
  {
    std::lock_guard lock(places_mutex_);
    former.swap(former_);
  }
  for (Former& one : former) one.thread.join();
}

EventLoop::~EventLoop() {
  if (thread_.joinable()) stop();
  close(wake_);
  close(epoll_);
}

bool EventLoop::is_here() const { return loop_of_this_thread == this; }

void EventLoop::post(Task task) {
  if (is_here()) {
    own_tasks_.push_back(std::move(task));
    return;
  }
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  // The loop says that it sleeps before it looks at posted_ for the last time: either it sees this task or we see that.
  if (asleep_.exchange(false)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_, &one, sizeof one);
  }
}

void EventLoop::leave_for(const std::function<void()>& work) {
  SR_ASSERT(is_here() && next_task_ > 0);
  {
    std::lock_guard lock(places_mutex_);
    away_since_ = Steady::now();
    ++leaves_;
  }
  relief_.notice();
  loop_of_this_thread = nullptr;  // what it posts may come when another one runs the loop
  work();
  std::lock_guard lock(places_mutex_);
  if (thread_.get_id() != std::this_thread::get_id()) return;
  away_since_.reset();
  loop_of_this_thread = this;
}

// Under places_mutex_. When there are no more threads to be had, it is tried again the next time.
void EventLoop::take_over() {
  former_.emplace_back().thread = std::move(thread_);
  try {
    start();
    away_since_.reset();
  } catch (const std::system_error&) {
    thread_ = std::move(former_.back().thread);
    former_.pop_back();
  }
}

bool EventLoop::relieve(Steady::duration patience) {
  std::list<Former> ended;
  bool has_left = false;
  {
    std::lock_guard lock(places_mutex_);
    if (away_since_ && Steady::now() - *away_since_ >= patience) take_over();
    for (auto former = former_.begin(); former != former_.end();) {
      const auto at = former++;
      if (at->has_ended) ended.splice(ended.end(), former_, at);
    }
    has_left = std::exchange(leaves_seen_, leaves_) != leaves_ || away_since_ || !former_.empty();
  }
  for (Former& former : ended) former.thread.join();
  return has_left;
}

EventLoop::Slot EventLoop::add(int socket, std::unique_ptr<Watched> owner) {
  if (free_.empty()) {
    SR_ASSERT(slots_.size() < (1u << slot_bits));
    free_.push_back(static_cast<Slot>(slots_.size()));
    slots_.emplace_back();
    deadlines_.push_back(never);
  }
  const Slot slot = free_.back();
  free_.pop_back();
  auto& entry = slots_[slot];
  entry.owner = std::move(owner);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = std::uint64_t{entry.generation} << 32 | slot;
  // Fails only for want of memory or of watches: then the owner hears of nothing, and its deadline takes it away.
  epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  return slot;
}

void EventLoop::remove(Slot slot) {
  auto& entry = slots_[slot];
  SR_ASSERT(entry.owner);
  removed_.push_back(std::move(entry.owner));
  entry.ticket = 0;
  ++entry.generation;
  deadlines_[slot] = never;
  free_.push_back(slot);
}

void EventLoop::ask_turn(Slot slot) { turns_.emplace_back(slot, slots_[slot].generation); }

void EventLoop::set_deadline(Slot slot, Milliseconds when) {
  deadlines_[slot] = when;
  next_deadline_ = std::min(next_deadline_, when);
}

Ticket EventLoop::issue_ticket(Slot slot) { return slots_[slot].ticket = ++last_ticket_ << slot_bits | slot; }

Watched* EventLoop::holder(Ticket ticket) {
  const auto slot = static_cast<Slot>(ticket & ((1u << slot_bits) - 1));
  return ticket != 0 && slot < slots_.size() && slots_[slot].ticket == ticket ? slots_[slot].owner.get() : nullptr;
}

void EventLoop::run() {
  loop_of_this_thread = this;
  std::array<epoll_event, 64> events;  // few enough that the last answer of a round does not wait long for the first
  while (true) {
    run_turns();  // of those who have a request to be served
    if (!run_tasks()) return;  // what the requests of one round posted, together
    run_turns();  // of those who have an answer to write
    removed_.clear();
    if (stopping_) break;

    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), patience());
    asleep_ = false;
    read_clock();
    for (int i = 0; i < count; ++i) {
      const auto name = events[i].data.u64;
      if (name == wake_event) continue;  // edge-triggered: the counter need not be read
      auto& entry = slots_[static_cast<Slot>(name)];
      if (entry.owner && entry.generation == name >> 32) entry.owner->on_ready(events[i].events);
    }
    if (now_ >= next_deadline_) run_deadlines();
  }
  for (auto& entry : slots_) entry.owner.reset();
  removed_.clear();
}

// How long to sleep. Says first that it sleeps, then looks whether there is a reason not to.
int EventLoop::patience() {
  if (!turns_.empty() || !own_tasks_.empty()) return 0;
  asleep_ = true;
  {
    std::lock_guard lock(mutex_);
    if (!posted_.empty()) return 0;
  }
  if (next_deadline_ == never) return -1;
  return static_cast<int>(std::clamp<Milliseconds>(next_deadline_ - now_, 0, 60'000));
}

// False when this thread does not run the loop any more.
bool EventLoop::run_tasks() {
  if (!run_rest()) return false;  // of the thread before
  {
    std::lock_guard lock(mutex_);
    running_.swap(posted_);
  }
  if (!run_rest()) return false;
  running_.swap(own_tasks_);
  return run_rest();
}
bool EventLoop::run_rest() {
  while (next_task_ < running_.size()) {
    std::exchange(running_[next_task_++], nullptr)();
    if (!is_here()) return false;
  }
  running_.clear();
  next_task_ = 0;
  return true;
}

void EventLoop::run_turns() {
  taken_turns_.swap(turns_);
  for (const auto& [slot, generation] : taken_turns_) {
    auto& entry = slots_[slot];
    if (entry.owner && entry.generation == generation) entry.owner->on_turn();
  }
  taken_turns_.clear();
}

// Deadlines move with every request and are hardly ever missed, so setting one is a store, and finding the missed ones a
// search of the column: 10 us for 25,000 connections, and only when the earliest time that was ever set has come.
void EventLoop::run_deadlines() {
  constexpr Milliseconds at_least = 20;  // between two searches
  next_deadline_ = never;
  for (Slot slot = 0; slot < deadlines_.size(); ++slot) {
    if (deadlines_[slot] <= now_) {
      deadlines_[slot] = never;
      slots_[slot].owner->on_deadline();
    }
    next_deadline_ = std::min(next_deadline_, deadlines_[slot]);
  }
  if (next_deadline_ != never) next_deadline_ = std::max(next_deadline_, now_ + at_least);
}

void EventLoop::read_clock() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  now_ = Milliseconds{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

std::string_view EventLoop::date() {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  if (time.tv_sec != date_second_) {
    date_second_ = time.tv_sec;
    date_ = http::http_date(date_second_);
  }
  return date_;
}

}  // namespace sr::net
