// KV reads and lists beside how many secrets there are, on RocksDB. bench/kv runs it, each size in a process of its own.
//
//   kv_bench fill FOLDER COUNT    makes a store with so many secrets, written past the API
//   kv_bench read FOLDER COUNT    reads per CPU-second: one secret, any, and as Zipf has it; milliseconds of the first page and one in the middle; MiB
#include <cmath>
#include <cstdio>
#include <fstream>
#include <random>
#include <thread>
#include "core/world.h"
#include "engines/kv/rows.h"
#include "storage/rocksdb_table.h"
#include "storage/record.h"

namespace sr::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t secrets_of_one_commit = 500;  // two rows each
constexpr auto measured = std::chrono::milliseconds(1500);

World::Options options(const std::string& folder, bool initialised) {
  auto table = open_rocksdb_table({.path = folder + "/data"});
  SR_ASSERT(table.has_value());
  return {.initialised = initialised, .table = std::move(*table)};
}

// Neighbours in number are no neighbours in the store.
std::string name_of(std::uint64_t number) {
  char name[32];
  std::snprintf(name, sizeof name, "app-%016llx", static_cast<unsigned long long>(number * 0x9e3779b97f4a7c15ULL));
  return name;
}

std::string uuid_of_mount(World& world) {
  const auto router = world.core().mounts().current();
  const Mount* mount = router->at("kv/");
  SR_ASSERT(mount);
  return mount->entry.uuid;
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Until the store has put the files in order that a fill, or a start, left behind: this is work of writes, and a rate of reads must not pay for it.
void wait_for_rest() {
  for (double before = -1, now = cpu_seconds(); now - before > 0.005; now = cpu_seconds()) {
    before = now;
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

void fill(const std::string& folder, std::uint64_t count) {
  World world(options(folder, true));
  std::ofstream(folder + "/key", std::ios::binary) << world.unseal_key().reveal();
  SR_ASSERT(world.ask("POST", "sys/mounts/kv", R"({"type":"kv-v2"})").status == 204);
  const std::string uuid = uuid_of_mount(world);
  const Time now = world.core().clock().now();
  const kv::Version version{.created = now, .data = Secret(R"({"password":"s3cr3t-0123456789-abcdefghijklmnopqrstuvwxyz","username":"application"})")};
  const kv::Meta meta{.current = 1, .created = now, .updated = now};
  for (std::uint64_t from = 0; from < count; from += secrets_of_one_commit) {
    Transaction transaction(world.core().store(), &world.core().barrier());
    transaction.go_on(Tier::any);
    View rows = View::mount(transaction, NamespaceId("root"), uuid);
    for (std::uint64_t i = from; i < std::min(from + secrets_of_one_commit, count); ++i) {
      SR_ASSERT(kv::store_version(rows, "bench/" + name_of(i), 1, version));
      SR_ASSERT(kv::store_meta(rows, "bench/" + name_of(i), meta));
    }
    SR_ASSERT(commit_and_wait(world.core().store(), transaction.take_batch().value()));
  }
  wait_for_rest();
}

double rate(World& world, std::string_view token, const std::function<std::uint64_t()>& next) {
  double cpu = 0;
  std::uint64_t reads = 0;
  const auto round = [&](bool counts) {
    std::vector<http::Request> requests;
    for (int i = 0; i < 1000; ++i) requests.push_back(World::request("GET", "kv/data/bench/" + name_of(next()), {}, token));
    const double began = cpu_seconds();
    for (const auto& answer : world.serve_all(std::move(requests))) SR_ASSERT(answer.status == 200);
    if (counts) cpu += cpu_seconds() - began, reads += 1000;
  };
  for (int i = 0; i < 20; ++i) round(false);
  for (const auto until = Clock::now() + measured; Clock::now() < until;) round(true);
  return static_cast<double>(reads) / cpu;
}

double page(World& world, std::string_view token, const std::string& after) {
  std::vector<double> took;
  for (int i = 0; i < 21; ++i) {
    const auto began = Clock::now();
    SR_ASSERT(world.ask("GET", "kv/metadata/bench/?list=true&limit=100&after=" + after, {}, token).status == 200);
    took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  }
  std::ranges::sort(took);
  return took[took.size() / 2];
}

void read(const std::string& folder, std::uint64_t count) {
  World world(options(folder, false));
  std::ifstream key(folder + "/key", std::ios::binary);
  SR_ASSERT(world.core().unseal(std::string(std::istreambuf_iterator<char>(key), {})).has_value());
  SR_ASSERT(world.ask("POST", "sys/policies/acl/bench", R"({"policy":"path \"kv/*\" { capabilities = [\"read\", \"list\"] }"})").status == 204);
  const std::string token = world.value(world.ask("POST", "auth/token/create", R"({"policies":["bench"]})"), "auth.client_token");
  wait_for_rest();
  std::mt19937_64 random(1);
  const double hot = rate(world, token, [] { return 0; });
  const double uniform = rate(world, token, [&] { return random() % count; });
  // Of rank r with the probability 1/r, as near as makes no difference.
  const double zipf = rate(world, token, [&] {
    const double u = std::uniform_real_distribution<double>(0, 1)(random);
    return std::min(static_cast<std::uint64_t>(std::exp(u * std::log(static_cast<double>(count)))) - 1, count - 1);
  });
  const double first = page(world, token, ""), middle = page(world, token, "app-8");
  std::ifstream status("/proc/self/status");
  std::string line;
  double mib = 0;
  while (std::getline(status, line))
    if (line.starts_with("VmRSS:")) mib = std::atof(line.c_str() + 6) / 1024;
  std::printf("%.0f %.0f %.0f %.3f %.3f %.1f\n", hot, uniform, zipf, first, middle, mib);
}

}  // namespace
}  // namespace sr::test

int main(int count, char** arguments) {
  const std::string_view what = count > 1 ? arguments[1] : "";
  if (what == "fill" && count == 4) return sr::test::fill(arguments[2], std::strtoull(arguments[3], nullptr, 10)), 0;
  if (what == "read" && count == 4) return sr::test::read(arguments[2], std::strtoull(arguments[3], nullptr, 10)), 0;
  std::fprintf(stderr, "kv_bench fill FOLDER COUNT | read FOLDER COUNT\n");
  return 1;
}
