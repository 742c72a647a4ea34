// Many at once end as if they had come one after the other: for each scenario 63 requests and one that gets into their way run in
// parallel, and there has to be a place for the one in the line of the others that explains every answer and what is there afterwards.
// Whoever lost too many races may be told to come again (503), and has done nothing then; with 64 nobody is.
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include "core/fakes.h"

namespace sr::test {
namespace {

struct Ask {
  std::string method, path;      // $name stands for what the preparation has taken
  std::string body{};
  std::string token = root_token;
};
struct Prepare {
  Ask ask;
  std::string name{}, member{};  // take the member of the answer under this name
};
struct Scenario {
  std::string name;
  std::vector<Prepare> before;
  Ask many, one;                 // without a method there is no such one: all 64 are alike
  std::vector<Ask> after;        // what shows the state
};

constexpr std::size_t count = 64;

class Run {
 public:
  explicit Run(const Scenario& scenario) : scenario_(scenario) {
    for (const auto& [ask, name, member] : scenario.before) {
      const auto answer = world_.serve(request(ask));
      EXPECT_LT(answer.status, 300) << scenario.name << ": " << ask.path << ' ' << answer.body.view();
      if (!name.empty()) names_[name] = world_.value(answer, member);
    }
  }
  // Statuses, and what is there afterwards, without what chance has made.
  std::string in_parallel(std::size_t place) {
    std::vector<http::Request> requests;
    for (std::size_t i = 0; i < count; ++i) requests.push_back(request(of(i, place)));
    const auto answers = world_.serve_all(std::move(requests));
    for (std::size_t i = 0; i < count; ++i) note(i, place, answers[i]);
    return outcome();
  }
  // As it would be in line, without those of the other run that were told to come again.
  std::string in_line(std::size_t place, const Run& other) {
    std::size_t without = other.busy_;
    for (std::size_t i = 0; i < count; ++i) {
      const bool is_one = is_the_one(i, place);
      if (is_one ? other.one_was_busy_ : without > 0) {
        if (!is_one) --without;
        continue;
      }
      note(i, place, world_.serve(request(of(i, place))));
    }
    return outcome();
  }
  std::size_t successes() const { return successes_; }  // of the many
  std::size_t busy() const { return busy_ + one_was_busy_; }

 private:
  bool is_the_one(std::size_t i, std::size_t place) const { return i == place && !scenario_.one.method.empty(); }
  const Ask& of(std::size_t i, std::size_t place) const { return is_the_one(i, place) ? scenario_.one : scenario_.many; }
  http::Request request(const Ask& ask) const { return World::request(ask.method, filled(ask.path), filled(ask.body), filled(ask.token)); }
  std::string filled(std::string text) const {
    for (const auto& [name, value] : names_)
      for (auto at = text.find("$" + name); at != std::string::npos; at = text.find("$" + name, at)) text.replace(at, name.size() + 1, value);
    return text;
  }
  void note(std::size_t i, std::size_t place, const http::Response& answer) {
    const bool is_one = is_the_one(i, place);
    if (answer.status == 503 && is_one) one_was_busy_ = true;
    if (answer.status == 503 && !is_one) ++busy_;
    if (answer.status == 503) return;
    ++statuses_[std::string(is_one ? "one " : "many ") + std::to_string(answer.status)];
    if (!is_one && answer.status < 300) ++successes_;
    EXPECT_LT(answer.status, 500) << scenario_.name << ": " << answer.body.view();
  }
  std::string outcome() {
    for (int i = 0; i < 3; ++i) world_.advance(std::chrono::seconds(0));
    std::string text;
    for (const auto& [what, times] : statuses_) text += what + " x" + std::to_string(times) + "\n";
    for (const auto& ask : scenario_.after) {
      const auto answer = world_.serve(request(ask));
      text += ask.method + " " + ask.path + ": " + std::to_string(answer.status) + " " + std::string(answer.body.view());
    }
    static const std::regex chance("hv[sbr]\\.[\\w-]+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\"(auth_)?[a-z0-9]+_[0-9a-f]{8}\"|\"[A-Za-z0-9]{24}\"");
    return std::regex_replace(text, chance, "?");
  }

