// What the server tells of itself: to whom, and that it is true.
#include <gtest/gtest.h>
#include "core/world.h"

namespace sr::test {
namespace {

TEST(Observe, AListenerMayLetAnybodyReadMetricsAndNothingElse) {
  World world;
  http::V1 listener(world.core(), {.open_metrics = true, .open_in_flight = true});
  const auto ask = [&](std::string_view path) { return world.serve_by(listener, World::request("GET", path, {}, "")); };
  EXPECT_EQ(world.ask("GET", "sys/metrics", {}, "").status, 403);
  EXPECT_EQ(ask("sys/metrics").status, 200);
  EXPECT_EQ(ask("sys/metrics?format=prometheus").status, 200);
  EXPECT_EQ(ask("sys/in-flight-req").status, 200);
  for (const char* other : {"sys/metrics/", "sys/metrics/x", "sys/metrics?help=1", "sys/mounts", "sys/host-info", "sys/%6detrics/../mounts"})
    EXPECT_NE(ask(other).status, 200) << other;
  EXPECT_EQ(world.ask("POST", "sys/seal").status, 204);
  EXPECT_EQ(world.ask("GET", "sys/metrics").status, 503);
  const auto sealed = ask("sys/metrics?format=prometheus");
  EXPECT_EQ(sealed.status, 200);
  EXPECT_TRUE(sealed.body.view().contains("vault_core_unsealed{cluster=\"in-process\"} 0\n")) << sealed.body.view();
}

TEST(Observe, AListenerMayRefuseWhatSharesAloneCanDo) {
  World world;
  http::V1 listener(world.core(), {.no_rekey = true, .no_generate_root = true});
  for (const char* path : {"sys/rekey/init", "sys/rekey/verify", "sys/rekey-recovery-key/init", "sys/generate-root/attempt", "sys/%72ekey/init", "sys/rekey/init/"})
    EXPECT_EQ(world.serve_by(listener, World::request("GET", path, {}, "")).status, 404) << path;
  EXPECT_EQ(world.serve_by(listener, World::request("GET", "sys/rekey/backup", {})).status, 400);  // needs a token anyway
  EXPECT_EQ(world.ask("GET", "sys/rekey/init", {}, "").status, 200);
}

TEST(Observe, TheRouterIsShownOnlyWhereItIsConfigured) {
  World closed;
  EXPECT_EQ(closed.ask("GET", "sys/internal/inspect/router/root").status, 404);
  World open({.initialised = true, .table = memory_table(), .introspection = true});
  for (const char* tag : {"root", "uuid", "accessor", "storage"})
    EXPECT_TRUE(open.ask("GET", std::string("sys/internal/inspect/router/") + tag).body.view().contains(R"("mount_path":"sys/")")) << tag;
  EXPECT_EQ(open.ask("GET", "sys/internal/inspect/router/nope").status, 404);
  EXPECT_EQ(open.ask("GET", "sys/internal/inspect/router/root", {}, "").status, 403);
}

TEST(Observe, RequestsUnderWayAreListedWhileTheyComeAndGo) {
  World world;
  std::atomic<bool> over = false;
  std::jthread reader([&] {
    while (!over) {
      for (const auto& one : world.core().pipeline().list_under_way()) EXPECT_TRUE(one.path.starts_with("sys/"));
      std::this_thread::yield();
    }
  });
  for (int round = 0; round < 20; ++round) {
    std::vector<http::Request> requests;
    for (int i = 0; i < 64; ++i) requests.push_back(World::request("GET", i % 2 ? "sys/mounts" : "sys/host-info"));
    for (const auto& response : world.serve_all(std::move(requests))) EXPECT_EQ(response.status, 200);
  }
  over = true;
  reader.join();
  while (!world.core().pipeline().list_under_way().empty()) std::this_thread::yield();  // the last one goes behind its answer
}

TEST(Observe, AccessorsOfFixedMountsDifferFromStoreToStoreAndStayInOne) {
  World one, other;
  const auto accessor = [](World& world) { return world.value(world.ask("GET", "sys/auth/token"), "data.accessor"); };
  const auto before = accessor(one);
  EXPECT_NE(before, accessor(other));
  EXPECT_EQ(one.ask("POST", "sys/seal").status, 204);
  EXPECT_TRUE(one.core().unseal(one.unseal_key().reveal()).has_value());
  EXPECT_EQ(accessor(one), before);
}

}  // namespace
}  // namespace sr::test
