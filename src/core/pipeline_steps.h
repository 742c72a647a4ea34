// What the stages of the pipeline share; for core/pipeline*.cpp alone.
#pragma once
#include "core/core.h"
#include "core/elsewhere.h"
#include "core/pipeline.h"
#include "core/sight.h"

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
      : caller(pipeline.caller_info(r)),
        parts{r.in.op, r.inside, r.fields, r.in.body, *r.in.arena, caller, *r.mount->host, r.in.upload.get(), look_elsewhere(pipeline, r), look(r)},
        call(parts, pipeline.mount_view(r)) {}
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  const CallerInfo caller;
  std::optional<AclSight> sight{};
  std::optional<AclElsewhere> elsewhere{};
  const Call::Parts parts;
  Call call;

 private:
  Elsewhere* look_elsewhere(Pipeline& pipeline, Request& r) {
    if (r.in.op != Op::update || !r.caller.acl || !r.caller.token) return nullptr;
    return &elsewhere.emplace(pipeline.transaction(r), AclElsewhere::Asking{.here = *r.mount, .router = *r.router, .acl = *r.caller.acl, .policies = r.caller.token->policies, .parameters = r.in.body});
  }
  Sight* look(const Request& r) {
    if (r.in.op != Op::scan || !r.caller.acl || r.caller.acl->is_root()) return nullptr;
    return &sight.emplace(*r.caller.acl, *r.router, r.in.path.view());
  }
};

}  // namespace sr
