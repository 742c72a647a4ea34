#include "core/lines.h"

namespace sr {

Result<void> Lines::join(Parked& request, const std::string& key) {
  std::lock_guard lock(mutex_);
  if (request->heads == key) return {};  // lost to one who was in the store already: still the first
  const auto [line, fresh] = lines_.try_emplace(key);
  if (fresh) {
    request->heads = key;
    ++open_;
  } else if (line->second.size() >= waiting_max_) {
    return fail(Code::busy, "too many concurrent changes, try again");
  } else {
    line->second.push_back(std::move(request));
  }
  return {};
}

Parked Lines::leave(Request& head) {
  std::lock_guard lock(mutex_);
  const auto line = lines_.find(*std::exchange(head.heads, std::nullopt));
  if (line->second.empty()) {
    lines_.erase(line);
    --open_;
    return nullptr;
  }
  Parked next = std::move(line->second.front());
  line->second.pop_front();
  next->heads = line->first;
  return next;
}

std::optional<std::string> Lines::taken(const Request& request, const Batch& batch) const {
  if (open_ == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  for (const auto& read : batch.reads)
    if (request.heads != read.key && lines_.contains(read.key)) return read.key;
  return std::nullopt;
}

}  // namespace sr
