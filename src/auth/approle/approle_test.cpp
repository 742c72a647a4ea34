#include "auth/approle/approle.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include "logical/engine_harness.h"

namespace sr::approle {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

constexpr auto refused = "invalid role or secret ID";

struct AppRoleTest : testing::Test {
  EngineHarness method{spec()};

  auto get(std::string_view path) { return method.call(Op::read, path); }
  auto post(std::string_view path, std::string_view body = "{}") { return method.call(Op::update, path, body); }
  auto remove(std::string_view path, std::string_view body = {}) { return method.call(Op::remove, path, body); }
  auto list(std::string_view path, std::string_view query = {}) { return method.call(Op::list, path, query); }

  std::string role_id(std::string_view role) { return get(concat("role/", role, "/role-id")).text("role_id"); }
  auto make_secret_id(std::string_view role, std::string_view body = "{}") { return post(concat("role/", role, "/secret-id"), body); }
  auto log_in(std::string_view role_id, std::string_view secret_id, std::string_view address = "127.0.0.1") {
    return method.call(Op::update, "login", concat(R"({"role_id": ")", role_id, R"(", "secret_id": ")", secret_id, "\"}"), address);
  }
  static std::string with_secret(std::string_view secret_id) { return concat(R"({"secret_id": ")", secret_id, "\"}"); }
  static std::string with_accessor(std::string_view accessor) { return concat(R"({"secret_id_accessor": ")", accessor, "\"}"); }
};

TEST_F(AppRoleTest, a_new_role_has_defaults) {
  EXPECT_EQ(post("role/app").status, 204);
  EXPECT_EQ(get("role/app").data,
            R"({"bind_secret_id":true,"local_secret_ids":false,"secret_id_bound_cidrs":null,"secret_id_num_uses":0,"secret_id_ttl":0,)"
            R"("token_bound_cidrs":[],"token_explicit_max_ttl":0,"token_max_ttl":0,"token_no_default_policy":false,"token_num_uses":0,)"
            R"("token_period":0,"token_policies":[],"token_ttl":0,"token_type":"default"})");
  EXPECT_EQ(list("role").data, R"({"keys":["app"]})");
  EXPECT_EQ(get("role").status, 405);
  EXPECT_EQ(get("role/nope").status, 404);
}

TEST_F(AppRoleTest, a_role_keeps_what_it_is_told) {
  EXPECT_EQ(post("role/App", R"({"secret_id_bound_cidrs": "127.0.0.0/8", "secret_id_num_uses": 5, "secret_id_ttl": "10m", "token_ttl": "20m",
    "token_max_ttl": 1800, "token_policies": ["one", "two"], "token_bound_cidrs": "127.0.0.1/32,10.0.0.0/8", "token_explicit_max_ttl": "1h",
    "token_no_default_policy": true, "token_num_uses": 10, "token_type": "service", "role_id": "mine"})").status, 204);
  EXPECT_EQ(post("role/app", R"({"token_num_uses": "3"})").status, 204);
  EXPECT_EQ(get("role/APP").data,
            R"({"bind_secret_id":true,"local_secret_ids":false,"secret_id_bound_cidrs":["127.0.0.0/8"],"secret_id_num_uses":5,"secret_id_ttl":600,)"
            R"("token_bound_cidrs":["127.0.0.1","10.0.0.0/8"],"token_explicit_max_ttl":3600,"token_max_ttl":1800,"token_no_default_policy":true,)"
            R"("token_num_uses":3,"token_period":0,"token_policies":["one","two"],"token_ttl":1200,"token_type":"service"})");
  EXPECT_EQ(role_id("app"), "mine");
  EXPECT_EQ(remove("role/app").status, 204);
  EXPECT_EQ(get("role/app").status, 404);
}

