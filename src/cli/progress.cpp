#include "cli/progress.h"
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include "cli/ui.h"

namespace sr::cli {
namespace {

constexpr std::chrono::milliseconds before_it_shows{1000}, between_drawings{200};
constexpr std::size_t bar_columns = 30;

std::string bytes_text(std::uint64_t bytes) {
  static constexpr const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(units)) value /= 1000, ++unit;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
  return text;
}

std::string time_text(std::uint64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds / 3600) + " h";
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string progress_line(const ProgressState& state) {
  const auto elapsed = static_cast<std::uint64_t>(std::max<std::int64_t>(0, state.elapsed.count()));
  std::string line(state.what);
  if (state.total == 0) {
    if (state.bytes && state.reached > 0) line += "  " + bytes_text(state.reached);
    line += "  " + time_text(elapsed);
  } else {
    // What grows meanwhile may end beyond what was expected.
    const std::uint64_t reached = std::min(state.reached, state.total);
    const double part = static_cast<double>(reached) / static_cast<double>(state.total);
    const auto filled = static_cast<std::size_t>(part * bar_columns);
    std::string bar(filled, '=');
    if (filled < bar_columns) bar += '>';
    bar.resize(bar_columns, ' ');
    std::string percent = std::to_string(static_cast<int>(part * 100)) + " %";
    percent.insert(0, percent.size() < 5 ? 5 - percent.size() : 0, ' ');
    line += "  [" + bar + "]  " + percent;
    if (state.bytes) line += "  " + bytes_text(reached) + " of " + bytes_text(state.total);
    if (reached > 0 && reached < state.total && elapsed > 0)
      line += ", " + time_text(static_cast<std::uint64_t>(static_cast<double>(elapsed) * (1 - part) / part) + 1) + " left";
  }
  // One column stays free: a full line would wrap, and could not be taken away again.
  if (line.size() >= state.columns) line.resize(state.columns > 0 ? state.columns - 1 : 0);
  return line;
}

Progress::Progress(const Ui& ui, std::string what, std::uint64_t total, Unit unit) : what_(std::move(what)), total_(total), unit_(unit) {
  if (!ui.shows_progress()) return;
  thread_ = std::thread([this] {
    std::unique_lock lock(end_.mutex);
    for (auto wait = before_it_shows; !end_.changed.wait_for(lock, wait, [this] { return end_.ended; }); wait = between_drawings) draw();
  });
}

void Progress::draw() {
  const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start_);
  const std::string line = progress_line(
      {.what = what_, .reached = reached_.load(std::memory_order_relaxed), .total = total_, .bytes = unit_ == Unit::bytes, .elapsed = elapsed, .columns = terminal_columns()});
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
}

void Progress::done() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(end_.mutex);
    end_.ended = true;
  }
  end_.changed.notify_all();
  thread_.join();
  // Taking away a line that never stood would be seen by nobody either, but it costs a short command a write.
  if (std::chrono::steady_clock::now() - start_ >= before_it_shows) {
    std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
  }
}

}  // namespace sr::cli
