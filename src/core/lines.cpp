#include "core/lines.h"

namespace sr {

Result<void> Lines::join(Parked& request, const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto [found, fresh] = lines_.try_emplace(key);
  Line& line = found->second;
  if (request->heads == key) {  // lost to one who was in the store already: still the first
    line.lost = request->conflicts;
  } else if (fresh) {
    request->heads = key;
    line.lost = request->conflicts;
    ++open_;
  } else if (line.waiting.size() >= waiting_max_) {
    return fail(Code::busy, "too many concurrent changes, try again");
  } else {
    line.waiting.push_back(std::move(request));
  }
  return {};
}

Parked Lines::leave(Request& head) {
  std::lock_guard lock(mutex_);
  const auto found = lines_.find(*std::exchange(head.heads, std::nullopt));
  Line& line = found->second;
  if (line.waiting.empty()) {
    lines_.erase(found);
    --open_;
    return nullptr;
  }
  Parked next = std::move(line.waiting.front());
  line.waiting.pop_front();
  next->heads = found->first;
  line.lost = next->conflicts;
  return next;
}

std::optional<std::string> Lines::taken(const Request& request, const Batch& batch) const {
  if (open_ == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  const auto others_first = [&](const std::string& key) {
    if (request.heads == key) return false;
    const auto line = lines_.find(key);
    return line != lines_.end() && (!request.heads || line->second.lost > request.conflicts);
  };
  for (const auto& read : batch.reads)
    if (others_first(read.key)) return read.key;
  for (const auto& write : batch.writes)
    if (others_first(write.key)) return write.key;
  return std::nullopt;
}

}  // namespace sr
