// A line at the terminal for what takes longer than a second: how far it is, or at least that it goes on. It stands on standard error,
// and only where that is a terminal: nothing of it reaches a pipe, a log or a script.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace sr::cli {

class Ui;

// Resource. The caller's thread makes and ends it; `advance` may be called by any thread. While the line stands nobody prints: who has
// something to say calls `done` first.
class Progress {
 public:
  enum class Unit : std::uint8_t { none, bytes };

  // `total` 0: nobody knows how much it is.
  Progress(const Ui& ui, std::string what, std::uint64_t total = 0, Unit unit = Unit::none);
  ~Progress() { done(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void advance(std::uint64_t reached) { reached_.store(reached, std::memory_order_relaxed); }
  bool shown() const { return thread_.joinable(); }  // at a terminal, if it lasts
  void done();                                       // takes the line away

 private:
  void draw();

  std::string what_;
  std::uint64_t total_;
  Unit unit_;
  std::atomic<std::uint64_t> reached_{0};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  struct {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
  } end_;
  std::thread thread_;
};

// "Restoring  [=======>       ]  47 %  1.2 of 2.5 GB, 13 s left", no wider than `columns`.
struct ProgressState {
  std::string_view what;
  std::uint64_t reached = 0;
  std::uint64_t total = 0;  // 0: unknown
  bool bytes = false;
  std::chrono::seconds elapsed{0};
  std::size_t columns = 80;
};
std::string progress_line(const ProgressState& state);

}  // namespace sr::cli
