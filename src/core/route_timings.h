// How long the handlers of one mount took, an instrument for each operation: "route.read.secret-". It is found when the operation
// is first asked for, and remembered.
#pragma once
#include "base/concat.h"
#include "base/metrics.h"
#include "logical/op.h"

namespace sr {

class RouteTimings {
 public:
  RouteTimings(Metrics& metrics, std::string_view mount_path) : metrics_(metrics), mount_(mount_path) {
    for (char& c : mount_)
      if (c == '/') c = '-';
  }
  Timing& of(Op op) {
    auto& place = found_[static_cast<std::size_t>(op)];
    if (Timing* known = place.load(std::memory_order_acquire)) return *known;
    Timing& timing = metrics_.timing({concat("route.", name_of(op), ".", mount_)});
    place.store(&timing, std::memory_order_release);
    return timing;
  }

 private:
  Metrics& metrics_;
  std::string mount_;
  std::array<std::atomic<Timing*>, 8> found_{};
};
static_assert(static_cast<std::size_t>(Op::help) < 8);

}  // namespace sr
