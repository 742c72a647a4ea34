#include "logical/audit_entry.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include "base/arena.h"

namespace sr {
namespace {

using testing::HasSubstr;
using testing::Not;
using Strings = std::vector<std::string>;

constexpr std::string_view salt = "salt-of-the-device";

// Made with Python's hmac module under the salt above.
const std::map<std::string, std::string> known_hashes = {
  {"hvs.canary", "1d1941c0851758a19413ca91ac7fc7e8ba192311d0bd9871f215e3680ca00c1c"},
  {"acc-canary", "cd984e3aa09baf2efdd74334ed4729187ec0b805905c7a7794e5af0550ebb881"},
  {"s3cr3t-canary", "5e0a29171fbea99d16d03137f0592728bca432765d4c591f3b9d82c33f9baab6"},
  {"<&\u2028\"x", "c25fa963f42bdeebfd1ee64656b5af84f118e27163fb0c344cdc326667abe03a"},
  {"wrap-canary", "9357b986bd7573491947b01eb97f3deb0abf57290f77d8978545ac224e0afd3d"},
  {"wrapacc-canary", "8c15c68f1e71ac9091f4da183e5ee0a5be571c89fb60eeb2a1b03e135db49ff3"},
  {"h-canary", "3f699d550c9cfc9f6e1326bd658c97708ef8521eacd84a917395a948a7ce27ca"},
};

// A golden line reads #value# where the hash of the value stands.
std::string golden(std::string text) {
  for (const auto& [value, digits] : known_hashes)
    for (std::size_t at; (at = text.find("#" + value + "#")) != std::string::npos;) text.replace(at, value.size() + 2, "hmac-sha256:" + digits);
  return text;
}

AuditFormat format() { return {.hmac = HmacSha256(salt)}; }

std::string line(const AuditEntry& entry, const AuditFormat& how) {
  Buffer out;
  render(out, entry, how);
  return std::string(out.view());
}

// A KV write by a service token, as the core would fill it in.
struct Example {
  Strings policies{"app", "default"};
  std::vector<AuditPolicy> granting{{.name = "app"}};
  AuditAuth::Metadata metadata{{"role", "a<b"}};
  std::vector<AuditHeader> headers{{.name = "x-a", .value = "1"}, {.name = "x-a", .value = "2"}, {.name = "x-b", .value = "h-canary", .hmac = true}};
  AuditAuth auth{.client_token = "hvs.canary", .accessor = "acc-canary", .display_name = "approle", .policies = policies, .token_policies = policies,
                 .judged = true, .allowed = true, .granting_policies = granting, .metadata = &metadata, .remaining_uses = 3, .token_type = "service",
                 .token_ttl = Seconds(3600), .token_issue_time = Time(Seconds(1'700'000'000))};
  AuditEntry entry{.time = Time(Seconds(1'700'000'000)) + std::chrono::milliseconds(120), .auth = auth, .request_id = "id-1", .op = Op::update,
                   .mount = {.point = "secret/", .type = "kv", .accessor = "kv_1a2b", .running_version = "v1.19.0", .mount_class = "secret"},
                   .client_token = "hvs.canary", .client_token_accessor = "acc-canary", .path = "secret/data/app",
                   .request_data = R"({"data":{"n":1.0,"on":true,"password":"s3cr3t-canary","x":["\u003c\u0026\u2028\"x",null]}})",
                   .remote_address = "127.0.0.1", .remote_port = 4711, .wrap_ttl = Seconds(60), .headers = headers};
};

constexpr std::string_view head = R"({"time":"2023-11-14T22:13:20.12Z","type":")";
constexpr std::string_view auth_text =
  R"("auth":{"client_token":"#hvs.canary#","accessor":"#acc-canary#","display_name":"approle","policies":["app","default"],)"
  R"("token_policies":["app","default"],"policy_results":{"allowed":true,"granting_policies":[{"name":"app","namespace_id":"root","type":"acl"}]},)"
  R"("metadata":{"role":"a\u003cb"},"remaining_uses":3,"token_type":"service","token_ttl":3600,"token_issue_time":"2023-11-14T22:13:20Z"})";
constexpr std::string_view request_text =
  R"("request":{"id":"id-1","operation":"update","mount_point":"secret/","mount_type":"kv","mount_accessor":"kv_1a2b","mount_running_version":"v1.19.0",)"
  R"("mount_class":"secret","client_token":"#hvs.canary#","client_token_accessor":"#acc-canary#","namespace":{"id":"root"},"path":"secret/data/app",)"
  R"("data":{"data":{"n":1.0,"on":true,"password":"#s3cr3t-canary#","x":["#<&)" "\u2028" R"("x#",null]}},"remote_address":"127.0.0.1","remote_port":4711,)"
  R"("wrap_ttl":60,"headers":{"x-a":["1","2"],"x-b":["#h-canary#"]}})";

TEST(AuditEntry, ARequestReadsAsInVault) {
  const Example example;
  EXPECT_EQ(line(example.entry, format()), golden(std::string(head) + "request\"," + std::string(auth_text) + "," + std::string(request_text)));
}

TEST(AuditEntry, AResponseCarriesBoth) {
  Example example;
  const Strings warnings{"beware"};
  const AuditAuth login{.client_token = "hvs.canary", .accessor = "acc-canary", .policies = example.policies, .num_uses = 5, .token_type = "service"};
  const AuditWrap wrap{.ttl = Seconds(60), .token = "wrap-canary", .accessor = "wrapacc-canary", .creation_time = Time(Seconds(1'700'000'000)), .creation_path = "secret/data/app"};
  example.entry.kind = AuditEntry::Kind::response;
  example.entry.login = &login;
  example.entry.lease_id = "database/creds/x/1";
  example.entry.response_data = R"({"version":2})";
  example.entry.warnings = warnings;
  example.entry.wrap = &wrap;
  example.entry.error = "permission denied";
  EXPECT_EQ(line(example.entry, format()), golden(
    std::string(head) + "response\"," + std::string(auth_text) + "," + std::string(request_text) +
    R"(,"response":{"auth":{"client_token":"#hvs.canary#","accessor":"#acc-canary#","policies":["app","default"],"num_uses":5,"token_type":"service"},)"
    R"("mount_point":"secret/","mount_type":"kv","mount_accessor":"kv_1a2b","mount_running_plugin_version":"v1.19.0","mount_class":"secret",)"
    R"("secret":{"lease_id":"database/creds/x/1"},"data":{"version":2},"warnings":["beware"],)"
    R"("wrap_info":{"ttl":60,"token":"#wrap-canary#","accessor":"#wrapacc-canary#","creation_time":"2023-11-14T22:13:20Z","creation_path":"secret/data/app"}})"
    R"(,"error":"permission denied")"));
}

TEST(AuditEntry, TheSecondLineOfARequestTakesOverWhoAskedForWhat) {
  Example example;
  const AuditFormat how = format();
  Buffer out;
  out += "before";
  const AuditPassage asked = render(out, example.entry, how);
  EXPECT_EQ(out.view().substr(asked.begin, asked.end - asked.begin), golden("," + std::string(auth_text) + "," + std::string(request_text)));
  example.entry.kind = AuditEntry::Kind::response;
  example.entry.response_data = R"({"version":2})";
  const std::size_t second = out.size();
  const AuditPassage again = render(out, example.entry, how, asked);
  EXPECT_EQ(out.view().substr(second), line(example.entry, how));
  EXPECT_EQ(out.view().substr(again.begin, again.end - again.begin), std::string(out.view().substr(asked.begin, asked.end - asked.begin)));
}

TEST(AuditEntry, WithoutATokenLittleIsLeft) {
  const AuditEntry entry{.request_id = "i", .op = Op::read, .path = "sys/x", .request_data = "{}"};
  EXPECT_EQ(line(entry, format()), R"({"time":"1970-01-01T00:00:00Z","type":"request","auth":{"token_type":"default"},)"
                                   R"("request":{"id":"i","operation":"read","namespace":{"id":"root"},"path":"sys/x"})");
}

TEST(AuditEntry, NoCanaryEverShowsWhereHashingIsOn) {
  Example example;
  example.entry.kind = AuditEntry::Kind::response;
  const AuditAuth login{.client_token = "hvs.canary", .accessor = "acc-canary"};
  const AuditWrap wrap{.token = "wrap-canary", .accessor = "wrapacc-canary", .wrapped_accessor = "acc-canary"};
  example.entry.login = &login;
  example.entry.wrap = &wrap;
  example.entry.response_data = R"({"a":["s3cr3t-canary",{"b":"x\u0073-canary"}],"keys":["list-canary"]})";
  const Strings other{"unrelated"};
  for (const bool elide : {false, true})
    for (const bool plain_keys : {false, true}) {
      AuditFormat how = format();
      how.elide_list_responses = elide;
      example.entry.op = Op::list;
      example.entry.plain_request_keys = example.entry.plain_response_keys = plain_keys ? std::span<const std::string>(other) : std::span<const std::string>();
      EXPECT_THAT(line(example.entry, how), Not(HasSubstr("canary")));
    }
}

TEST(AuditEntry, PlainKeysShowTheirValuesAndThoseInTheirLists) {
  const Strings plain{"user"};
  AuditEntry entry{.path = "p", .request_data = R"({"list":[{"user":"s3cr3t-canary"}],"password":"s3cr3t-canary","user":["bob",{"deep":"s3cr3t-canary"}]})", .plain_request_keys = plain};
  EXPECT_THAT(line(entry, format()), HasSubstr(golden(R"("data":{"list":[{"user":"s3cr3t-canary"}],"password":"#s3cr3t-canary#","user":["bob",{"deep":"#s3cr3t-canary#"}]})")));
  // A tree prints as its text does.
  Arena arena;
  const json::Value* tree = *json::parse(arena, entry.request_data.text);
  const std::string from_text = line(entry, format());
  entry.request_data = tree;
  EXPECT_EQ(line(entry, format()), from_text);
  entry.plain_request_keys = {};
  entry.request_data = tree->find("list");  // not an object: still hashed
  EXPECT_THAT(line(entry, format()), Not(HasSubstr("canary")));
}

TEST(AuditEntry, ElidedListsCountTheirKeys) {
  AuditFormat how = format();
  how.elide_list_responses = true;
  AuditEntry entry{.kind = AuditEntry::Kind::response, .op = Op::list, .response_data = R"({"key_info":{"a":{"b":"c"}},"keys":["a","b"],"other":["h-canary"]})"};
  EXPECT_THAT(line(entry, how), HasSubstr(golden(R"("data":{"key_info":1,"keys":2,"other":["#h-canary#"]})")));
  how.log_raw = true;
  EXPECT_THAT(line(entry, how), HasSubstr(R"("data":{"key_info":1,"keys":2,"other":["h-canary"]})"));
  entry.op = Op::read;
  EXPECT_THAT(line(entry, how), HasSubstr(R"("keys":["a","b"])"));
}

TEST(AuditEntry, RawAndPlainAccessorsAreTheDevicesOwnWish) {
  const Example example;
  AuditFormat how = format();
  how.hmac_accessor = false;
  EXPECT_THAT(line(example.entry, how), testing::AllOf(HasSubstr("\"accessor\":\"acc-canary\""), HasSubstr("\"client_token_accessor\":\"acc-canary\""), Not(HasSubstr("hvs.canary"))));
  how.log_raw = true;
  EXPECT_THAT(line(example.entry, how), testing::AllOf(HasSubstr("\"client_token\":\"hvs.canary\""), HasSubstr("\"password\":\"s3cr3t-canary\""), Not(HasSubstr("h-canary"))));
  EXPECT_EQ(how.hash("hvs.canary"), golden("#hvs.canary#"));
}

TEST(AuditEntry, KeptHashesChangeNothing) {
  Example example;
  const AuditTokenHashes hashes;
  std::vector<AuditFormat> formats;
  for (int i = 0; i < 12; ++i) formats.push_back({.hmac = HmacSha256("salt " + std::to_string(i)), .hmac_accessor = i % 2 == 0});
  std::vector<std::string> expected;
  for (const AuditFormat& how : formats) expected.push_back(line(example.entry, how));
  example.entry.auth.hashes = &hashes;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round)
        for (std::size_t i = 0; i < formats.size(); ++i) ASSERT_EQ(line(example.entry, formats[i]), expected[i]);
    });
  for (std::thread& thread : threads) thread.join();
}

TEST(AuditEntry, AnotherTokenThanTheCallersIsHashedByItself) {
  Example example;
  const AuditTokenHashes hashes;
  example.entry.auth.hashes = &hashes;
  example.entry.client_token = "wrap-canary";
  example.entry.client_token_accessor = "wrapacc-canary";
  EXPECT_THAT(line(example.entry, format()), HasSubstr(golden(R"("client_token":"#wrap-canary#","client_token_accessor":"#wrapacc-canary#")")));
}

}  // namespace
}  // namespace sr
