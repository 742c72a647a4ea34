#include "core/rate_limiter.h"
#include <algorithm>
#include <functional>

namespace sr {

RateLimiter::~RateLimiter() {
  for (const auto& shard : shards_) budget_->used -= shard.counts.size();
}

RateLimiter::Shard& RateLimiter::shard_of(std::string_view client) { return shards_[std::hash<std::string_view>()(client) % shards_.size()]; }

// Also when the clock was set back: nobody waits for a time that is long ahead.
bool RateLimiter::is_over(const Count& count, Time now) const { return now >= count.since + rule_.interval || now < count.since; }

RateLimiter::Count& RateLimiter::count_of(Shard& shard, std::string_view client, Time now) {
  if (const auto found = shard.counts.find(client); found != shard.counts.end()) return found->second;
  const auto take_place = [&] {
    if (shard.counts.size() < limits::quota_clients_of_one / shards_.size() && budget_->used.fetch_add(1) < budget_->most) return true;
    if (shard.counts.size() < limits::quota_clients_of_one / shards_.size()) --budget_->used;
    return false;
  };
  bool has_place = take_place();
  if (!has_place && now >= shard.full_until) {
    forget_idle(shard, now);
    has_place = take_place();
  }
  return has_place ? shard.counts.try_emplace(std::string(client)).first->second : shard.shared;
}

RateLimiter::Verdict RateLimiter::judge(Count& count, Time now) const {
  if (now < count.blocked_until) return {.blocked = true, .reset = count.blocked_until - now};
  if (is_over(count, now)) count = {.since = now};
  const auto reset = count.since + rule_.interval - now;
  if (count.used < rule_.requests) return ++count.used, Verdict{.allowed = true, .remaining = rule_.requests - count.used, .reset = reset};
  if (rule_.block > Seconds(0)) count.blocked_until = now + rule_.block;
  return {.reset = rule_.block > Seconds(0) ? std::chrono::nanoseconds(rule_.block) : reset};
}

RateLimiter::Verdict RateLimiter::take(std::string_view client, Time now) {
  Shard& shard = shard_of(client);
  std::lock_guard lock(shard.mutex);
  return judge(count_of(shard, client, now), now);
}

bool RateLimiter::would_refuse(std::string_view client, Time now) {
  Shard& shard = shard_of(client);
  std::lock_guard lock(shard.mutex);
  const auto found = shard.counts.find(client);
  if (found == shard.counts.end()) return false;
  const Count& count = found->second;
  return now < count.blocked_until || (!is_over(count, now) && count.used >= rule_.requests);
}

void RateLimiter::forget_idle(Shard& shard, Time now) {
  shard.full_until = Time::max();
  const std::size_t before = shard.counts.size();
  std::erase_if(shard.counts, [&](const auto& one) {
    const Count& count = one.second;
    if (is_over(count, now) && now >= count.blocked_until) return true;
    shard.full_until = std::min(shard.full_until, std::max(count.since + rule_.interval, count.blocked_until));
    return false;
  });
  budget_->used -= before - shard.counts.size();
}

void RateLimiter::forget_idle(Time now) {
  for (auto& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    forget_idle(shard, now);
  }
}

}  // namespace sr
