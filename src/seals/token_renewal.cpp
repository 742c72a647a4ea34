#include "seals/token_renewal.h"
#include <algorithm>

namespace sr {

TokenRenewal::TokenRenewal(Renew renew, Log& log, Pace pace)
    : renew_(std::move(renew)), log_(log), pace_(pace), retry_(pace.retry_first), thread_([this] { run(); }) {}

TokenRenewal::~TokenRenewal() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

TokenRenewal::Pause TokenRenewal::try_once() {
  const auto renewed = renew_();
  if (!renewed && renewed.error().code == Code::upstream) {
    log_.warn("seal", "the seal's token cannot be renewed now; trying again", {{"why", renewed.error().message}});
    const auto pause = retry_;
    retry_ = std::min(retry_ * 2, pace_.retry_most);
    return pause;
  }
  retry_ = pace_.retry_first;
  if (!renewed) {
    log_.warn("seal", "the seal's token may not be renewed: see that it does not end, or set disable_renewal", {{"why", renewed.error().message}});
    return pace_.refused;
  }
  if (renewed->left == Seconds(0)) return std::nullopt;
  if (!renewed->renewable) {
    log_.warn("seal", "the seal's token cannot be renewed and ends: put another one in its place", {{"seconds_left", renewed->left.count()}});
    return std::nullopt;
  }
  // A server gives less than it did when the token comes to its last end.
  if (renewed->left < longest_) log_.warn("seal", "the seal's token comes to its end: put another one in its place", {{"seconds_left", renewed->left.count()}});
  else log_.debug("seal", "the seal's token is renewed", {{"seconds_left", renewed->left.count()}});
  longest_ = std::max(longest_, renewed->left);
  return std::max(pace_.retry_first, pace_.per_second * renewed->left.count() * 2 / 3);
}

void TokenRenewal::run() {
  for (;;) {
    const auto pause = try_once();
    std::unique_lock lock(mutex_);
    if (!pause) return;
    if (wake_.wait_for(lock, *pause, [this] { return ending_; })) return;
  }
}

}  // namespace sr