TEST_F(AppRoleTest, settings_that_make_no_sense_are_refused) {
  const auto why = [&](std::string_view body) { return post("role/app", body).error; };
  EXPECT_EQ(why(R"({"token_ttl": "abc"})"), "error converting input for field \"token_ttl\": time: invalid duration \"abc\"");
  EXPECT_EQ(why(R"({"token_ttl": -5})"), "error converting input for field \"token_ttl\": cannot provide negative value '-5'");
  EXPECT_EQ(why(R"({"token_ttl": "2h", "token_max_ttl": "1h"})"), "'token_ttl' cannot be greater than 'token_max_ttl'");
  EXPECT_EQ(why(R"({"token_num_uses": -1})"), "'token_num_uses' cannot be negative");
  EXPECT_EQ(why(R"({"token_type": "x"})"), "invalid 'token_type' value \"x\"");
  EXPECT_EQ(why(R"({"token_type": "batch", "token_num_uses": 1})"),
            "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count");
  EXPECT_EQ(why(R"({"token_type": "batch", "token_period": 60})"), "'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens");
  EXPECT_EQ(why(R"({"token_bound_cidrs": "x"})"), "error parsing address \"x\": Unable to convert \"x\" to an IPv4 or IPv6 address, or a UNIX Socket");
  EXPECT_EQ(why(R"({"secret_id_bound_cidrs": "x"})"), "failed to validate CIDR blocks: invalid CIDR address: x");
  EXPECT_EQ(why(R"({"bind_secret_id": false})"), "at least one constraint should be enabled on the role");
  EXPECT_EQ(why(R"({"token_strictly_bind_ip": true})"), "the parameter \"token_strictly_bind_ip\" is not supported yet, and ignoring it would be unsafe: leave it out");
  EXPECT_EQ(get("role/app").status, 404);
  EXPECT_EQ(post("role/a b").status, 404);
  EXPECT_EQ(post("role/-a").status, 404);
  EXPECT_EQ(post("role/app", R"({"token_type": "default-service"})").warnings, Strings{"default-service has no useful meaning; adjusting to service"});
  EXPECT_EQ(post("role/app", R"({"local_secret_ids": true})").error, "local_secret_ids can only be modified during role creation");
}

TEST_F(AppRoleTest, each_setting_has_a_path) {
  post("role/app", R"({"policies": "one,two", "period": "1h"})");
  EXPECT_EQ(get("role/app/policies").data, R"({"policies":["one","two"],"token_policies":["one","two"]})");
  EXPECT_EQ(post("role/app/policies", R"({"token_policies": ["a"]})").status, 204);
  EXPECT_EQ(get("role/app/policies").data, R"({"token_policies":["a"]})");
  EXPECT_EQ(remove("role/app/period").status, 204);
  EXPECT_EQ(get("role/app/period").data, R"({"token_period":0})");
  EXPECT_EQ(post("role/app/token-ttl").error, "missing token_ttl");
  EXPECT_EQ(post("role/app/token-ttl", R"({"token_ttl": "5m"})").status, 204);
  EXPECT_EQ(get("role/app/token-ttl").data, R"({"token_ttl":300})");
  EXPECT_EQ(post("role/app/bound-cidr-list", R"({"bound_cidr_list": "10.1.0.0/16"})").status, 204);
  EXPECT_EQ(get("role/app/secret-id-bound-cidrs").data, R"({"secret_id_bound_cidrs":["10.1.0.0/16"]})");
  EXPECT_EQ(remove("role/app/secret-id-bound-cidrs").status, 204);
  EXPECT_EQ(get("role/app/secret-id-bound-cidrs").data, R"({"secret_id_bound_cidrs":null})");
  EXPECT_EQ(post("role/app/local-secret-ids").status, 405);
  EXPECT_EQ(post("role/app/bind-secret-id", R"({"bind_secret_id": false})").error, "at least one constraint should be enabled on the role");
  EXPECT_EQ(post("role/nope/policies", R"({"policies": "a"})").status, 404);
  EXPECT_EQ(remove("role/nope/policies").status, 204);
  EXPECT_EQ(get("role/app/nope").status, 404);
}

