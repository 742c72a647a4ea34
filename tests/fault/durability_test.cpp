// The power is cut at each sync in turn, under concurrent writes: what was acknowledged is there afterwards, nothing is
// half there, and the store opens by itself. With sync switched off the same test must fail.
//
//   STRONGROOM_FAULT_POINTS=500 durability_test      more points than the usual 60
#include <cstdlib>
#include "tests/fault/workload.h"

namespace sr::fault {
namespace {

std::size_t points() {
  const char* text = std::getenv("STRONGROOM_FAULT_POINTS");
  return text ? std::strtoul(text, nullptr, 10) : 60;
}

// Three lives on one disk, each but the last ended by a power cut. What is wrong at the end; "" if nothing.
std::string cut_and_examine(unsigned seed, std::size_t sync_point, bool sync) {
  Machine machine(seed);
  Workload workload;
  for (int life = 0; life < 2; ++life) {
    machine.disk->cut_power_at_sync(sync_point);
    if (auto store = machine.open(sync)) {  // the cut may come while it opens
      if (const auto wrong = life == 0 ? "" : workload.examine(**store); !wrong.empty() && !machine.disk->off()) return wrong;
      workload.run(**store, 40);
      machine.disk->cut_power();
    }
    machine.disk->restart();
  }
  auto store = machine.open(sync);
  if (!store) return "does not open: " + store.error().message;
  if (auto wrong = workload.examine(**store); !wrong.empty()) return wrong;
  const auto before = workload.acknowledged();
  workload.run(**store, 3);
  if (workload.acknowledged() != before + 3 * Workload::writers_count) return "no writes after the restart";
  return workload.examine(**store);
}

// Each of the first syncs, then ever further apart: table files, manifests and log changes come later.
std::vector<std::size_t> sync_points() {
  std::vector<std::size_t> all;
  for (std::size_t i = 1; i <= points(); ++i) all.push_back(i <= 30 ? i : i + (i - 30) * (i - 30) / 8);
  return all;
}

// What was wrong at each point.
std::map<std::size_t, std::string> examine_all(const std::vector<std::size_t>& points, bool sync) {
  std::map<std::size_t, std::string> wrong;
  std::mutex mutex;
  in_parallel(points.size(), [&](std::size_t i) {
    auto found = cut_and_examine(static_cast<unsigned>(points[i]), points[i], sync);
    std::lock_guard lock(mutex);
    wrong[points[i]] = std::move(found);
  });
  return wrong;
}

TEST(Durability, HoldsAtEverySync) {
  for (const auto& [point, wrong] : examine_all(sync_points(), true)) EXPECT_EQ(wrong, "") << "sync " << point;
}

TEST(Durability, FailsWithoutSync) {
  std::size_t caught = 0;
  for (const auto& [point, wrong] : examine_all({10, 20, 30, 40, 60, 80, 100, 120}, false)) caught += !wrong.empty();
  EXPECT_GE(caught, 4u) << "this harness does not notice a store that never syncs";
}

}  // namespace
}  // namespace sr::fault
