// What the stages of the pipeline share; for core/pipeline*.cpp alone.
#pragma once
#include "core/core.h"
#include "core/pipeline.h"

namespace sr {

inline constexpr std::string_view invalid_token = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n";

using SteadyClock = std::chrono::steady_clock;

// The time since the last lap; the next one begins.
inline Timing::Duration lap(Request& request) {
  const auto now = SteadyClock::now();
  return now - std::exchange(request.lap, now);
}

// A request as its engine sees it. Borrows from it, and reads and writes through its transaction.
struct Pipeline::Asked {
  Asked(Pipeline& pipeline, Request& r)
      : caller(pipeline.caller_info(r)), parts{r.in.op, r.inside, r.fields, r.in.body, *r.in.arena, caller, *r.mount->host, r.in.upload.get()}, call(parts, pipeline.mount_view(r)) {}
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  const CallerInfo caller;
  const Call::Parts parts;
  Call call;
};

}  // namespace sr
