// A secret that goes in by every door shows up in no audit line, no log, no error and no metric. In plain, as in Vault, the log has paths,
// the names of fields, and what identifies: display names, metadata and policies of tokens.
#include <gtest/gtest.h>
#include "base/concat.h"
#include "core/fakes.h"
#include "text/base64.h"

namespace sr::test {
namespace {

constexpr std::string_view canary = "canary-1f2e3d";

struct Cage {
  Folder folder;
  FakeDevice::Switches device;
  std::string server_log;
  World world;

  Cage() : server_log(folder.path / "server.log"), world(options()) {
    EXPECT_EQ(world.ask("POST", "sys/audit/fake", R"({"type":"fake"})").status, 204);
    EXPECT_EQ(world.ask("POST", "sys/config/auditing/request-headers/x-canary", R"({"hmac":true})").status, 204);
    EXPECT_EQ(world.ask("POST", "sys/config/auditing/request-headers/x-vault-token", R"({"hmac":false})").status, 204);
    constexpr std::pair<const char*, const char*> mounts[] = {{"sys/mounts/secret", "kv-v2"}, {"sys/mounts/old", "kv"}, {"sys/auth/userpass", "userpass"}, {"sys/auth/approle", "approle"}};
    for (const auto& [path, type] : mounts)
      EXPECT_EQ(world.ask("POST", path, concat(R"({"type":")", type, R"("})")).status, 204);
  }
  World::Options options() {
    auto made = with(device);
    made.log_file = server_log;
    return made;
  }
  void expect_nothing(std::string_view where) {
    const auto search = [&](std::string_view text, std::string_view what) {
      const auto at = text.find(canary);
      EXPECT_EQ(at, std::string_view::npos) << where << " in " << what << ": " << text.substr(at < 300 ? 0 : at - 300, 400);
    };
    {
      std::lock_guard lock(device.mutex);
      search(device.text, "the audit log");
      device.text.clear();
    }
    std::ifstream in(server_log);
    std::stringstream log;
    log << in.rdbuf();
    search(log.str(), "the server's log");
    search(world.ask("GET", "sys/metrics?format=prometheus").body.view(), "the metrics");
  }
  int try_it(std::string method, std::string_view path, std::string_view body, std::string_view token = root_token, std::vector<http::Header> headers = {}) {
    auto request = World::request(std::move(method), path, body, token);
    std::ranges::move(headers, std::back_inserter(request.headers));
    return world.serve(std::move(request)).status;
  }
};

TEST(Canary, StaysInEveryKindOfRequest) {
  Cage cage;
  const std::string secret(canary), in_base64 = base64::encode(canary);
  const std::string bodies[] = {concat(R"({"data":{"k":")", secret, R"("},"password":")", secret, R"("})"),
                                concat(R"({"data":[{"deep":[")", secret, R"(",{"x":")", secret, R"("}]}]})"),
                                R"({"data":{"k":"\u0063anary-1f2e3d"}})", concat("{malformed ", secret), concat(R"({"token":")", secret, R"(","input":")", in_base64, R"("})"),
                                concat(R"({"custom_metadata":{"k":")", secret, R"("},"data":{"k":")", std::string(40'000, 'x'), secret, R"("}})"),
                                concat(R"({"max_versions":")", secret, R"(","ttl":")", secret, R"(","options":{"cas":")", secret, R"("}})")};
  const std::string paths[] = {"secret/data/a", "secret/metadata/a", "old/a", "cubbyhole/a", "auth/userpass/login/bob", "auth/userpass/users/bob", "auth/approle/login", "auth/token/lookup",
                               "auth/token/revoke", "sys/wrapping/wrap", "sys/wrapping/unwrap", "sys/tools/hash", "sys/audit-hash/fake", "sys/policies/password/p", "sys/unseal", "nowhere/a", "secret/nowhere"};
  for (const auto& path : paths) {
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "LIST", "BREW"})
      for (const auto& body : bodies) cage.try_it(method, path, body);
    cage.try_it("POST", path, bodies[0], secret);  // as a token, and without one
    cage.try_it("POST", path, bodies[0], "");
    cage.try_it("GET", concat(path, "?version=", secret, "&other=", secret), "");
    cage.try_it("GET", path, "", root_token, {{"X-Canary", secret}, {"X-Vault-Wrap-TTL", secret}});
    cage.try_it("GET", path, "", root_token, {{"X-Canary", secret}, {"X-Vault-Wrap-TTL", "60s"}, {"Cookie", secret}});
    cage.try_it("GET", path, "", "", {{"Authorization", concat("Bearer ", secret)}, {"X-Vault-Namespace", secret}});
    cage.expect_nothing(path);
  }
}

