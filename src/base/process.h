// What the kernel says of this process. Read from /proc when asked for; what it does not say is 0.
#pragma once
#include <cstddef>
#include <string>
#include "base/clock.h"

namespace sr {

struct ProcessStats {
  double cpu_seconds = 0;           // of user and system together
  std::size_t resident_bytes = 0, virtual_bytes = 0;
  std::size_t heap_bytes = 0;       // handed out by the allocator
  std::size_t arena_bytes = 0;      // that the allocator has from the system
  std::size_t threads = 0;
  std::size_t open_files = 0, files_max = 0;
  double started = 0;               // seconds since 1970
};
ProcessStats process_stats();

// A file of /proc as a whole; "" when there is none. At most 1 MiB.
std::string read_proc(const char* path);

}  // namespace sr
