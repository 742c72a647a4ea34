// Audit devices that come and go while requests are answered.
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <sys/socket.h>
#include <sys/un.h>
#include "audit/audit_test_kit.h"
#include "audit/verify.h"
#include "base/concat.h"
#include "core/fakes.h"
#include "text/base64.h"

namespace sr::test {
namespace {

// The file that a disabled device wrote to is free for the next one at once, and the log of both is as it was written.
TEST(AuditDevices, AreEnabledAgainOnTheSameFileUnderLoad) {
  Folder folder;
  const std::string file = folder.path / "audit.log";
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status, 200);
  const std::string options = concat(R"({"type":"file","options":{"file_path":")", file, R"("}})");
  for (int round = 0; round < 10; ++round) {
    std::vector<http::Request> requests;
    for (int i = 0; i < 30; ++i) requests.push_back(World::request("GET", "secret/data/a"));
    requests.push_back(World::request("POST", "sys/audit/file", options));
    for (int i = 0; i < 30; ++i) requests.push_back(World::request("GET", "secret/data/a"));
    for (const auto& response : world.serve_all(std::move(requests))) EXPECT_LT(response.status, 300) << response.body.view();
    std::vector<http::Request> last;
    for (int i = 0; i < 30; ++i) last.push_back(World::request("GET", "secret/data/a"));
    last.push_back(World::request("DELETE", "sys/audit/file"));
    for (int i = 0; i < 30; ++i) last.push_back(World::request("GET", "secret/data/a"));
    for (const auto& response : world.serve_all(std::move(last))) EXPECT_LT(response.status, 300) << response.body.view();
  }
  const auto report = verify_audit_log(file);
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->ok()) << report->text();
  EXPECT_EQ(report->public_keys.size(), 10u);
}

// What a loop reads in one round may be more than one write: then it is several, and each request still has both its lines.
TEST(AuditDevices, ManyLargeRequestsAtOnceAreSeveralWrites) {
  Folder folder;
  const std::string file = folder.path / "audit.log";
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/audit/file", concat(R"({"type":"file","options":{"log_raw":"true","file_path":")", file, R"("}})")).status, 204);
  constexpr std::size_t requests = 40;
  const std::string large(400'000, 'x');
  static_assert(requests * 400'000 > 3 * limits::audit_write_bytes);
  std::vector<http::Request> all;
  for (std::size_t i = 0; i < requests; ++i) all.push_back(World::request("POST", concat("secret/data/", std::to_string(i)), concat(R"({"data":{"k":")", large, R"("}})")));
  for (const auto& response : world.serve_all(std::move(all))) EXPECT_EQ(response.status, 200) << response.body.view();
  const auto report = verify_audit_log(file);
  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->ok()) << report->text();
  std::ifstream lines(file);
  std::size_t written = 0;
  for (std::string line; std::getline(lines, line);) written += line.contains("\"path\":\"secret/data/") ? 1 : 0;
  EXPECT_EQ(written, 2 * requests);
}

TEST(AuditDevices, BothLinesOfARequestSayTheSameOfWhoAskedForWhat) {
  Folder folder;
  auto served = std::make_unique<World>();
  World& world = *served;
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/config/auditing/request-headers/x-canary", R"({"hmac":true})").status, 204);
  const auto enable = [&](std::string_view name, std::string_view options) {
    ASSERT_EQ(world.ask("POST", concat("sys/audit/", name), concat(R"({"type":"file","options":{"file_path":")", folder.path.native(), "/", name, R"(")", options, "}}")).status, 204);
  };
  enable("hashed", "");
  enable("raw", R"(,"log_raw":"true")");
  enable("raw-too", R"(,"log_raw":"true")");
  enable("elided", R"(,"elide_list_responses":"true","hmac_accessor":"false")");
  for (const bool has_header : {false, true})
    for (const auto& [method, path, body] : std::vector<std::array<std::string, 3>>{{"POST", "secret/data/app", R"({"data":{"k":"canary"}})"}, {"GET", "secret/data/app", ""},
                                                                                   {"LIST", "secret/metadata", ""}, {"GET", "secret/nowhere", ""}, {"POST", "secret/data/app", R"({"no":1})"}}) {
      std::vector<http::Request> one;
      one.push_back(World::request(method, path, body));
      if (has_header) one.back().headers.push_back({"X-Canary", "canary"});
      world.serve_all(std::move(one));
    }
  served.reset();  // an answer waits for one device alone: at the end all have written
  for (const auto name : {"hashed", "raw", "raw-too", "elided"}) {
    std::ifstream lines(folder.path / name);
    std::map<std::string, std::string> asked;  // by the id of the request
    std::size_t pairs = 0;
    for (std::string line; std::getline(lines, line);) {
      Arena arena;
      const json::Value* entry = *json::parse(arena, line);
      const json::Value* request = entry->find("request");
      if (!request) continue;  // the device's own
      const std::string says = json::to_text(*entry->find("auth")) + json::to_text(*request);
      const std::string id(request->find("id")->text);
      if (entry->find("type")->text == "request") {
        asked[id] = says;
      } else if (asked.contains(id)) {
        EXPECT_EQ(says, asked[id]) << name;
        ++pairs;
      }
    }
    EXPECT_GE(pairs, 10u) << name;
  }
}

TEST(AuditDevices, TheFirstRequestBehindAnUnsealHasItsLine) {
  Folder folder;
  World world;
  ASSERT_EQ(world.ask("POST", "sys/audit/file", concat(R"({"type":"file","options":{"file_path":")", (folder.path / "audit.log").string(), R"("}})")).status, 204);
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(world.ask("POST", "sys/seal").status, 204);
    ASSERT_TRUE(world.core().unseal(world.unseal_key().reveal()).has_value());
    const auto first = world.ask("GET", "sys/mounts");
    EXPECT_EQ(first.status, 200) << first.body.view();
  }
}

