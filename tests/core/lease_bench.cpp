// Leases by the hundred thousand, on RocksDB: how long unsealing takes beside how many there are, and what reads feel while they all end.
// bench/leases runs it, each size in a process of its own.
//
//   lease_bench fill FOLDER COUNT     makes a store with so many leases
//   lease_bench unseal FOLDER         opens it: milliseconds until it answers, MiB of memory
//   lease_bench expire FOLDER         lets them all end in one second: p99 of reads before and meanwhile, in microseconds
#include <cstdio>
#include <fstream>
#include "core/world.h"
#include "fakes/lender.h"
#include "storage/rocksdb_table.h"

namespace sr::test {
namespace {

using Clock = std::chrono::steady_clock;

World::Options options(const std::string& folder, bool initialised, Bank& bank) {
  auto table = open_rocksdb_table({.path = folder + "/data"});
  SR_ASSERT(table.has_value());
  return {.initialised = initialised, .table = std::move(*table), .prepare = [&bank](Core& core) { core.add_type(lender(bank)); }};
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void fill(const std::string& folder, int count) {
  Bank bank;
  World world(options(folder, true, bank));
  std::ofstream(folder + "/key", std::ios::binary) << world.unseal_key().reveal();
  SR_ASSERT(world.ask("POST", "sys/mounts/bank", R"({"type":"lender"})").status == 204);
  SR_ASSERT(world.ask("POST", "sys/mounts/kv", R"({"type":"kv-v2"})").status == 204);
  SR_ASSERT(world.ask("POST", "kv/data/a", R"({"data":{"k":"v"}})").status == 200);
  constexpr int at_once = 500;
  for (int made = 0; made < count; made += at_once) {
    std::vector<http::Request> requests;
    for (int i = 0; i < std::min(at_once, count - made); ++i) requests.push_back(World::request("POST", "bank/creds/app", R"({"ttl":"1h"})"));
    for (const auto& response : world.serve_all(std::move(requests))) SR_ASSERT(response.status == 200);
  }
}

void unseal(const std::string& folder) {
  Bank bank;
  World world(options(folder, false, bank));
  const auto began = Clock::now();
  SR_ASSERT(world.core().unseal(read_file(folder + "/key")).has_value());
  SR_ASSERT(world.ask("GET", "kv/data/a").status == 200);
  const auto took = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
  world.core().sweep();
  std::ifstream status("/proc/self/status");
  std::string line;
  double mib = 0;
  while (std::getline(status, line))
    if (line.starts_with("VmRSS:")) mib = std::atof(line.c_str() + 6) / 1024;
  std::printf("%.2f %.1f\n", took, mib);
}

// Microseconds of the slowest read but one in a hundred, while `more` says so.
double p99_while(World& world, const std::function<bool()>& more) {
  std::vector<double> took;
  while (more()) {
    const auto began = Clock::now();
    SR_ASSERT(world.ask("GET", "kv/data/a").status == 200);
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - began).count());
  }
  std::ranges::sort(took);
  return took.empty() ? 0 : took[took.size() * 99 / 100];
}

void expire(const std::string& folder) {
  Bank bank;
  World world(options(folder, false, bank));
  SR_ASSERT(world.core().unseal(read_file(folder + "/key")).has_value());
  const auto until = Clock::now() + std::chrono::seconds(3);
  const double before = p99_while(world, [&] { return Clock::now() < until; });
  std::atomic<bool> over = false;
  const auto began = Clock::now();
  std::thread sweeping([&] {
    world.advance(std::chrono::hours(2));
    over = true;
  });
  const double meanwhile = p99_while(world, [&] { return !over; });
  sweeping.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  SR_ASSERT(world.value(world.ask("GET", "bank/creds"), "data.count") == "0");
  std::printf("%.1f %.1f %.1f\n", before, meanwhile, seconds);
}

}  // namespace
}  // namespace sr::test

int main(int count, char** arguments) {
  const std::string verb = count > 2 ? arguments[1] : "", folder = count > 2 ? arguments[2] : "";
  if (verb == "fill" && count == 4) sr::test::fill(folder, std::atoi(arguments[3]));
  else if (verb == "unseal") sr::test::unseal(folder);
  else if (verb == "expire") sr::test::expire(folder);
  else return std::fputs("usage: lease_bench fill FOLDER COUNT | unseal FOLDER | expire FOLDER\n", stderr), 1;
}
