// The raw rates of the store beside those of the disk: durable commits with some in flight, and a serial fdatasync loop of
// records of the same size in the same folder. And what a read request pays: one snapshot and two rows.
//
//   storage_bench [folder]      a folder on the disk that is to be measured
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include "storage/committer.h"
#include "storage/rocksdb_table.h"

namespace {

using namespace sr;
using Clock = std::chrono::steady_clock;
constexpr auto duration = std::chrono::seconds(2);
constexpr std::size_t value_size = 160;  // a small secret, sealed
constexpr std::size_t rows = 20'000;

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double fdatasync_rate(const std::string& folder) {
  const std::string path = folder + "/fdatasync";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::string record(value_size + 60, 'x');
  std::size_t count = 0;
  const auto start = Clock::now();
  while (Clock::now() - start < duration) {
    if (::write(file, record.data(), record.size()) < 0 || ::fdatasync(file) != 0) std::abort();
    ++count;
  }
  const double rate = static_cast<double>(count) / seconds_since(start);
  ::close(file);
  std::filesystem::remove(path);
  return rate;
}

// Each commit that is done starts the next, so that `in_flight` are always under way.
class Commits {
 public:
  Commits(Store& store, std::size_t in_flight) : store_(store), running_(in_flight) {
    for (std::size_t i = 0; i < in_flight; ++i) start();
  }
  double rate() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return running_ == 0; });
    return static_cast<double>(count_) / seconds_since(start_);
  }

 private:
  void start() {
    Batch batch;
    std::string key = "1/root/5a36f3c1-bench/data/" + std::to_string(serial_++ % rows);
    batch.writes.push_back({std::move(key), std::string(value_size, 'v')});
    store_.commit(std::move(batch), [this](const Committed& outcome) { done(outcome); });
  }
  void done(const Committed& outcome) {
    if (!outcome) std::abort();
    {
      std::lock_guard lock(mutex_);
      ++count_;
      if (Clock::now() - start_ > duration) {
        if (--running_ == 0) ended_.notify_one();
        return;
      }
    }
    start();
  }

  Store& store_;
  std::atomic<std::size_t> serial_ = 0;
  std::mutex mutex_;  // guards the two below
  std::size_t count_ = 0, running_;
  std::condition_variable ended_;
  const Clock::time_point start_ = Clock::now();
};

// Per CPU-second of the process.
double read_rate(const Store& store, int threads_count, Tier tier) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> total = 0;
  const auto start = Clock::now();
  const double cpu = cpu_seconds();
  for (int i = 0; i < threads_count; ++i)
    threads.emplace_back([&, i] {
      std::size_t count = 0;
      for (; Clock::now() - start < duration / 2; ++count) {
        const auto snapshot = store.snapshot();
        const auto serial = count * 7919 + static_cast<std::size_t>(i);
        for (const auto at : {serial % 1000, serial % rows})
          if (const auto row = snapshot->get("1/root/5a36f3c1-bench/data/" + std::to_string(at), tier); !row || !*row) std::abort();
      }
      total += count;
    });
  for (auto& thread : threads) thread.join();
  return static_cast<double>(total) / (cpu_seconds() - cpu);
}

}  // namespace

int main(int count, char** arguments) {
  std::string folder = std::string(count > 1 ? arguments[1] : "/var/tmp") + "/storage-bench-XXXXXX";
  if (!::mkdtemp(folder.data())) return 1;
  {
    const double anchor = fdatasync_rate(folder);
    std::printf("serial fdatasync: %.0f/s\n", anchor);
    auto table = open_rocksdb_table({.path = folder + "/db"});
    if (!table) return std::fprintf(stderr, "%s\n", table.error().message.c_str()), 1;
    Committer store(std::move(*table));
    for (std::size_t i = 0; i < rows; i += 1000) {
      Batch batch;
      for (std::size_t row = i; row < i + 1000; ++row)
        batch.writes.push_back({"1/root/5a36f3c1-bench/data/" + std::to_string(row), std::string(value_size, 'v')});
      if (!commit_and_wait(store, std::move(batch))) std::abort();
    }
    for (const std::size_t in_flight : {1, 64, 256}) {
      const double rate = Commits(store, in_flight).rate();
      std::printf("committer %zu in flight: %.0f/s, ratio to serial fdatasync %.2f\n", in_flight, rate, rate / anchor);
    }
    for (const int threads : {1, 2})
      std::printf("snapshot and two rows, %d threads: %.0f per CPU-second\n", threads, read_rate(store, threads, Tier::any));
  }
  std::filesystem::remove_all(folder);
}
