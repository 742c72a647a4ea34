#include "core/unsealer.h"
#include <algorithm>

namespace sr {

void Unsealer::start() {
  std::lock_guard lock(mutex_);
  if (!parts_.state.seals().in_use || thread_.joinable()) return;
  thread_ = std::thread([this] { run(); });
}

void Unsealer::stop() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Unsealer::unseal_now() {
  if (!parts_.state.seals().in_use || try_to_open()) return;
  std::lock_guard lock(mutex_);
  wanted_ = true;
  wake_.notify_all();
}

void Unsealer::open_soon() {
  if (!parts_.state.seals().in_use) return;
  std::lock_guard lock(mutex_);
  wanted_ = true;
  wake_.notify_all();
}

std::optional<Time> Unsealer::unhealthy_since() const {
  std::lock_guard lock(mutex_);
  return unhealthy_since_;
}

// True: there is nothing more to try. A store without keys waits for its initialisation, and one that moves to another seal for shares.
bool Unsealer::try_to_open() {
  const auto status = parts_.state.status();
  if (status && (!status->sealed || !status->initialized || status->migration)) return true;
  const auto opened = status ? parts_.unseal() : std::unexpected(status.error());
  std::lock_guard lock(mutex_);
  if (opened) unhealthy_since_.reset();
  else if (!unhealthy_since_) unhealthy_since_ = parts_.clock.now();
  if (!opened) parts_.log.warn("core", "the server cannot be unsealed by its seal and stays sealed; trying again", {{"seal", parts_.state.seals().type()}, {"why", opened.error().message}});
  return opened.has_value();
}

void Unsealer::probe_seal() {
  const auto answered = parts_.state.tend();
  std::lock_guard lock(mutex_);
  if (!answered) {
    parts_.log.warn("core", "the seal does not answer: a restart would leave the server sealed", {{"seal", parts_.state.seals().type()}, {"why", answered.error().message}});
    if (!unhealthy_since_) unhealthy_since_ = parts_.clock.now();
  } else if (unhealthy_since_) {
    parts_.log.info("core", "the seal answers again");
    unhealthy_since_.reset();
  }
}

void Unsealer::run() {
  auto pause = pace_.retry_first;
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (wanted_) {
      wanted_ = false;
      lock.unlock();
      const bool done = try_to_open();
      lock.lock();
      if (!done) {
        wanted_ = true;
        wake_.wait_for(lock, pause, [this] { return ending_; });
        pause = std::min(pause * 2, pace_.retry_most);
      }
      continue;
    }
    pause = pace_.retry_first;
    const bool is_due = !wake_.wait_for(lock, unhealthy_since_ ? pace_.probe_unhealthy : pace_.probe_healthy, [this] { return ending_ || wanted_; });
    if (!is_due) continue;
    lock.unlock();
    probe_seal();
    lock.lock();
  }
}

}  // namespace sr