// A call that loses a race runs again: it goes on with the device that it opened.
TEST(AuditDevices, EnabledManyAtOnceEachHasOneLog) {
  Folder folder;
  World world;
  std::vector<http::Request> requests;
  for (int i = 0; i < 8; ++i) {
    const std::string number = std::to_string(i), file = folder.path / number;
    requests.push_back(World::request("POST", concat("sys/audit/", number), concat(R"({"type":"file","options":{"file_path":")", file, R"("}})")));
    requests.push_back(World::request("POST", concat("sys/policies/acl/", number), R"({"policy":"path \"a\" { capabilities = [\"read\"] }"})"));
  }
  for (const auto& response : world.serve_all(std::move(requests))) EXPECT_EQ(response.status, 204) << response.body.view();
  for (int i = 0; i < 8; ++i) {
    const auto report = verify_audit_log(folder.path / std::to_string(i));
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->ok()) << report->text();
    EXPECT_EQ(report->devices.size(), 1u);
    EXPECT_TRUE(report->notes.empty()) << report->text();
  }
}

// What the configuration names is there, stays as it is, and goes with its stanza.
TEST(AuditDevices, FollowTheConfiguration) {
  Folder folder;
  World world;
  AuditBroker& audit = world.core().audit();
  const ConfiguredAuditDevice wanted{.path = "named/", .type = "file", .description = "d", .options = {{"file_path", folder.path / "audit.log"}}};
  ASSERT_TRUE(audit.follow({&wanted, 1}));
  const std::string hash = world.value(world.ask("POST", "sys/audit-hash/named", R"({"input":"a"})"), "data.hash");
  EXPECT_TRUE(world.ask("DELETE", "sys/audit/named").body.view().contains("cannot disable configuration-managed audit device"));
  ASSERT_TRUE(audit.follow({&wanted, 1}));
  EXPECT_EQ(world.value(world.ask("POST", "sys/audit-hash/named", R"({"input":"a"})"), "data.hash"), hash);
  auto changed = wanted;
  changed.options["log_raw"] = "true";
  EXPECT_TRUE(audit.follow({&changed, 1}).error().message.contains("cannot be changed"));
  ASSERT_EQ(world.ask("POST", "sys/audit/mine", R"({"type":"file","options":{"file_path":"discard"}})").status, 204);
  const ConfiguredAuditDevice both[] = {wanted, {.path = "mine/", .type = "file", .options = {{"file_path", "discard"}}}};
  EXPECT_TRUE(audit.follow(both).error().message.contains("enabled through the API"));
  ASSERT_TRUE(audit.follow({}));
  EXPECT_EQ(audit.enabled()->size(), 1u);  // that of the API stays
  ASSERT_EQ(world.ask("DELETE", "sys/audit/mine").status, 204);
  // One that cannot write lets nothing pass, since the operator wants everything written.
  const ConfiguredAuditDevice broken{.path = "broken/", .type = "file", .options = {{"file_path", "/proc/audit.log"}}};
  ASSERT_TRUE(audit.follow({&broken, 1}));
  EXPECT_EQ(world.ask("GET", "sys/mounts").status, 500);
  ASSERT_TRUE(audit.follow({}));
  EXPECT_EQ(world.ask("GET", "sys/mounts").status, 200);
}

