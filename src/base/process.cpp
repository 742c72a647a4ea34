#include "base/process.h"
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>
#include <charconv>
#include <string_view>
#include <vector>

namespace sr {
namespace {

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The number behind "name ", at the begin of a line.
std::uint64_t line_of(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1))
    if (at == 0 || text[at - 1] == '\n') return number_in(text.substr(text.find_first_not_of(' ', at + name.size())));
  return 0;
}

}  // namespace

std::string read_proc(const char* path) {
  constexpr std::size_t most = 1024 * 1024;
  std::string text;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  for (char part[4096]; text.size() < most;) {
    const auto got = read(file, part, sizeof part);
    if (got <= 0) break;
    text.append(part, static_cast<std::size_t>(got));
  }
  close(file);
  return text;
}

ProcessStats process_stats() {
  ProcessStats stats;
  // proc(5): the name of the program, in brackets, may hold anything; behind it come the fields from the third on.
  const std::string line = read_proc("/proc/self/stat");
  std::vector<std::string_view> fields;
  if (const auto bracket = line.rfind(')'); bracket != std::string::npos)
    for (std::string_view rest = std::string_view(line).substr(bracket + 1); !rest.empty();) {
      const auto begin = rest.find_first_not_of(' ');
      if (begin == std::string_view::npos) break;
      const auto end = std::min(rest.find(' ', begin), rest.size());
      fields.push_back(rest.substr(begin, end - begin));
      rest.remove_prefix(end);
    }
  const auto field = [&](std::size_t number) { return number - 3 < fields.size() ? number_in(fields[number - 3]) : 0; };  // as proc(5) counts them
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  stats.cpu_seconds = static_cast<double>(field(14) + field(15)) / ticks;
  stats.threads = field(20);
  stats.virtual_bytes = field(23);
  stats.resident_bytes = field(24) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  stats.started = static_cast<double>(line_of(read_proc("/proc/stat"), "btime")) + static_cast<double>(field(22)) / ticks;
  const struct mallinfo2 heap = mallinfo2();
  stats.heap_bytes = heap.uordblks + heap.hblkhd;
  stats.arena_bytes = heap.arena + heap.hblkhd;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.files_max = limit.rlim_cur;
  if (DIR* folder = opendir("/proc/self/fd")) {
    while (const dirent* entry = readdir(folder)) stats.open_files += entry->d_name[0] != '.';
    closedir(folder);
    if (stats.open_files > 0) --stats.open_files;  // the folder itself
  }
  return stats;
}

}  // namespace sr