TEST_F(AppRoleTest, a_login_carries_what_the_role_says) {
  post("role/app", R"({"token_policies": "reader", "token_ttl": "1h", "token_max_ttl": "4h", "token_num_uses": 7, "token_bound_cidrs": "127.0.0.0/8"})");
  const auto secret = make_secret_id("app", R"({"metadata": "{\"team\": \"blue\"}"})");
  const auto answer = log_in(role_id("app"), secret.text("secret_id"));
  ASSERT_TRUE(answer.login);
  EXPECT_THAT(answer.login->policies, ElementsAre("reader"));
  EXPECT_EQ(answer.login->ttl, std::chrono::hours(1));
  EXPECT_EQ(answer.login->ttl_max, std::chrono::hours(4));
  EXPECT_EQ(answer.login->uses, 7);
  EXPECT_THAT(answer.login->bound_cidrs, ElementsAre("127.0.0.0/8"));
  EXPECT_THAT(answer.login->metadata, ElementsAre(Pair("role_name", "app"), Pair("team", "blue")));
  EXPECT_EQ(answer.login->renew_with, "app");
  EXPECT_TRUE(method.renew("app"));
  remove("role/app");
  EXPECT_FALSE(method.renew("app"));
}

TEST_F(AppRoleTest, wrong_ids_are_all_answered_alike) {
  post("role/one");
  post("role/two");
  const auto secret = make_secret_id("two").text("secret_id");
  EXPECT_EQ(log_in(role_id("one"), "wrong").error, refused);
  EXPECT_EQ(log_in("wrong", secret).error, refused);
  EXPECT_EQ(log_in(role_id("one"), secret).error, refused);
  EXPECT_EQ(log_in(role_id("two"), secret).status, 200);
  EXPECT_EQ(post("login").error, "missing role_id");
  EXPECT_EQ(post("login", concat(R"({"role_id": ")", role_id("one"), "\"}")).error, "missing secret_id");
}

TEST_F(AppRoleTest, n_uses_are_exactly_n_under_64_threads) {
  post("role/app", R"({"secret_id_num_uses": 20})");
  const auto id = role_id("app"), secret = make_secret_id("app").text("secret_id");
  std::atomic<int> passed = 0, turned_away = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 64; ++i)
    callers.emplace_back([&] {
      const auto answer = log_in(id, secret);
      if (answer.login) ++passed;
      else if (answer.error == refused) ++turned_away;
    });
  callers.clear();
  EXPECT_EQ(passed, 20);
  EXPECT_EQ(turned_away, 44);
  EXPECT_EQ(list("role/app/secret-id").status, 404);
}

TEST_F(AppRoleTest, of_many_roles_that_want_one_role_id_one_gets_it) {
  std::atomic<int> got = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 16; ++i)
    callers.emplace_back([&, i] { got += post(concat("role/r", std::to_string(i)), R"({"role_id": "the-one"})").status == 204; });
  callers.clear();
  EXPECT_EQ(got, 1);
}

TEST_F(AppRoleTest, a_wrong_login_costs_no_use_and_a_lookup_shows_what_is_left) {
  post("role/app", R"({"secret_id_num_uses": 2})");
  const auto secret = make_secret_id("app").text("secret_id");
  log_in(role_id("app"), secret);
  log_in("wrong", secret);
  EXPECT_THAT(post("role/app/secret-id/lookup", with_secret(secret)).data, HasSubstr(R"("secret_id_num_uses":1,)"));
  EXPECT_EQ(log_in(role_id("app"), secret).status, 200);
  EXPECT_EQ(post("role/app/secret-id/lookup", with_secret(secret)).status, 204);
}

