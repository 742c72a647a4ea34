#include "logical/policy.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "base/limits.h"

namespace sr {
namespace {

using enum Capability;
using std::chrono::seconds;
using testing::HasSubstr;

Policy parse(std::string_view text) {
  auto policy = parse_policy(PolicyName("test"), text);
  EXPECT_TRUE(policy.has_value()) << text << ": " << (policy ? "" : policy.error().message);
  return policy ? *std::move(policy) : Policy{};
}

std::string error_of(std::string_view text) {
  const auto policy = parse_policy(PolicyName("test"), text);
  if (policy) return "no error";
  EXPECT_EQ(policy.error().code, Code::invalid);
  return policy.error().message;
}

std::vector<std::string> texts(const std::vector<json::Text>& values) {
  std::vector<std::string> list;
  for (const json::Text& value : values) list.push_back(value.text);
  return list;
}

TEST(Policy, KeepsItsTextAndAllFields) {
  const char* text = R"(
    name = "ignored"
    path "secret/data/*" {
      comment = "what it is for"
      capabilities = ["create", "read", "update", "delete", "list", "sudo", "patch", "scan", "subscribe", "recover"]
      allowed_parameters = {
        "Data" = []
        "mixed" = ["a*", 5, -1.5, true, ["x", 0x10], { "k" = "v" }]
      }
      denied_parameters { "Bad" = ["<x>"] }
      required_parameters = ["Foo", "bar"]
      min_wrapping_ttl = 300
      max_wrapping_ttl = "1h30m"
      pagination_limit = "12"
    })";
  const Policy policy = parse(text);
  EXPECT_EQ(policy.text, text);
  ASSERT_EQ(policy.rules.size(), 1u);
  const PathRule& rule = policy.rules[0];
  EXPECT_EQ(rule.pattern, "secret/data/*");
  EXPECT_TRUE(rule.is_prefix);
  EXPECT_FALSE(rule.has_wildcard_segments || rule.is_templated);
  EXPECT_EQ(rule.capabilities, (CapabilitySet{create, read, update, remove, list, sudo, patch, scan, subscribe, recover}));
  EXPECT_TRUE(rule.allowed_parameters.at("data").empty());
  EXPECT_EQ(texts(rule.allowed_parameters.at("mixed")), (std::vector<std::string>{R"("a*")", "5", "-1.5", "true", R"(["x",16])", R"({"k":"v"})"}));
  EXPECT_EQ(texts(rule.denied_parameters.at("bad")), (std::vector<std::string>{R"("\u003cx\u003e")"}));
  EXPECT_EQ(rule.required_parameters, (std::vector<std::string>{"foo", "bar"}));
  EXPECT_EQ(rule.min_wrapping_ttl, seconds(300));
  EXPECT_EQ(rule.max_wrapping_ttl, seconds(5400));
  EXPECT_EQ(rule.pagination_limit, 12);
}

TEST(Policy, JsonIsTheSame) {
  for (const char* text : {R"({"path": {"kv/*": {"capabilities": ["read"], "allowed_parameters": {"A": [1]}}, "b": {"policy": "deny"}}})",
                           R"({"path": [{"kv/*": {"capabilities": ["read"], "allowed_parameters": {"A": [1]}}}, {"b": {"policy": "deny"}}]})"}) {
    const Policy policy = parse(text);
    ASSERT_EQ(policy.rules.size(), 2u);
    EXPECT_EQ(policy.rules[0].pattern, "kv/*");
    EXPECT_EQ(texts(policy.rules[0].allowed_parameters.at("a")), std::vector<std::string>{"1"});
    EXPECT_EQ(policy.rules[1].capabilities, CapabilitySet{deny});
  }
}

TEST(Policy, LegacyWords) {
  const struct { const char* text; CapabilitySet expected; } table[] = {
      {R"(path "a" { policy = "read" })", {read, list}},
      {R"(path "a" { policy = "write" })", {create, read, update, remove, list}},
      {R"(path "a" { policy = "sudo" })", {create, read, update, remove, list, sudo}},
      {R"(path "a" { policy = "deny" capabilities = ["read"] })", {deny}},
      {R"(path "a" { policy = "read" capabilities = ["update"] })", {read, list, update}},
      {R"(path "a" { capabilities = ["read", "deny", "nonsense after a deny"] })", {deny}},
      {R"(path "a" { })", {}},
  };
  for (const auto& row : table) EXPECT_EQ(parse(row.text).rules.at(0).capabilities, row.expected) << row.text;
}

TEST(Policy, DenyStandsAlone) {
  const PathRule rule = parse(R"(path "a/*" { capabilities = ["deny"] allowed_parameters = { "x" = [] } pagination_limit = 3 })").rules.at(0);
  EXPECT_TRUE(rule.allowed_parameters.empty() && rule.is_prefix);
  EXPECT_EQ(rule.pagination_limit, 0);
}

TEST(Policy, Patterns) {
  const struct { const char *path, *pattern; bool prefix, segments; } table[] = {
      {"/secret/a", "secret/a", false, false}, {"//a", "/a", false, false}, {"*", "*", true, false},      {"a*b", "a*b", false, false},
      {"a**", "a**", true, false},             {"+", "+", false, true},     {"+/a", "+/a", false, true},  {"a/+", "a/+", false, true},
      {"a/+/b*", "a/+/b*", true, true},        {"a/+b", "a/+b", false, true}, {"a+/b", "a+/b", false, false}, {"+a", "+a", false, false},
      {"", "", false, false},
  };
  for (const auto& row : table) {
    const PathRule rule = parse("path \"" + std::string(row.path) + "\" { policy = \"read\" }").rules.at(0);
    EXPECT_EQ(rule.pattern, row.pattern);
    EXPECT_EQ(rule.is_prefix, row.prefix) << row.path;
    EXPECT_EQ(rule.has_wildcard_segments, row.segments) << row.path;
  }
}

TEST(Policy, Templates) {
  EXPECT_TRUE(parse(R"(path "a/{{identity.entity.id}}/b" { policy = "read" })").rules.at(0).is_templated);
  EXPECT_TRUE(parse(R"(path "{{a}}{{b}}" { policy = "read" })").rules.at(0).is_templated);
  EXPECT_FALSE(parse(R"(path "a/{b}" { policy = "read" })").rules.at(0).is_templated);
  for (const char* path : {"a{{x", "a}}x", "a{{b}}x}}", "{{a{{b}}", "{{a}}{{"})
    EXPECT_EQ(error_of("path \"" + std::string(path) + "\" { }"), "failed to parse policy: failed to validate policy templating: unbalanced templating characters") << path;
}

// The texts are Vault's, as clients show them.
TEST(Policy, Refusals) {
  const struct { const char *text, *message; } table[] = {
      {R"(path "/" { capabilities = ["read", "banana"] })", R"(failed to parse policy: path "/": invalid capability "banana")"},
      {R"(path "a" { capabilities = ["READ"] })", R"(failed to parse policy: path "a": invalid capability "READ")"},
      {R"(path "a" { capabilities = ["root"] })", R"(failed to parse policy: path "a": invalid capability "root")"},
      {R"(path "a" { capabilities = ["nonsense", "deny"] })", R"(failed to parse policy: path "a": invalid capability "nonsense")"},
      {R"(path "a" { policy = "banana" })", R"(failed to parse policy: path "a": invalid policy "banana")"},
      {R"(path "/foo/+*" { policy = "read" })", R"(failed to parse policy: path "foo/+*": invalid use of wildcards ('+*' is forbidden))"},
      {"name = \"x\"\nbad = 1\nnope = 2", "failed to parse policy: 2 errors occurred:\n\t* invalid key \"bad\" on line 2\n\t* invalid key \"nope\" on line 3\n\n"},
      {"path \"a\" {\n  capabilites = [\"read\"]\n}", "failed to parse policy: 1 error occurred:\n\t* path \"a\": invalid key \"capabilites\" on line 2\n\n"},
      {R"(path "a" { min_wrapping_ttl = 400 max_wrapping_ttl = 200 })", R"(failed to parse policy: path "a": max_wrapping_ttl cannot be less than min_wrapping_ttl)"},
  };
  for (const auto& row : table) EXPECT_EQ(error_of(row.text), row.message);

  for (const char* text : {"path", R"(path "a")", R"(path = "a")", R"(path "a" = "b")", R"(path { policy = "read" })", R"(path "a" "b" { policy = "read" })", "[]", R"({"path": "x"})",
                           R"(PATH "a" { })", R"(path "a" { Capabilities = ["read"] })", R"(path "a" { capabilities = "read" })", R"(path "a" { capabilities = [["read"]] })",
                           R"(path "a" { capabilities = ["read"] capabilities = ["list"] })", R"(path "a" { policy = ["read"] })", R"(path "a" { required_parameters = "x" })",
                           R"(path "a" { allowed_parameters = ["x"] })", R"(path "a" { allowed_parameters = { "x" = "y" } })", R"(path "a" { min_wrapping_ttl = "abc" })",
                           R"(path "a" { min_wrapping_ttl = -5 })", R"(path "a" { max_wrapping_ttl = [1] })", R"(path "a" { pagination_limit = -1 })", R"(path "a" { pagination_limit = "x" })"})
    EXPECT_THAT(error_of(text), testing::StartsWith("failed to parse policy: ")) << text;
}

// What restricts and is not enforced is refused: this list may only become shorter.
TEST(Policy, UnenforcedFieldsAreRefused) {
  for (const char* field : {R"(mfa_methods = ["x"])", "control_group = { }", "control_group { }", R"(subscribe_event_types = ["*"])"})
    EXPECT_THAT(error_of("path \"a\" { capabilities = [\"read\", \"list\"]\n" + std::string(field) + "\n}"), HasSubstr("\" is not supported")) << field;
}

TEST(Policy, ARuleMayExpireAndFilterLists) {
  const Policy policy = parse(R"(path "a" { capabilities = ["list"] expiration = "2030-01-01T00:00:00Z" list_scan_response_keys_filter_path = "{{ .path }}{{ .key }}" }
                                 path "b" { capabilities = ["deny"] expiration = 1893456000 }
                                 path "c" { capabilities = ["read"] })");
  EXPECT_EQ(policy.rules[0].expiration, Time(Seconds(1'893'456'000)));
  EXPECT_EQ(policy.rules[0].keys_filter.path_of("a/", "x"), "a/x");
  EXPECT_EQ(policy.rules[1].expiration, Time(Seconds(1'893'456'000))) << "a deny expires too";
  EXPECT_FALSE(policy.rules[2].expiration);
  EXPECT_TRUE(policy.rules[2].keys_filter.empty());
  EXPECT_EQ(error_of(R"(path "a" { expiration = "soon" })"), R"(failed to parse policy: path "a": invalid expiration time: could not parse string as date and time)");
  EXPECT_THAT(error_of(R"(path "a" { capabilities = ["read"] list_scan_response_keys_filter_path = "{{ .key }}" })"), HasSubstr("with the list capability"));
  EXPECT_THAT(error_of(R"(path "a" { capabilities = ["list"] list_scan_response_keys_filter_path = "{{ .path }}" })"), HasSubstr("same path for two different keys"));
}

TEST(Policy, Limits) {
  std::string many;
  for (std::size_t i = 0; i < limits::policy_rules; ++i) many += "path \"a" + std::to_string(i) + "\" {}\n";
  EXPECT_EQ(parse(many).rules.size(), limits::policy_rules);
  EXPECT_THAT(error_of(many + "path \"b\" {}"), HasSubstr("more than"));
  EXPECT_NE(error_of("#" + std::string(limits::policy_bytes, 'x')), "no error");
  std::string deep = R"(path "a" { allowed_parameters = { "x" = [)" + std::string(100'000, '[');
  EXPECT_NE(error_of(deep), "no error");
}

TEST(Policy, BuiltIns) {
  const Policy standard = parse(default_policy_text());
  std::vector<std::string> patterns;
  for (const PathRule& rule : standard.rules) patterns.push_back(rule.pattern);
  EXPECT_THAT(patterns, testing::IsSupersetOf({"auth/token/lookup-self", "auth/token/renew-self", "auth/token/revoke-self", "sys/capabilities-self", "sys/internal/ui/resultant-acl",
                                               "sys/leases/renew", "sys/leases/lookup", "cubbyhole/*", "sys/wrapping/wrap", "sys/wrapping/lookup", "sys/wrapping/unwrap",
                                               "sys/tools/hash", "sys/tools/hash/*", "identity/oidc/provider/+/authorize"}));
  EXPECT_EQ(parse(response_wrapping_policy_text()).rules.size(), 2u);
}

// ---- names --------------------------------------------------------------------------------------------------------------

TEST(PolicyName, OneSpelling) {
  EXPECT_EQ(parse_policy_name("Dev-Team_1")->text(), "dev-team_1");
  EXPECT_EQ(parse_policy_name("my policy")->text(), "my policy");
  EXPECT_EQ(parse_policy_name("ПОЛИТИКА")->text(), "политика");
  EXPECT_TRUE(is_root(*parse_policy_name("ROOT")));
  EXPECT_TRUE(is_immutable(*parse_policy_name("Response-Wrapping")));
  EXPECT_TRUE(is_undeletable(*parse_policy_name("default")));
  EXPECT_FALSE(is_immutable(*parse_policy_name("default")));
  EXPECT_FALSE(is_assignable(*parse_policy_name("response-wrapping")));
}

// CVE-2025-5999, CVE-2026-105820: whatever looks like "root" is "root", or is no name.
TEST(PolicyName, NoWayRoundTheCheckForRoot) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, " root"sv, "root "sv, "\troot"sv, "root\n"sv, "root\0"sv, "ro\0ot"sv, "\0root"sv, "root\u00A0"sv, "\u3000root"sv, "ro\u200Bot"sv, "\uFEFFroot"sv, "root\u00AD"sv,
                          "ro\u202Eot"sv, "../root"sv, "a/b"sv, "a\\b"sv, "a..b"sv, ".."sv, "ro%6Ft"sv, "root\xff"sv, "ro\x7Fot"sv, "root\u0085"sv, "\xC1\xB2oot"sv})
    EXPECT_FALSE(parse_policy_name(text).has_value()) << testing::PrintToString(text);
  EXPECT_FALSE(parse_policy_name(std::string(513, 'a')).has_value());
  EXPECT_FALSE(is_root(*parse_policy_name("ＲＯＯＴ")));  // full width: another name, and stays one
  for (const char* text : {"rOOt", "Root", "ROOT"}) EXPECT_TRUE(is_root(*parse_policy_name(text)));
}

}  // namespace
}  // namespace sr
