#include "core/fair_lane.h"
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace sr {

struct FairLane::Running {
  std::string owner;
  bool outside = false, late = false;
  std::chrono::steady_clock::time_point since{};
  std::function<void()> when_late{};
};

struct FairLane::State {
  struct Owner {
    std::deque<Task> waiting{};
    unsigned running = 0;
  };

  explicit State(Size wanted) : size(wanted) {}

  // The next owner in turn who has something to do and a thread left.
  std::map<std::string, Owner>::iterator next() {
    auto at = owners.upper_bound(last);
    for (std::size_t i = 0; i < owners.size(); ++i) {
      if (at == owners.end()) at = owners.begin();
      if (!at->second.waiting.empty() && at->second.running < size.of_owner) return at;
      ++at;
    }
    return owners.end();
  }

  const Size size;
  mutable std::mutex mutex;  // guards all below
  std::condition_variable wake, changed;
  std::map<std::string, Owner> owners;
  std::string last;          // whose turn it was
  std::list<Running> running;
  unsigned threads = 0, stuck = 0;
  bool ended = false;
};

FairLane::FairLane(Size size) : state_(std::make_shared<State>(size)) {
  std::lock_guard lock(state_->mutex);
  for (; state_->threads < size.threads; ++state_->threads) std::thread(&FairLane::work, state_).detach();
}

// Threads that work with what is ours are waited for; those that are outside only for a moment.
FairLane::~FairLane() {
  clear();
  std::unique_lock lock(state_->mutex);
  state_->ended = true;
  state_->wake.notify_all();
  const auto patient_until = std::chrono::steady_clock::now() + state_->size.patience;
  state_->changed.wait_until(lock, patient_until, [this] { return state_->threads == 0; });
  state_->changed.wait(lock, [this] {
    unsigned outside = 0;
    for (const auto& one : state_->running) outside += one.outside;
    return state_->threads == outside;
  });
}

void FairLane::work(std::shared_ptr<State> state) {
  std::unique_lock lock(state->mutex);
  bool replaced = false;
  while (!replaced) {
    auto owner = state->next();
    state->wake.wait(lock, [&] { return state->ended || (owner = state->next()) != state->owners.end(); });
    if (state->ended) break;
    Task task = std::move(owner->second.waiting.front());
    owner->second.waiting.pop_front();
    owner->second.running += 1;
    state->last = owner->first;
    const auto running = state->running.insert(state->running.end(), Running{.owner = owner->first});
    lock.unlock();
    {
      Slot slot(*state, *running);
      Task once = std::move(task);
      once(slot);
    }
    lock.lock();
    replaced = running->late;
    if (replaced) state->stuck -= 1;
    const auto of = state->owners.find(running->owner);
    if (of != state->owners.end() && --of->second.running == 0 && of->second.waiting.empty()) state->owners.erase(of);
    state->running.erase(running);
    state->wake.notify_all();
    state->changed.notify_all();
  }
  state->threads -= 1;
  state->changed.notify_all();
}

void FairLane::Slot::go_outside(std::function<void()> when_late) {
  std::lock_guard lock(state_.mutex);
  running_.outside = true;
  running_.since = std::chrono::steady_clock::now();
  running_.when_late = std::move(when_late);
  state_.changed.notify_all();
}

bool FairLane::Slot::come_back() {
  std::lock_guard lock(state_.mutex);
  if (state_.ended) return false;
  running_.outside = false;
  running_.when_late = nullptr;
  return true;
}

bool FairLane::push(const std::string& owner, Task& task, Turn turn) {
  std::lock_guard lock(state_->mutex);
  auto& queue = state_->owners[owner].waiting;
  if (state_->ended || queue.size() >= state_->size.waiting_of_owner) return false;
  if (turn == Turn::first) queue.push_front(std::move(task));
  else queue.push_back(std::move(task));
  state_->wake.notify_one();
  return true;
}

bool FairLane::has_room(const std::string& owner) const {
  std::lock_guard lock(state_->mutex);
  const auto found = state_->owners.find(owner);
  return found == state_->owners.end() || found->second.waiting.size() < state_->size.waiting_of_owner;
}

void FairLane::look_for_late() {
  std::vector<std::function<void()>> late;
  {
    std::lock_guard lock(state_->mutex);
    const auto long_ago = std::chrono::steady_clock::now() - state_->size.deadline;
    for (auto& one : state_->running) {
      if (!one.outside || one.late || one.since > long_ago || state_->stuck >= state_->size.stuck) continue;
      one.late = true;
      state_->stuck += 1;
      late.push_back(std::move(one.when_late));
      state_->threads += 1;
      std::thread(&FairLane::work, state_).detach();
    }
  }
  for (auto& tell : late)
    if (tell) tell();
}

void FairLane::clear() {
  std::vector<Task> dropped;  // what they hold is let go without the lock
  std::lock_guard lock(state_->mutex);
  for (auto& [name, owner] : state_->owners) {
    std::ranges::move(owner.waiting, std::back_inserter(dropped));
    owner.waiting.clear();
  }
}

void FairLane::wait_until_idle() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] {
    for (const auto& [name, owner] : state_->owners)
      if (!owner.waiting.empty()) return false;
    return state_->running.empty();
  });
}

std::size_t FairLane::waiting() const {
  std::lock_guard lock(state_->mutex);
  std::size_t count = 0;
  for (const auto& [name, owner] : state_->owners) count += owner.waiting.size();
  return count;
}
std::size_t FairLane::running() const {
  std::lock_guard lock(state_->mutex);
  return state_->running.size();
}

}  // namespace sr