TEST_F(AppRoleTest, a_secret_id_ends_with_its_time_and_tidy_clears_it_away) {
  post("role/app");
  const auto secret = make_secret_id("app", R"({"ttl": "2s"})").text("secret_id");
  EXPECT_EQ(log_in(role_id("app"), secret).status, 200);
  method.clock().advance(std::chrono::seconds(2));
  EXPECT_EQ(log_in(role_id("app"), secret).error, refused);
  EXPECT_EQ(post("role/app/secret-id/lookup", with_secret(secret)).status, 204);
  EXPECT_EQ(post("tidy/secret-id").status, 202);
  EXPECT_EQ(list("role/app/secret-id").status, 404);
}

TEST_F(AppRoleTest, a_secret_id_is_never_wider_than_its_role) {
  post("role/app", R"({"secret_id_num_uses": 2, "secret_id_ttl": "10m", "secret_id_bound_cidrs": "127.0.0.0/8"})");
  EXPECT_THAT(make_secret_id("app").data, HasSubstr(R"("secret_id_num_uses":2,"secret_id_ttl":600)"));
  EXPECT_EQ(make_secret_id("app", R"({"num_uses": 1, "ttl": "1m", "cidr_list": "127.0.0.1/32"})").status, 200);
  const auto why = [&](std::string_view body) { return make_secret_id("app", body).error; };
  EXPECT_EQ(why(R"({"num_uses": 0})"), "num_uses cannot be higher than the role's secret_id_num_uses");
  EXPECT_EQ(why(R"({"num_uses": -1})"), "num_uses cannot be negative");
  EXPECT_EQ(why(R"({"ttl": "0"})"), "ttl cannot be longer than the role's secret_id_ttl");
  EXPECT_EQ(why(R"({"cidr_list": "10.0.0.0/8"})"),
            "failed to verify subset relationship between CIDR blocks on the role [\"127.0.0.0/8\"] and CIDR blocks on the secret ID [\"10.0.0.0/8\"]");
  EXPECT_EQ(why(R"({"metadata": "x"})"), "failed to parse metadata: failed to parse the input: invalid <key,value> format");
}

TEST_F(AppRoleTest, logins_come_from_the_networks_that_are_named) {
  post("role/app", R"({"secret_id_bound_cidrs": "10.0.0.0/8"})");
  const auto secret = make_secret_id("app", R"({"cidr_list": "10.1.0.0/16", "token_bound_cidrs": "10.2.0.0/16"})").text("secret_id");
  EXPECT_EQ(log_in(role_id("app"), secret, "10.2.0.1").error, "source address \"10.2.0.1\" unauthorized through CIDR restrictions on the secret ID");
  EXPECT_THAT(log_in(role_id("app"), secret, "10.1.0.1").login->bound_cidrs, ElementsAre("10.2.0.0/16"));
  const auto wide = make_secret_id("app").text("secret_id");
  EXPECT_EQ(log_in(role_id("app"), wide, "192.0.2.1").error, "source address \"192.0.2.1\" unauthorized by CIDR restrictions on the role");
  EXPECT_EQ(log_in(role_id("app"), wide, "").status, 400);
}

TEST_F(AppRoleTest, a_role_may_do_without_secret_ids_when_something_else_restricts_it) {
  EXPECT_EQ(post("role/app", R"({"bind_secret_id": false, "secret_id_bound_cidrs": "127.0.0.0/8"})").status, 204);
  EXPECT_EQ(log_in(role_id("app"), "").status, 200);
  EXPECT_EQ(log_in(role_id("app"), "", "192.0.2.1").status, 400);
  EXPECT_EQ(make_secret_id("app").error, "bind_secret_id is not set on the role");
}