// A device that takes entries and never answers, beside those that do: it holds up those only who need it.
struct Neighbours {
  FakeDevice::Switches fake;
  World world;

  explicit Neighbours(AuditRequire require) : world(with(fake)) {
    world.core().audit().require(require);
    EXPECT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
    EXPECT_EQ(world.ask("POST", "sys/audit/fake", R"({"type":"fake"})").status, 204);
  }
  int write() { return world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status; }
};

TEST(AuditDevices, AnyLetsTheGoodOneDecide) {
  Neighbours two(AuditRequire::any);
  ASSERT_EQ(two.world.ask("POST", "sys/audit/other", R"({"type":"fake"})").status, 204);
  two.fake.stuck = 1;  // the first one that is asked
  EXPECT_EQ(two.write(), 200);
  two.fake.broken_ones = 1;
  EXPECT_EQ(two.write(), 200);
  two.fake.broken = true;
  EXPECT_EQ(two.write(), 500);
  two.fake.answer_the_stuck();  // late: nobody waits any more
  two.fake.broken = false;
  EXPECT_EQ(two.write(), 200);
}

// Without the new shares nobody could open the store any more.
TEST(AuditDevices, NewSharesAreToldThoughTheirLineCannotBeWritten) {
  FakeDevice::Switches fake;
  World world(with(fake));
  ASSERT_EQ(world.ask("POST", "sys/audit/fake", R"({"type":"fake"})").status, 204);
  const auto began = world.ask("POST", "sys/rekey/init", R"({"secret_shares":1,"secret_threshold":1})", "");
  const std::string body = concat(R"({"nonce":")", world.value(began, "nonce"), R"(","key":")", base64::encode(world.unseal_key().reveal()), "\"}");
  fake.good_ones = 0;
  EXPECT_EQ(world.ask("POST", "sys/rekey/update", body, "").status, 500);  // and nothing has happened
  fake.good_ones = 1;
  const auto made = world.ask("POST", "sys/rekey/update", body, "");
  ASSERT_EQ(made.status, 200) << made.body.view();
  EXPECT_EQ(world.ask("GET", "sys/mounts").status, 500);
  Arena arena;
  const std::string share = *base64::decode((*json::parse(arena, made.body.view()))->find("keys_base64")->items[0].text);
  world.core().seal();
  EXPECT_TRUE(world.core().unseal(share).has_value());
}

TEST(AuditDevices, AllNeedsEachOfThem) {
  Neighbours two(AuditRequire::all);
  ASSERT_EQ(two.world.ask("POST", "sys/audit/other", R"({"type":"fake"})").status, 204);
  EXPECT_EQ(two.write(), 200);
  two.fake.broken_ones = 1;
  EXPECT_EQ(two.write(), 500);
  EXPECT_EQ(two.write(), 200);
  two.world.core().audit().require(AuditRequire::any);
  two.fake.broken_ones = 1;
  EXPECT_EQ(two.write(), 200);
}

