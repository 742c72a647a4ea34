// The first page of a large folder, and what deleted rows beside it cost: with as many deleted in front of it in the same folder, and in the
// folder before it, right after the deletions and when the store has had time to tidy.
//
//   list_bench [folder] [rows]      10^6 rows; the times are for reading, the ratios are for judging
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include "storage/committer.h"
#include "storage/rocksdb_table.h"

namespace {

using namespace sr;
using Clock = std::chrono::steady_clock;
constexpr std::string_view mount = "1/root/5a36f3c1-bench/meta/";
constexpr std::size_t rows_of_one_commit = 1000;

std::string name(std::string_view folder, std::size_t i) {
  char digits[16];
  std::snprintf(digits, sizeof digits, "%08zu", i);
  return std::string(mount).append(folder).append(digits);
}

void change(Store& store, std::string_view folder, std::size_t count, bool writes) {
  for (std::size_t from = 0; from < count; from += rows_of_one_commit) {
    Batch batch;
    for (std::size_t i = from; i < std::min(from + rows_of_one_commit, count); ++i)
      batch.writes.push_back({name(folder, i), writes ? std::optional(std::string(120, 'v')) : std::nullopt});
    if (!commit_and_wait(store, std::move(batch))) std::abort();
  }
}

// Milliseconds, the median of some.
double first_page(const Store& store, std::string_view folder) {
  std::vector<double> took;
  for (int i = 0; i < 9; ++i) {
    const auto snapshot = store.snapshot();
    const auto began = Clock::now();
    const auto names = snapshot->list(std::string(mount).append(folder), {.after = {}, .limit = 100}, Depth::one);
    took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    if (!names || names->size() != 100) std::abort();
  }
  std::ranges::sort(took);
  return took[took.size() / 2];
}

}  // namespace

int main(int count, char** arguments) {
  std::string folder = std::string(count > 1 ? arguments[1] : "/var/tmp") + "/list-bench-XXXXXX";
  const std::size_t rows = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1'000'000;
  if (!::mkdtemp(folder.data())) return 1;
  {
    auto table = open_rocksdb_table({.path = folder + "/db"});
    if (!table) return std::fprintf(stderr, "%s\n", table.error().message.c_str()), 1;
    Committer store(std::move(*table));
    change(store, "few/", 1000, true);
    change(store, "many/1", rows, true);
    const double few = first_page(store, "few/"), many = first_page(store, "many/");
    std::printf("first page of 1,000: %.3f ms; of %zu: %.3f ms, ratio %.2f\n", few, rows, many, many / few);
    const auto with_deleted = [&](std::string_view what, std::string_view deleted) {
      change(store, deleted, rows, true);
      change(store, deleted, rows, false);
      const double at_once = first_page(store, "many/");
      std::this_thread::sleep_for(std::chrono::seconds(3));
      const double later = first_page(store, "many/");
      std::printf("beside %zu deleted %s: %.3f ms at once, ratio %.2f; %.3f ms after 3 s, ratio %.2f\n", rows, std::string(what).c_str(), at_once, at_once / few, later, later / few);
    };
    with_deleted("in the folder before it", "less/");
    with_deleted("in front of them in the folder", "many/0");
  }
  std::filesystem::remove_all(folder);
}