// Every field of every route of every mount.
TEST(Canary, StaysInEveryField) {
  Cage cage;
  // What identifies is written in plain; what ends the server or its root token would end the test.
  constexpr std::string_view plain_fields[] = {"display_name", "meta", "metadata", "policies", "token_policies", "policy", "role_name", "name", "path", "paths", "alias", "from", "to"};
  constexpr std::string_view left_out[] = {"seal", "step-down", "init", "revoke-self", "revoke-orphan"};
  std::size_t tried = 0;
  const auto router = cage.world.core().mounts().current();
  for (const auto& [at, mount] : router->mounts())
    for (const Route& route : mount->spec.routes)
      for (const std::string_view pattern : route.paths) {
        if (std::ranges::find(left_out, pattern) != std::end(left_out)) continue;
        std::string path = mount->entry.path;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
          if (pattern[i] != '{') path += pattern[i];
          else path += "c1", i = pattern.find('}', i);
        }
        std::string body = "{\"unknown\":\"" + std::string(canary) + "\"";
        for (const FieldInfo* field : route.fields)
          if (std::ranges::find(plain_fields, field->name) == std::end(plain_fields)) body += concat(",\"", field->name, "\":\"", canary, "\"");
        body += '}';
        for (const Verb& verb : route.verbs)
          if (verb.op == Op::update || verb.op == Op::create || verb.op == Op::patch) {
            cage.try_it(verb.op == Op::patch ? "PATCH" : "POST", path, body);
            ++tried;
          }
        cage.expect_nothing(path);
      }
  EXPECT_GT(tried, 80u);
}

// Semantics of Vault: what monitors and whoever unseals ask is not in the log; nor is what was no request at all.
TEST(Canary, WhatIsNotAudited) {
  Cage cage;
  struct Row { const char *method, *path, *body; int lines; };
  constexpr Row rows[] = {
      {"GET", "sys/health", "", 0},   {"GET", "sys/seal-status", "", 0}, {"GET", "sys/leader", "", 0},         {"GET", "sys/init", "", 0},
      {"POST", "sys/init", "{}", 0},  {"POST", "sys/unseal", "{}", 0},   {"POST", "secret/data/a", "{bad", 0}, {"BREW", "secret/data/a", "", 0},
      {"GET", "secret/../a", "", 0},  {"GET", "sys/metrics", "", 2},     {"GET", "sys/mounts", "", 2},         {"GET", "sys/internal/ui/mounts", "", 2},
      {"GET", "nowhere/a", "", 2},    {"LIST", "secret/metadata", "", 2}, {"HELP", "secret", "", 2},           {"POST", "auth/userpass/login/bob", "{}", 2},
      {"GET", "sys/host-info", "", 2}, {"DELETE", "secret/data/none", "", 2},
  };
  for (const auto& row : rows) {
    const int before = cage.device.lines;
    cage.try_it(row.method, row.path, row.body);
    EXPECT_EQ(cage.device.lines - before, row.lines) << row.method << ' ' << row.path;
  }
}

TEST(AuditedHeaders, AreShownAsConfigured) {
  Cage cage;
  EXPECT_EQ(cage.try_it("POST", "sys/config/auditing/request-headers/X-Plain", "{}"), 204);
  cage.device.text.clear();
  EXPECT_EQ(cage.try_it("GET", "sys/mounts", "", root_token, {{"x-PLAIN", "one"}, {"X-Canary", "two"}, {"X-Plain", "three"}, {"X-Other", "four"}}), 200);
  const std::string& text = cage.device.text;
  EXPECT_TRUE(text.contains(concat(R"("headers":{"x-canary":[")", AuditFormat{.hmac = HmacSha256("salt")}.hash("two"), R"("],"x-plain":["one","three"],"x-vault-token":["hmac-sha256:)"))) << text;
  EXPECT_FALSE(text.contains("four"));
}

}  // namespace
}  // namespace sr::test
