// The server without its network in this process: rows in memory, a clock that moves when a script says so, and a new world
// for each script. Requests go through the HTTP parser as bytes, so that what it refuses is refused here as well.
#pragma once
#include "target.h"

namespace sr::api_test {

// Commits that fail. A request whose commit was told to fail has to be a 5xx and to leave every row as it was, and the same request,
// sent again, must not fail. A later commit may be that of a job that the request has begun: then the job has to come to its end
// nevertheless. What is otherwise is a complaint.
struct Faults {
  // The first commit of each request; or, when later > 0, the one behind so many others of the request that `skip` such come before.
  // Requests with several commits (uses of a token, guesses) have done something by then, so the script does not go on from there.
  int later = 0, skip = 0;
  int met = 0;  // so many commits failed
  std::vector<std::string> complaints{};
};

std::unique_ptr<Target> in_process_target(Faults* faults = nullptr);

}  // namespace sr::api_test