// CVE-2023-24999: only its own role may show or destroy a secret id.
TEST_F(AppRoleTest, another_role_has_no_power_over_a_secret_id) {
  post("role/app");
  post("role/other");
  const auto made = make_secret_id("app");
  const auto secret = made.text("secret_id"), accessor = made.text("secret_id_accessor");
  EXPECT_EQ(post("role/other/secret-id/lookup", with_secret(secret)).status, 204);
  EXPECT_EQ(post("role/other/secret-id-accessor/lookup", with_accessor(accessor)).status, 404);
  EXPECT_EQ(post("role/other/secret-id/destroy", with_secret(secret)).status, 204);
  EXPECT_EQ(post("role/other/secret-id-accessor/destroy", with_accessor(accessor)).status, 400);
  EXPECT_EQ(log_in(role_id("app"), secret).status, 200);

  EXPECT_THAT(post("role/app/secret-id-accessor/lookup", with_accessor(accessor)).data, HasSubstr(R"("expiration_time":"0001-01-01T00:00:00Z")"));
  EXPECT_EQ(post("role/app/secret-id-accessor/destroy", with_accessor(accessor)).status, 204);
  EXPECT_EQ(log_in(role_id("app"), secret).error, refused);
  EXPECT_EQ(post("role/app/secret-id-accessor/destroy", with_accessor(accessor)).error,
            concat("failed to find accessor entry for secret_id_accessor: \"", accessor, "\""));
}

TEST_F(AppRoleTest, secret_ids_end_with_their_role) {
  post("role/app", R"({"role_id": "mine"})");
  const auto secret = make_secret_id("app", R"({"ttl": "1h"})").text("secret_id");
  make_secret_id("app");
  remove("role/app");
  EXPECT_EQ(log_in("mine", secret).error, refused);
  post("role/app", R"({"role_id": "mine"})");
  EXPECT_EQ(log_in("mine", secret).error, refused);
  EXPECT_EQ(list("role/app/secret-id").status, 404);
  remove("role/app");
  post("tidy/secret-id");
  EXPECT_THAT(method.keys(), IsEmpty());
}

TEST_F(AppRoleTest, a_secret_id_can_be_chosen_once) {
  post("role/app");
  EXPECT_EQ(post("role/app/custom-secret-id", R"({"secret_id": "open sesame", "num_uses": 1, "ttl": "5m"})").text("secret_id"), "open sesame");
  EXPECT_THAT(post("role/app/custom-secret-id", with_secret("open sesame")).error, HasSubstr("SecretID is already registered"));
  EXPECT_EQ(post("role/app/custom-secret-id").error, "missing secret_id");
  EXPECT_THAT(post("role/app/custom-secret-id", with_secret(std::string(4097, 'x'))).error, HasSubstr("longer than maximum of 4096 bytes"));
  EXPECT_EQ(log_in(role_id("app"), "open sesame").status, 200);
  EXPECT_EQ(log_in(role_id("app"), "open sesame").error, refused);
}

TEST_F(AppRoleTest, accessors_are_listed_in_pages) {
  post("role/app");
  Strings accessors;
  for (int i = 0; i < 5; ++i) accessors.push_back(make_secret_id("app").text("secret_id_accessor"));
  std::ranges::sort(accessors);
  const auto page = list("role/app/secret-id", concat(R"({"after": ")", accessors[1], R"(", "limit": 2})"));
  EXPECT_EQ(page.data, concat(R"({"keys":[")", accessors[2], "\",\"", accessors[3], "\"]}"));
  EXPECT_EQ(list("role/nope/secret-id").error, "role \"nope\" does not exist");
  EXPECT_EQ(make_secret_id("nope").status, 404);
}

TEST_F(AppRoleTest, no_key_shows_an_id) {
  post("role/app", R"({"role_id": "canary-role-id"})");
  const auto made = post("role/app/custom-secret-id", R"({"secret_id": "canary-secret-id", "ttl": "1h"})");
  for (const auto& key : method.keys()) {
    EXPECT_THAT(key, Not(HasSubstr("canary")));
    EXPECT_THAT(key, Not(HasSubstr(made.text("secret_id_accessor"))));
  }
}

}  // namespace
}  // namespace sr::approle
