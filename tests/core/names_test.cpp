// Names are the same to everybody who looks at them: to the policies that decide and to the handlers that act. Metamorphic: two spellings
// of one name are allowed or refused alike, for whatever policy; and what a policy refuses nobody reaches by another spelling.
#include <gtest/gtest.h>
#include <random>
#include "world.h"

namespace sr::test {
namespace {

struct Named {
  const char* path;  // with the name where '@' is
  const char* name;
  bool ignores_case;
};
constexpr Named named[] = {
    {"kv/@", "entry", false},          {"kv2/data/@", "entry", false},           {"kv2/metadata/@", "entry", false},  {"cubbyhole/@", "entry", false},
    {"auth/up/users/@", "ada", true},  {"auth/up/users/@/policies", "ada", true}, {"auth/roles/role/@", "web", true},  {"auth/roles/role/@/role-id", "web", true},
    {"sys/policies/acl/@", "p", true}, {"sys/policy/@", "p", true},              {"sys/mounts/@", "kv", false},       {"sys/quotas/rate-limit/@", "q", false},
    {"sys/config/auditing/request-headers/@", "xa", true}, {"sys/config/ui/headers/@", "xa", true}, {"sys/locked-users/any/unlock/@", "ada", true},
};

std::string with_name(std::string_view path, std::string_view name) {
  std::string out(path);
  return out.replace(out.find('@'), 1, name);
}

// The same bytes behind other percent-escapes, and other letters where they do not count.
std::string respelled(const Named& one, std::mt19937& random) {
  constexpr std::string_view hex = "0123456789ABCDEFabcdef";
  std::string out;
  for (const char c : std::string_view(one.name)) {
    char letter = c;
    if (one.ignores_case && random() % 2) letter = static_cast<char>(letter - 32);
    if (random() % 2) {
      out += letter;
      continue;
    }
    const auto digit = [&](unsigned value) { return value > 9 && random() % 2 ? hex[value + 6] : hex[value]; };
    out += '%';
    out += digit(static_cast<unsigned char>(letter) >> 4);
    out += digit(static_cast<unsigned char>(letter) & 15);
  }
  return out;
}

World& prepared(World& world) {
  EXPECT_EQ(world.ask("POST", "sys/mounts/kv", R"({"type": "kv"})").status, 204);
  EXPECT_EQ(world.ask("POST", "sys/mounts/kv2", R"({"type": "kv-v2"})").status, 204);
  EXPECT_EQ(world.ask("POST", "sys/auth/up", R"({"type": "userpass"})").status, 204);
  EXPECT_EQ(world.ask("POST", "sys/auth/roles", R"({"type": "approle"})").status, 204);
  return world;
}

std::string token_with(World& world, const std::string& rules) {
  json::Object policy;
  policy.put("policy", rules);
  EXPECT_EQ(world.ask("POST", "sys/policies/acl/tested", policy.text()).status, 204);
  return world.value(world.ask("POST", "auth/token/create", R"({"policies": ["tested"], "no_default_policy": true})"), "auth.client_token");
}

// CVE-2026-89322 and the deny bypasses by case of Vault 2.0.4 and 2.2.2; CVE-2026-3605.
TEST(Names, ADenyHoldsForEverySpelling) {
  World world;
  prepared(world);
  std::mt19937 random(7);
  for (const auto& one : named) {
    const std::string path = with_name(one.path, one.name);
    const std::string token = token_with(world, "path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\", \"patch\"] }\npath \"" + path + "\" { capabilities = [\"deny\"] }");
    EXPECT_NE(world.ask("GET", with_name(one.path, "other"), {}, token).status, 403) << one.path;
    for (int i = 0; i < 40; ++i) {
      const std::string spelled = with_name(one.path, respelled(one, random));
      for (const auto* method : {"GET", "POST", "DELETE", "PATCH"}) EXPECT_EQ(world.ask(method, spelled, "{}", token).status, 403) << method << ' ' << spelled;
      EXPECT_GE(world.ask("LIST", spelled, {}, token).status, 403) << "with a slash at the end most of these are no path at all: " << spelled;
    }
  }
}

// The other side of the same: canon(x) == canon(y) means decision(x) == decision(y).
TEST(Names, AGrantHoldsForEverySpelling) {
  World world;
  prepared(world);
  std::mt19937 random(11);
  for (const auto& one : named) {
    const std::string token = token_with(world, "path \"" + with_name(one.path, one.name) + "\" { capabilities = [\"read\", \"sudo\"] }");
    for (int i = 0; i < 20; ++i) {
      const std::string spelled = with_name(one.path, respelled(one, random));
      EXPECT_NE(world.ask("GET", spelled, {}, token).status, 403) << spelled;
      EXPECT_EQ(world.ask("DELETE", spelled, {}, token).status, 403) << spelled;
    }
    EXPECT_EQ(world.ask("GET", with_name(one.path, "other"), {}, token).status, 403) << one.path;
  }
}

// Parameters are names too: "Super-Admin" came through in Vault before 2.0.4.
TEST(Names, ADeniedParameterIsDeniedInEveryCase) {
  World world;
  prepared(world);
  const std::string token = token_with(world, "path \"kv/*\" { capabilities = [\"create\", \"update\"] denied_parameters = { \"super-admin\" = [] } }");
  EXPECT_EQ(world.ask("POST", "kv/a", R"({"x": 1})", token).status, 204);
  for (const auto* body : {R"({"super-admin": 1})", R"({"Super-Admin": 1})", R"({"SUPER-ADMIN": 1})", R"({"x": 1, "\u0053uper-admin": 1})", R"({"super-admin": 1, "super-admin": 2})"})
    EXPECT_EQ(world.ask("POST", "kv/a", body, token).status, 403) << body;
}

// CVE-2025-6004: a user who is locked out stays so in every spelling of the name.
TEST(Names, ALockoutHoldsForEverySpelling) {
  World world;
  prepared(world);
  ASSERT_EQ(world.ask("POST", "auth/up/users/ada", R"({"password": "pw"})").status, 204);
  std::mt19937 random(13);
  const Named user{"auth/up/login/@", "ada", true};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(world.ask("POST", with_name(user.path, respelled(user, random)), R"({"password": "no"})", "").status, 400);
  for (int i = 0; i < 20; ++i) {
    const std::string spelled = with_name(user.path, respelled(user, random));
    EXPECT_EQ(world.ask("POST", spelled, R"({"password": "pw"})", "").status, 403) << spelled;
  }
}

// CVE-2026-105820, CVE-2025-5999: what is no name is refused before anything is made of it: reserved words, dots, white space, what cannot be seen.
TEST(Names, OfPoliciesHaveOneSpelling) {
  World world;
  for (const auto* name : {"a%2Fb", "..", "a..b", "a%5Cb", "a%25b", "%20a", "a%20", "a%00b", "a%0Ab", "a%E2%80%8Bb", "a%EF%BB%BF", "%C3%28"}) {
    const int status = world.ask("POST", "sys/policies/acl/" + std::string(name), R"({"policy": "path \"a\" {}"})").status;
    EXPECT_TRUE(status == 400 || status == 404 || status == 405) << name << ": " << status;
  }
  EXPECT_EQ(world.keys(world.ask("LIST", "sys/policies/acl")), 2u) << "default and root";
  for (const auto* root : {"root", "Root", "ROOT", "r%6Fot", "%52oot"}) EXPECT_EQ(world.ask("POST", "sys/policies/acl/" + std::string(root), R"({"policy": "path \"a\" {}"})").status, 400) << root;
}

// CVE-2020-10661: a policy about a mount that comes later holds for it from the start, and a grant for one that went gives nothing for its successor's
// neighbours.
TEST(Names, AGrantForWhatComesLaterIsForThatPathAlone) {
  World world;
  const std::string token = token_with(world, "path \"later/*\" { capabilities = [\"read\"] }");
  EXPECT_EQ(world.ask("GET", "later/a", {}, token).status, 404);
  ASSERT_EQ(world.ask("POST", "sys/mounts/later", R"({"type": "kv"})").status, 204);
  ASSERT_EQ(world.ask("POST", "sys/mounts/later2", R"({"type": "kv"})").status, 204);
  ASSERT_EQ(world.ask("POST", "later/a", R"({"v": 1})").status, 204);
  EXPECT_EQ(world.ask("GET", "later/a", {}, token).status, 200);
  EXPECT_EQ(world.ask("GET", "later2/a", {}, token).status, 403);
}

}  // namespace
}  // namespace sr::test
