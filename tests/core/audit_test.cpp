// Audit devices that come and go while requests are answered.
#include <gtest/gtest.h>
#include <filesystem>
#include "audit/verify.h"
#include "base/concat.h"
#include "core/world.h"

namespace sr::test {
namespace {

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / concat("strongroom-audit-", std::to_string(::getpid()));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

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

}  // namespace
}  // namespace sr::test