  const Scenario& scenario_;
  World world_;
  std::map<std::string, std::string> names_;
  std::map<std::string, int> statuses_;
  std::size_t successes_ = 0, busy_ = 0;
  bool one_was_busy_ = false;
};

void explain(const Scenario& scenario) {
  for (const std::size_t place : {std::size_t{0}, count / 3, count - 1}) {
    Run parallel(scenario);
    const std::string seen = parallel.in_parallel(place);
    EXPECT_EQ(parallel.busy(), 0u) << scenario.name;
    // The likely place is behind those that succeeded, or before those that failed.
    std::vector<std::size_t> places{std::min(parallel.successes(), count - 1), count - 1 - std::min(parallel.successes(), count - 1)};
    for (std::size_t i = 0; i < count && !scenario.one.method.empty(); ++i) places.push_back(i);
    std::set<std::string> explanations;
    bool explained = false;
    for (const auto at : places) {
      const auto serial = Run(scenario).in_line(at, parallel);
      explanations.insert(serial);
      if ((explained = serial == seen)) break;
    }
    EXPECT_TRUE(explained) << scenario.name << " ended in\n" << seen << "\nand in line it would be\n" << *explanations.begin() << "\nor\n" << *explanations.rbegin();
    if (!explained) return;
  }
}

const Prepare kv{{"POST", "sys/mounts/s", R"({"type":"kv-v2"})"}};
const Prepare approle{{"POST", "sys/auth/approle", R"({"type":"approle"})"}};
const Prepare role{{"POST", "auth/approle/role/r", R"({"token_policies":["p"]})"}};
const Prepare role_id{{"GET", "auth/approle/role/r/role-id"}, "role_id", "data.role_id"};
const Prepare userpass{{"POST", "sys/auth/userpass", R"({"type":"userpass"})"}};
// The cheapest hash there is, of "right".
const Prepare user{{"POST", "auth/userpass/users/u", R"({"password_hash":"$2b$05$03VBEmJaKS9Z1hd2MoF8E.qLzGQvxnJrG8zeF8lFX5/N7YKWUvohW"})"}};
const Prepare totp{{"POST", "sys/mounts/totp", R"({"type":"totp"})"}};
const Prepare totp_key{{"POST", "totp/keys/k", R"({"key":"GEZDGNBVGY3TQOJQ","period":"24h"})"}};
const Prepare totp_code{{"GET", "totp/code/k"}, "code", "data.code"};
const Prepare parent{{"POST", "auth/token/create", R"({"policies":["root"]})"}, "parent", "auth.client_token"};
Prepare secret_id(std::string body = "{}") { return {{"POST", "auth/approle/role/r/secret-id", std::move(body)}, "secret_id", "data.secret_id"}; }
const Ask login{"POST", "auth/approle/login", R"({"role_id":"$role_id","secret_id":"$secret_id"})", ""};
const Ask accessors{"LIST", "auth/token/accessors"};
const Ask revoke_parent{"POST", "auth/token/revoke", R"({"token":"$parent"})"};

std::vector<Scenario> scenarios() {
  return {
      {"writes of one secret all count", {kv}, {"POST", "s/data/a", R"({"data":{"k":"v"}})"}, {}, {{"GET", "s/metadata/a"}}},
      {"check-and-set lets one through", {kv}, {"POST", "s/data/a", R"({"data":{"k":"v"},"options":{"cas":0}})"}, {}, {{"GET", "s/metadata/a"}}},
      {"writes and the end of the secret", {kv}, {"POST", "s/data/a", R"({"data":{"k":"v"}})"}, {"DELETE", "s/metadata/a"}, {{"GET", "s/metadata/a"}, {"LIST", "s/metadata"}}},
      {"patches and a deletion", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"PATCH", "s/data/a", R"({"data":{"l":"w"}})"}, {"DELETE", "s/data/a"}, {{"GET", "s/metadata/a"}, {"GET", "s/data/a"}}},
      {"deletions and a restoration", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/delete/a", R"({"versions":[1]})"}, {"POST", "s/undelete/a", R"({"versions":[1]})"}, {{"GET", "s/data/a"}}},
      {"restorations and a destruction", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/undelete/a", R"({"versions":[1]})"}, {"POST", "s/destroy/a", R"({"versions":[1]})"}, {{"GET", "s/data/a"}}},
      {"writes and fewer versions", {kv, {{"POST", "s/metadata/a", R"({"max_versions":5})"}}}, {"POST", "s/data/a", R"({"data":{"k":"v"}})"}, {"POST", "s/metadata/a", R"({"max_versions":2})"}, {{"GET", "s/metadata/a"}}},
      {"metadata is patched beside its end", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"PATCH", "s/metadata/a", R"({"custom_metadata":{"x":"y"}})"}, {"DELETE", "s/metadata/a"}, {{"GET", "s/metadata/a"}}},
      {"writes beside the end of their mount", {kv}, {"POST", "s/data/a", R"({"data":{"k":"v"}})"}, {"DELETE", "sys/mounts/s"}, {{"GET", "s/metadata/a"}, {"GET", "sys/mounts/s"}}},
      {"writes beside a move of their mount", {kv}, {"POST", "s/data/a", R"({"data":{"k":"v"}})"}, {"POST", "sys/remount", R"({"from":"s","to":"t"})"}, {{"GET", "s/metadata/a"}, {"GET", "t/metadata/a"}}},
      {"one of many moves takes the secret", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/move/a", R"({"to":"s/b"})"}, {}, {{"GET", "s/metadata/a"}, {"GET", "s/metadata/b"}}},
      {"writes beside a move of their secret", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/data/a", R"({"data":{"k":"w"}})"}, {"POST", "s/move/a", R"({"to":"s/b"})"}, {{"GET", "s/metadata/a"}, {"GET", "s/metadata/b"}}},
      {"a move beside the end of its secret", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/move/a", R"({"to":"s/b","overwrite":true})"}, {"DELETE", "s/metadata/a"}, {{"GET", "s/metadata/a"}, {"GET", "s/metadata/b"}}},
      {"copies beside writes of what they replace", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/data/b", R"({"data":{"k":"w"}})"}, {"POST", "s/copy/a", R"({"to":"s/b","overwrite":true})"}, {{"GET", "s/metadata/b"}, {"GET", "s/data/b"}}},
      {"moves beside the end of the mount that they go to", {kv, {{"POST", "sys/mounts/t", R"({"type":"kv-v2"})"}}, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/move/a", R"({"to":"t/a"})"}, {"DELETE", "sys/mounts/t"}, {{"GET", "s/metadata/a"}, {"GET", "t/metadata/a"}}},
      {"deletions and destructions", {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}}, {"POST", "s/delete/a", R"({"versions":[1]})"}, {"POST", "s/destroy/a", R"({"versions":[1]})"}, {{"GET", "s/data/a"}}},
      {"a mount is made once", {}, {"POST", "sys/mounts/s", R"({"type":"kv-v2"})"}, {}, {{"GET", "sys/mounts/s"}}},
      {"a mount is made and ended", {}, {"POST", "sys/mounts/s", R"({"type":"kv-v2"})"}, {"DELETE", "sys/mounts/s"}, {{"GET", "sys/mounts/s"}}},
      {"tunes of one mount", {kv}, {"POST", "sys/mounts/s/tune", R"({"description":"a"})"}, {"POST", "sys/mounts/s/tune", R"({"max_lease_ttl":"1h"})"}, {{"GET", "sys/mounts/s/tune"}}},
      {"version 1 is written beside its upgrade", {{{"POST", "sys/mounts/s", R"({"type":"kv","options":{"version":"1"}})"}}}, {"POST", "s/a", R"({"k":"v"})"}, {"POST", "sys/mounts/s/tune", R"({"options":{"version":"2"}})"}, {{"GET", "s/data/a"}}},
      {"children beside the end of their parent", {parent}, {"POST", "auth/token/create", R"({"policies":["default"]})", "$parent"}, revoke_parent, {accessors}},
      {"grandchildren beside the end of the grandparent", {parent, {{"POST", "auth/token/create", R"({"policies":["root"]})", "$parent"}, "child", "auth.client_token"}}, {"POST", "auth/token/create", "{}", "$child"}, revoke_parent, {accessors}},
      {"orphans beside the end of whoever made them", {parent}, {"POST", "auth/token/create-orphan", "{}", "$parent"}, revoke_parent, {accessors}},
      {"batch tokens beside the end of their parent", {parent}, {"POST", "auth/token/create", R"({"type":"batch","ttl":"1h"})", "$parent"}, revoke_parent, {accessors}},
      {"renewals beside a revocation", {parent}, {"POST", "auth/token/renew-self", "{}", "$parent"}, revoke_parent, {accessors}},
      {"a token is revoked once", {parent}, revoke_parent, {}, {accessors}},
      {"children beside a parent that goes and leaves them", {parent}, {"POST", "auth/token/create", R"({"policies":["default"]})", "$parent"}, {"POST", "auth/token/revoke-orphan", R"({"token":"$parent"})"}, {accessors}},
      {"n uses are n", {{{"POST", "auth/token/create", R"({"policies":["root"],"num_uses":10})"}, "limited", "auth.client_token"}}, {"GET", "sys/mounts", "", "$limited"}, {}, {accessors}},
      {"tokens of a role that goes", {{{"POST", "auth/token/roles/r", R"({"allowed_policies":"default"})"}}}, {"POST", "auth/token/create/r"}, {"DELETE", "auth/token/roles/r"}, {accessors, {"GET", "auth/token/roles/r"}}},
      {"one chosen id is one token", {}, {"POST", "auth/token/create", R"({"id":"chosen","policies":["default"]})"}, {}, {accessors}},
      {"a cubbyhole ends with its token", {parent}, {"POST", "cubbyhole/a", R"({"k":"v"})", "$parent"}, revoke_parent, {accessors, {"GET", "cubbyhole/a", "", "$parent"}}},
      {"secret ids of a role that goes", {approle, role}, {"POST", "auth/approle/role/r/secret-id", R"({"metadata":"{\"a\":\"b\"}"})"}, {"DELETE", "auth/approle/role/r"}, {{"LIST", "auth/approle/role/r/secret-id"}, {"GET", "auth/approle/role/r"}}},
      {"logins beside the end of their role", {approle, role, role_id, secret_id()}, login, {"DELETE", "auth/approle/role/r"}, {accessors}},
      {"logins beside the end of their secret id", {approle, role, role_id, secret_id()}, login, {"POST", "auth/approle/role/r/secret-id/destroy", R"({"secret_id":"$secret_id"})"}, {accessors}},
      {"logins beside the end of their method", {approle, role, role_id, secret_id()}, login, {"DELETE", "sys/auth/approle"}, {accessors}},
      {"a secret id of five uses", {approle, role, role_id, secret_id(R"({"num_uses":5})")}, login, {}, {accessors, {"LIST", "auth/approle/role/r/secret-id"}}},
      {"settings of a role do not undo each other", {approle, role}, {"POST", "auth/approle/role/r/policies", R"({"token_policies":["a"]})"}, {"POST", "auth/approle/role/r", R"({"token_ttl":"5m"})"}, {{"GET", "auth/approle/role/r"}}},
      {"a role is made and ended", {approle}, {"POST", "auth/approle/role/r", R"({"token_policies":["a"]})"}, {"DELETE", "auth/approle/role/r"}, {{"LIST", "auth/approle/role"}}},
      {"guesses beside the right password", {userpass, user}, {"POST", "auth/userpass/login/u", R"({"password":"wrong"})", ""}, {"POST", "auth/userpass/login/u", R"({"password":"right"})", ""}, {{"GET", "sys/locked-users"}}},
      {"a user is written and ended", {userpass}, user.ask, {"DELETE", "auth/userpass/users/u"}, {{"LIST", "auth/userpass/users"}}},
      {"a one-time password passes once", {totp, totp_key, totp_code}, {"POST", "totp/code/k", R"({"code":"$code"})"}, {}, {{"POST", "totp/code/k", R"({"code":"$code"})"}}},
      {"one-time passwords beside the end of their key", {totp, totp_key, totp_code}, {"POST", "totp/code/k", R"({"code":"$code"})"}, {"DELETE", "totp/keys/k"}, {{"LIST", "totp/keys"}, {"GET", "totp/code/k"}}},
      {"a policy is written and ended", {}, {"POST", "sys/policies/acl/p", R"({"policy":"path \"a\" { capabilities = [\"read\"] }"})"}, {"DELETE", "sys/policies/acl/p"}, {{"LIST", "sys/policies/acl"}}},
      {"reads beside the end of what allows them",
       {kv, {{"POST", "s/data/a", R"({"data":{"k":"v"}})"}}, {{"POST", "sys/policies/acl/p", R"({"policy":"path \"s/*\" { capabilities = [\"create\",\"update\"] }"})"}}, {{"POST", "auth/token/create", R"({"policies":["p"]})"}, "writer", "auth.client_token"}},
       {"POST", "s/data/a", R"({"data":{"k":"w"}})", "$writer"}, {"DELETE", "sys/policies/acl/p"}, {{"GET", "s/metadata/a"}}},
      {"a password policy is written and ended", {}, {"POST", "sys/policies/password/p", R"({"policy":"length=20\nrule \"charset\" { charset=\"abc\" }"})"}, {"DELETE", "sys/policies/password/p"}, {{"LIST", "sys/policies/password"}}},
      {"rotations all count", {}, {"POST", "sys/rotate"}, {}, {{"GET", "sys/key-status"}}},
      {"writes beside a rotation", {kv}, {"POST", "s/data/a", R"({"data":{"k":"v"}})"}, {"POST", "sys/rotate"}, {{"GET", "s/metadata/a"}}},
      {"one rekey is under way", {}, {"POST", "sys/rekey/init", R"({"secret_shares":1,"secret_threshold":1})"}, {"DELETE", "sys/rekey/init"}, {}},
      {"one root token is generated", {}, {"POST", "sys/generate-root/attempt"}, {"DELETE", "sys/generate-root/attempt"}, {}},
      {"origins and their end", {}, {"POST", "sys/config/cors", R"({"allowed_origins":["https://a.example"]})"}, {"DELETE", "sys/config/cors"}, {{"GET", "sys/config/cors"}}},
      {"an unlock beside guesses", {userpass, user, {{"GET", "sys/auth/userpass"}, "accessor", "data.accessor"}}, {"POST", "auth/userpass/login/u", R"({"password":"wrong"})", ""},
       {"POST", "sys/locked-users/$accessor/unlock/u"}, {{"GET", "sys/locked-users"}}},
  };
}

class Parallel : public testing::TestWithParam<Scenario> {};
TEST_P(Parallel, EndsAsIfInLine) { explain(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Routes, Parallel, testing::ValuesIn(scenarios()), [](const auto& scenario) {
  std::string name = scenario.param.name;
  std::ranges::replace_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
  return name;
});

}  // namespace
}  // namespace sr::test
