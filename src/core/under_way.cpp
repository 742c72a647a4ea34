#include "core/under_way.h"
#include "core/request.h"

namespace sr {

UnderWay::Entry::Entry(UnderWay& all, const Request& request)
    : stripe_(all.stripes_[std::hash<const void*>()(&request.home) / 64 % all.stripes_.size()]), request_(request), op_(request.in.op) {
  std::lock_guard lock(stripe_.mutex);
  behind_ = std::exchange(stripe_.first, this);
  if (behind_) behind_->before_ = this;
}

UnderWay::Entry::~Entry() {
  std::lock_guard lock(stripe_.mutex);
  (before_ ? before_->behind_ : stripe_.first) = behind_;
  if (behind_) behind_->before_ = before_;
}

std::vector<UnderWay::Seen> UnderWay::list() {
  std::vector<Seen> all;
  for (Stripe& stripe : stripes_) {
    std::lock_guard lock(stripe.mutex);
    for (const Entry* entry = stripe.first; entry; entry = entry->behind_) {
      const Request& request = entry->request_;
      all.push_back({request.id, request.in.path.text(), request.in.address, request.in.port, entry->op_, request.started});
    }
  }
  return all;
}

}  // namespace sr
