// The server without its network in this process: rows in memory, a clock that moves when a script says so, and a new world
// for each script. Requests go through the HTTP parser as bytes, so that what it refuses is refused here as well.
#pragma once
#include "target.h"

namespace sr::api_test {

std::unique_ptr<Target> in_process_target();

}  // namespace sr::api_test
