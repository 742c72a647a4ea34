// sys/raw: rows by their storage keys, where the configuration lets an operator at them.
#include <gtest/gtest.h>
#include "base/concat.h"
#include "core/world.h"

namespace sr::test {
namespace {

struct Open : World {
  Open() : World({.initialised = true, .table = memory_table(), .raw_storage = true}) {
    EXPECT_EQ(ask("POST", "sys/mounts/old", R"({"type":"kv"})").status, 204);
    EXPECT_EQ(ask("POST", "old/app", R"({"a":"b"})").status, 204);
    mount = concat("sys/raw/1/root/", value(ask("GET", "sys/mounts/old"), "data.uuid"), "/");
  }
  std::string mount;
};

TEST(Raw, ShowsAndChangesWhatARowHolds) {
  Open world;
  EXPECT_EQ(world.keys(world.ask("LIST", "sys/raw")), 1u);
  EXPECT_EQ(world.keys(world.ask("LIST", "sys/raw/1/root")), 2u);  // the core's and the mount's
  const auto names = world.ask("LIST", world.mount);
  ASSERT_EQ(names.status, 200) << names.body.view();
  const std::string folder = world.mount.substr(std::string_view("sys/raw/").size());
  const std::string row = concat(world.mount, world.core().store().snapshot()->list(folder, {}, Depth::all)->front());
  const auto read = world.ask("GET", row);
  ASSERT_EQ(read.status, 200) << read.body.view();
  EXPECT_NE(world.value(read, "data.value").find(R"("a":"b")"), std::string::npos) << read.body.view();

  const auto exact = world.value(world.ask("GET", row + "?encoding=base64"), "data.value");
  ASSERT_EQ(world.ask("DELETE", row).status, 204);
  EXPECT_EQ(world.ask("GET", "old/app").status, 404);
  EXPECT_EQ(world.ask("GET", row).status, 404);
  ASSERT_EQ(world.ask("POST", row, concat(R"({"encoding":"base64","value":")", exact, R"("})")).status, 204);
  EXPECT_EQ(world.value(world.ask("GET", "old/app"), "data.a"), "b");
}

TEST(Raw, RefusesWhatWouldEndTheStore) {
  Open world;
  for (const char* name : {"seal/keyring", "seal/root-key", "format", "cluster", "seal/restored"}) {
    const std::string path = concat("sys/raw/1/root/core/", name);
    for (const char* method : {"GET", "POST", "DELETE"}) {
      const auto response = world.ask(method, path, *method == 'P' ? R"({"value":"x"})" : "");
      EXPECT_EQ(response.status, 400) << method << path;
      EXPECT_NE(response.body.view().find("cannot access"), std::string_view::npos) << response.body.view();
    }
  }
  const auto config = world.ask("GET", "sys/raw/1/root/core/seal/config");
  EXPECT_EQ(config.status, 200) << config.body.view();
  EXPECT_NE(world.value(config, "data.value").find("secret_shares"), std::string::npos);
  EXPECT_EQ(world.ask("POST", "sys/raw/1/root/core/seal/config", R"({"value":"x"})").status, 400);
  EXPECT_EQ(world.ask("POST", "sys/raw/1/root/x/y", R"({"value":"x","encoding":"hex"})").status, 400);
  EXPECT_EQ(world.ask("POST", "sys/raw/1/root/x/y", R"({"value":"!","encoding":"base64"})").status, 400);
  EXPECT_EQ(world.ask("POST", "sys/raw/1/root/x/y", R"({"value":"x","compression_type":"gzip"})").status, 400);
}

TEST(Raw, NeedsSudo) {
  Open world;
  ASSERT_EQ(world.ask("POST", "sys/policies/acl/raw", R"({"policy":"path \"sys/raw*\" { capabilities = [\"read\", \"list\", \"update\", \"delete\"] }"})").status, 204);
  const std::string token = world.value(world.ask("POST", "auth/token/create", R"({"policies":["raw"]})"), "auth.client_token");
  EXPECT_EQ(world.ask("LIST", "sys/raw", {}, token).status, 403);
  EXPECT_EQ(world.ask("GET", "sys/raw/1/root/core/seal/config", {}, token).status, 403);
  ASSERT_EQ(world.ask("POST", "sys/policies/acl/raw", R"({"policy":"path \"sys/raw*\" { capabilities = [\"read\", \"sudo\"] }"})").status, 204);
  EXPECT_EQ(world.ask("GET", "sys/raw/1/root/core/seal/config", {}, token).status, 200);
}

}  // namespace
}  // namespace sr::test