// A socket whose reader has stopped, beside a file, under 64 requests at a time.
TEST(AuditDevices, AStuckSocketBesideAGoodFile) {
  Folder folder;
  World world;
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  const std::string path = folder.path / "socket", file = folder.path / "audit.log";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  ASSERT_EQ(world.ask("POST", "sys/audit/good", concat(R"({"type":"file","options":{"file_path":")", file, R"("}})")).status, 204);
  ASSERT_EQ(world.ask("POST", "sys/audit/stuck", concat(R"({"type":"socket","options":{"write_timeout":"100ms","socket_type":"unix","address":")", path, R"("}})")).status, 204);
  const auto is_healthy = [&](std::string_view device) {
    const auto listed = world.ask("GET", "sys/audit?detailed=true");
    const auto text = listed.body.view();
    const auto at = text.find("\"healthy\":", std::min(text.find(concat("\"", device, "/\":{")), text.size()));
    return at != std::string_view::npos && text.substr(at).starts_with("\"healthy\":true");
  };
  const auto stuck_is_healthy = [&] { return is_healthy("stuck"); };
  const std::string large(30'000, 'x'), body = concat(R"({"data":{"k":[)", "\"", large, "\"", R"(]},"options":{}})");
  int rounds = 0;
  while (stuck_is_healthy()) {
    ASSERT_LT(++rounds, 200);
    std::vector<http::Request> requests;
    for (int i = 0; i < 64; ++i) requests.push_back(World::request("POST", "secret/data/" + std::to_string(i), body));
    for (const auto& response : world.serve_all(std::move(requests))) EXPECT_EQ(response.status, 200) << response.body.view();
  }
  const auto listed = world.ask("GET", "sys/audit?detailed=true");
  EXPECT_TRUE(is_healthy("good"));
  EXPECT_TRUE(world.value(listed, "data.stuck/.state.last_error").contains("does not keep up")) << listed.body.view();
  EXPECT_FALSE(world.ask("GET", "sys/audit").body.view().contains("state"));
  world.core().audit().require(AuditRequire::all);
  EXPECT_EQ(world.ask("GET", "secret/data/1").status, 500);
  const auto metrics = world.ask("GET", "sys/metrics?format=prometheus");  // needs the device, too
  EXPECT_EQ(metrics.status, 500);
  world.core().audit().require(AuditRequire::any);
  const std::string text(world.ask("GET", "sys/metrics?format=prometheus").body.view());
  for (const char* line : {"vault_audit_stuck__healthy 0", "vault_audit_good__healthy 1", "vault_audit_stuck__log_request_failure", "vault_audit_good__log_response_count"})
    EXPECT_TRUE(text.contains(line)) << line;
  // The reader goes on, and with it the device.
  const int reader = ::accept(listener, nullptr, nullptr);
  std::atomic<bool> stop = false;
  std::thread drain([&] {
    char block[1 << 16];
    while (!stop && ::recv(reader, block, sizeof block, 0) > 0) {}
  });
  while (!stuck_is_healthy()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  world.core().audit().require(AuditRequire::all);
  EXPECT_EQ(world.ask("GET", "secret/data/1").status, 200);
  stop = true;
  ::shutdown(reader, SHUT_RDWR);
  drain.join();
  ::close(reader);
  ::close(listener);
}

// The thread of the loop writes to the only device there is. If the disk holds it, the loop goes on with another one.
TEST(AuditDevices, ADiskThatHoldsAThreadHoldsUpNobodyElse) {
  using namespace std::chrono_literals;
  audit::FakeSink disk;
  disk.prompt = true;
  const auto make = [&](Core& core, AuditDeviceSetup setup) -> Result<std::unique_ptr<AuditDevice>> {
    return TRY(audit::ChainedDevice::open({.type = "disk", .name = "disk/", .id = setup.entry.id, .format = {.hmac = HmacSha256("salt")}, .key = audit::test_key(), .last = setup.last,
                                           .on_checkpoint = setup.on_checkpoint, .deadline = 2s, .clock = core.clock(), .log = core.log()},
                                          std::make_unique<audit::SharedSink>(disk)));
  };
  World world({.prepare = [&](Core& core) { core.audit().add_type("disk", [&](AuditDeviceSetup setup) { return make(core, std::move(setup)); }); }});
  ASSERT_EQ(world.ask("POST", "sys/mounts/secret", R"({"type":"kv-v2"})").status, 204);
  ASSERT_EQ(world.ask("POST", "secret/data/a", R"({"data":{"k":"v"}})").status, 200);
  ASSERT_EQ(world.ask("POST", "sys/audit/disk", R"({"type":"disk"})").status, 204);
  EXPECT_EQ(world.ask("GET", "secret/data/a").status, 200);
  const auto read_while_held = [&](auto meanwhile) {
    const auto appends = [&] {
      std::lock_guard lock(disk.mutex);
      return disk.appends;
    };
    const int before = appends();
    disk.block(true);
    auto held = std::async(std::launch::async, [&] { return world.ask("GET", "secret/data/a").status; });
    while (appends() == before) std::this_thread::yield();
    EXPECT_EQ(world.ask("GET", "sys/health").status, 200);
    meanwhile(held);
    disk.block(false);
    return held.get();
  };
  EXPECT_EQ(read_while_held([](auto&) {}), 200);
  EXPECT_EQ(read_while_held([&](auto& held) {
    held.wait();
    EXPECT_EQ(world.ask("GET", "secret/data/a").status, 500);  // whoever comes now waits for nobody
  }), 500);  // in time, by the watcher
  while (world.ask("GET", "secret/data/a").status != 200) std::this_thread::yield();
  EXPECT_EQ(world.ask("DELETE", "sys/audit/disk").status, 204);
  EXPECT_TRUE(audit::Kit().verify(disk.now()).ok());
}

}  // namespace
}  // namespace sr::test
