#include "core/lease_count.h"

namespace sr {

std::uint64_t LeaseCount::now() const {
  std::lock_guard lock(mutex_);
  return count_ < 0 ? 0 : static_cast<std::uint64_t>(count_);
}

bool LeaseCount::is_known() const {
  std::lock_guard lock(mutex_);
  return known_;
}

bool LeaseCount::is_full(std::uint64_t most) const {
  std::lock_guard lock(mutex_);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count_, 0)) + held_.size() >= most;
}

bool LeaseCount::hold(const std::string& key, std::uint64_t most) {
  std::lock_guard lock(mutex_);
  if (static_cast<std::uint64_t>(std::max<std::int64_t>(count_, 0)) + held_.size() >= most) return false;
  held_.insert(key);
  return true;
}

void LeaseCount::rename(const std::string& held, std::string key) {
  std::lock_guard lock(mutex_);
  if (held_.erase(held) > 0) held_.insert(std::move(key));
}

void LeaseCount::let_go(const std::string& key) {
  std::lock_guard lock(mutex_);
  held_.erase(key);
}

void LeaseCount::made(Revision revision, std::string_view key) {
  std::lock_guard lock(mutex_);
  if (const auto held = held_.find(key); held != held_.end()) held_.erase(held);
  change(revision, 1);
}

void LeaseCount::ended(Revision revision) {
  std::lock_guard lock(mutex_);
  change(revision, -1);
}

void LeaseCount::change(Revision revision, std::int64_t by) {
  count_ += by;
  if (!walking_) return;
  if (!sees_) before_it_saw_.emplace_back(revision, by);
  else if (revision > *sees_) since_ += by;
}

void LeaseCount::begin_walk() {
  std::lock_guard lock(mutex_);
  walking_ = true;
  sees_.reset();
  before_it_saw_.clear();
  since_ = 0;
}

void LeaseCount::walk_sees(Revision revision) {
  std::lock_guard lock(mutex_);
  sees_ = revision;
  for (const auto& [of, by] : before_it_saw_)
    if (of > revision) since_ += by;
  before_it_saw_.clear();
}

void LeaseCount::forget() {
  std::lock_guard lock(mutex_);
  known_ = walking_ = false;
}

void LeaseCount::end_walk(std::int64_t found) {
  std::lock_guard lock(mutex_);
  count_ = found + since_;
  known_ = true;
  walking_ = false;
}

}  // namespace sr
