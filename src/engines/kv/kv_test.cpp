#include "engines/kv/kv.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include "logical/engine_harness.h"

namespace sr::kv {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct KvTest : testing::Test {
  EngineHarness kv{version_2(), {{"version", "2"}}};

  auto get(std::string_view path, std::string_view query = {}) { return kv.call(Op::read, path, query); }
  auto post(std::string_view path, std::string_view body) { return kv.call(Op::update, path, body); }
  auto patch(std::string_view path, std::string_view body) { return kv.call(Op::patch, path, body); }
  auto remove(std::string_view path) { return kv.call(Op::remove, path); }
  auto list(std::string_view path, std::string_view query = {}) { return kv.call(Op::list, path, query).data; }
};

TEST_F(KvTest, writes_versions_and_reads_them_back) {
  EXPECT_EQ(post("data/app", R"({"data": {"b": 1.0, "a": "<é>"}})").data,
            R"({"created_time":"2023-11-14T22:13:20Z","custom_metadata":null,"deletion_time":"","destroyed":false,"version":1})");
  EXPECT_EQ(post("data/app", R"({"data": {"n": 12345678901234567890}})").status, 200);
  EXPECT_THAT(get("data/app").data, HasSubstr(R"("data":{"n":12345678901234567890})"));
  EXPECT_THAT(get("data/app", R"({"version": "1"})").data, HasSubstr(R"("data":{"a":"\u003cé\u003e","b":1.0})"));
  EXPECT_THAT(get("data/app", R"({"version": "-1"})").data, HasSubstr(R"("version":2)"));
  EXPECT_EQ(get("data/app", R"({"version": "3"})").status, 404);
  EXPECT_EQ(get("data/nope").status, 404);
}

TEST_F(KvTest, a_write_needs_data_and_takes_null_and_nothing_as_data) {
  EXPECT_EQ(post("data/app", R"({"a": 1})").error, "no data provided");
  EXPECT_EQ(post("data/app", R"({"data": "hunter2"})").error,
            "error converting input for field \"data\": '' expected type 'map[string]interface {}', got unconvertible type 'string'");
  EXPECT_EQ(get("data/app").status, 404);
  post("data/app", R"({"data": null})");
  EXPECT_THAT(get("data/app").data, HasSubstr(R"({"data":null,)"));
  post("data/app", R"({"data": {}})");
  EXPECT_THAT(get("data/app").data, HasSubstr(R"({"data":{},)"));
}

TEST_F(KvTest, cas_names_the_current_version) {
  const auto mismatch = "check-and-set parameter did not match the current version";
  EXPECT_EQ(post("data/app", R"({"data": {}, "options": {"cas": 1}})").error, mismatch);
  EXPECT_EQ(post("data/app", R"({"data": {}, "options": {"cas": 0}})").status, 200);
  EXPECT_EQ(post("data/app", R"({"data": {}, "options": {"cas": null}})").error, mismatch);
  EXPECT_EQ(post("data/app", R"({"data": {}, "options": {"cas": -1}})").error, mismatch);
  EXPECT_EQ(post("data/app", R"({"data": {}, "options": {"cas": 1.5}})").error, "error parsing check-and-set parameter");
  EXPECT_EQ(post("data/app", R"({"data": {}, "options": {"cas": "1"}})").status, 200);
  post("metadata/app", R"({"cas_required": true})");
  EXPECT_EQ(post("data/app", R"({"data": {}})").error, "check-and-set parameter required for this call");
  EXPECT_EQ(patch("data/app", R"({"data": {}})").error, "check-and-set parameter required for this call");
}

TEST_F(KvTest, of_many_writers_with_the_same_cas_one_wins) {
  std::atomic<int> won = 0;
  std::vector<std::jthread> writers;
  for (int i = 0; i < 16; ++i) writers.emplace_back([&] { won += post("data/app", R"({"data": {"a": 1}, "options": {"cas": 0}})").status == 200; });
  writers.clear();
  EXPECT_EQ(won, 1);
}

TEST_F(KvTest, no_write_is_lost_among_many) {
  post("metadata/app", R"({"max_versions": 1000})");
  std::vector<std::jthread> writers;
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&] {
      for (int n = 0; n < 20; ++n) ASSERT_EQ(post("data/app", R"({"data": {"a": 1}})").status, 200);
    });
  writers.clear();
  EXPECT_THAT(get("metadata/app").data, HasSubstr(R"("current_version":160,)"));
  EXPECT_EQ(get("data/app", R"({"version": 1})").status, 200);
}

TEST_F(KvTest, delete_hides_undelete_restores_destroy_is_for_good) {
  post("data/app", R"({"data": {"v": "one"}})");
  post("data/app", R"({"data": {"v": "two"}})");
  EXPECT_EQ(remove("data/app").status, 204);
  const auto deleted = get("data/app");
  EXPECT_EQ(deleted.status, 404);
  EXPECT_THAT(deleted.data, HasSubstr(R"({"data":null,"metadata":{)"));
  EXPECT_THAT(deleted.data, HasSubstr(R"("deletion_time":"20)"));
  EXPECT_EQ(post("undelete/app", R"({"versions": 2})").status, 204);
  EXPECT_THAT(get("data/app").data, HasSubstr("two"));

  EXPECT_EQ(post("destroy/app", R"({"versions": "1,2,99,0,-1"})").status, 204);
  EXPECT_EQ(post("undelete/app", R"({"versions": [1, 2]})").status, 204);
  EXPECT_THAT(get("data/app").data, HasSubstr(R"("destroyed":true)"));
  EXPECT_THAT(get("data/app").data, Not(HasSubstr("two")));
  EXPECT_THAT(post("data/app", R"({"data": {}})").data, HasSubstr(R"("version":3)"));
}

TEST_F(KvTest, versions_are_numbers) {
  EXPECT_EQ(post("delete/app", R"({})").error, "No version number provided");
  EXPECT_EQ(post("undelete/app", R"({"versions": []})").error, "No version number provided");
  EXPECT_EQ(post("destroy/app", R"({"versions": null})").error, "no version number provided");
  EXPECT_THAT(post("delete/app", R"({"versions": ["1", "x"]})").error, HasSubstr("field \"versions\""));
  EXPECT_EQ(post("delete/nope", R"({"versions": [1]})").status, 204);
}

TEST_F(KvTest, a_deleted_key_exists_a_removed_one_does_not) {
  EXPECT_EQ(post("data/app", R"({"data": {}})").op, Op::create);
  remove("data/app");
  EXPECT_EQ(post("data/app", R"({"data": {}})").op, Op::update);
  remove("metadata/app");
  EXPECT_EQ(get("data/app", R"({"version": 1})").status, 404);
  const auto again = post("data/app", R"({"data": {}})");
  EXPECT_EQ(again.op, Op::create);
  EXPECT_THAT(again.data, HasSubstr(R"("version":1)"));
}

TEST_F(KvTest, patch_merges_into_the_latest_version) {
  post("data/app", R"({"data": {"a": 1, "b": {"c": 2, "d": 3}, "keep": 1.50}})");
  EXPECT_THAT(patch("data/app", R"({"data": {"a": null, "b": {"c": 9}, "n": {"x": null, "y": 1}}})").data, HasSubstr(R"("version":2)"));
  EXPECT_THAT(get("data/app").data, HasSubstr(R"("data":{"b":{"c":9,"d":3},"keep":1.50,"n":{"y":1}})"));
  EXPECT_EQ(patch("data/app", R"({})").error, "no data provided");
  EXPECT_EQ(patch("data/nope", R"({"data": {"a": 1}})").status, 404);
  remove("data/app");
  const auto deleted = patch("data/app", R"({"data": {"a": 1}})");
  EXPECT_EQ(deleted.status, 404);
  EXPECT_THAT(deleted.data, HasSubstr(R"("version":2)"));
}

TEST_F(KvTest, keeps_the_newest_versions) {
  for (int i = 0; i < 11; ++i) post("data/ten", R"({"data": {}})");
  EXPECT_EQ(get("data/ten", R"({"version": 1})").status, 404);
  EXPECT_EQ(get("data/ten", R"({"version": 2})").status, 200);
  EXPECT_THAT(get("metadata/ten").data, HasSubstr(R"("oldest_version":2,)"));

  // The larger of the mount's and the key's number counts.
  post("config", R"({"max_versions": 3})");
  post("metadata/app", R"({"max_versions": 2})");
  for (int i = 0; i < 5; ++i) post("data/app", R"({"data": {}})");
  EXPECT_THAT(get("metadata/app").data, HasSubstr(R"("oldest_version":3,)"));
  for (const auto& key : kv.keys()) EXPECT_THAT(key, Not(HasSubstr("/data/app" + std::string("\0", 1) + "0000000000000001")));
}

TEST_F(KvTest, versions_delete_themselves) {
  post("config", R"({"delete_version_after": "1h"})");
  post("metadata/app", R"({"delete_version_after": "30m"})");
  EXPECT_EQ(post("data/app", R"({"data": {"a": 1}})").text("deletion_time"), "2023-11-14T22:43:20Z");
  kv.clock().advance(std::chrono::minutes(30));
  EXPECT_EQ(get("data/app").status, 404);
  post("undelete/app", R"({"versions": [1]})");
  EXPECT_EQ(get("data/app").text("deletion_time"), "2023-11-14T23:13:20Z");
  post("metadata/app", R"({"delete_version_after": "9h"})");
  EXPECT_EQ(post("data/app", R"({"data": {"a": 1}})").text("deletion_time"), "2023-11-14T23:43:20Z");
  post("config", R"({"delete_version_after": "-1s"})");
  EXPECT_EQ(post("data/app", R"({"data": {"a": 1}})").text("deletion_time"), "");
  EXPECT_EQ(get("config").data, R"({"cas_required":false,"delete_version_after":"-1s","max_versions":0})");
  EXPECT_THAT(post("metadata/app", R"({"delete_version_after": "-1s"})").error, HasSubstr("cannot provide negative value '-1'"));
  EXPECT_EQ(post("config", R"({"delete_version_after": "soon"})").error,
            "error converting input for field \"delete_version_after\": time: invalid duration \"soon\"");
}

TEST_F(KvTest, metadata_is_written_whole_and_patched_in_parts) {
  EXPECT_EQ(post("metadata/app", "{}").status, 204);
  EXPECT_EQ(get("metadata/app").status, 404);
  EXPECT_EQ(patch("metadata/app", R"({"max_versions": 1})").status, 404);
  post("metadata/app", R"({"max_versions": 4, "cas_required": true, "delete_version_after": "3h25m19s", "custom_metadata": {"owner": "ada", "n": 5}})");
  EXPECT_EQ(get("data/app").status, 404);
  EXPECT_EQ(get("metadata/app").data,
            R"({"cas_required":true,"created_time":"2023-11-14T22:13:20Z","current_version":0,"custom_metadata":{"n":"5","owner":"ada"},)"
            R"("delete_version_after":"3h25m19s","max_versions":4,"oldest_version":0,"updated_time":"2023-11-14T22:13:20Z","versions":{}})");
  EXPECT_EQ(patch("metadata/app", R"({"custom_metadata": {"n": null, "tier": "1"}, "max_versions": null})").status, 204);
  EXPECT_THAT(get("metadata/app").data, HasSubstr(R"("custom_metadata":{"owner":"ada","tier":"1"})"));
  EXPECT_THAT(get("metadata/app").data, HasSubstr(R"("max_versions":0)"));
  post("metadata/app", R"({"custom_metadata": {}})");
  EXPECT_THAT(get("metadata/app").data, HasSubstr(R"("custom_metadata":null)"));
  post("config", R"({"cas_required": true})");
  EXPECT_THAT(post("metadata/app", R"({"cas_required": false})").warnings, ElementsAre(HasSubstr("mandated by backend config")));
}

TEST_F(KvTest, custom_metadata_has_limits) {
  const auto with = [&](const std::string& key, const std::string& value) { return post("metadata/app", concat(R"({"custom_metadata": {")", key, "\": \"", value, "\"}}")); };
  EXPECT_EQ(with(std::string(128, 'k'), std::string(512, 'v')).status, 204);
  EXPECT_THAT(with(std::string(129, 'k'), "v").error, HasSubstr("is 129 but must be 0 < len(key) <= 128"));
  EXPECT_THAT(with("k", std::string(513, 'v')).error, HasSubstr("length of value for key \"k\" is 513 but must be 0 < len(value) <= 512"));
  EXPECT_THAT(with("k", "\\u0001").error, HasSubstr("value for key \"k\" contains unprintable characters"));
  std::string many = R"({"custom_metadata": {)";
  for (int i = 0; i < 65; ++i) many += concat(i ? ", " : "", "\"k", std::to_string(i), "\": \"v\"");
  EXPECT_THAT(post("metadata/app", many + "}}").error, HasSubstr("payload must contain at most 64 keys, provided 65"));
  EXPECT_THAT(post("metadata/app", R"({"custom_metadata": {"k": []}})").error, HasSubstr("expected type 'string'"));
}

TEST_F(KvTest, lists_names_and_folders_in_pages) {
  for (const auto name : {"app/b", "app/a", "app/c/d", "app", "App"}) post(concat("data/", name), R"({"data": {}})");
  EXPECT_EQ(list("metadata"), R"({"keys":["App","app","app/"]})");
  EXPECT_EQ(list("metadata/app"), R"({"keys":["a","b","c/"]})");
  EXPECT_EQ(list("metadata/app/", R"({"limit": "2"})"), R"({"keys":["a","b"]})");
  EXPECT_EQ(list("metadata/app/", R"({"after": "b", "limit": "-1"})"), R"({"keys":["c/"]})");
  EXPECT_EQ(kv.call(Op::list, "metadata/nope").status, 404);
}

TEST_F(KvTest, subkeys_show_the_shape) {
  post("data/app", R"({"data": {"a": 1, "b": {"c": {"d": 1, "e": {}}, "f": [1, {"g": 1}]}, "h": {}}})");
  EXPECT_THAT(get("subkeys/app").data, HasSubstr(R"("subkeys":{"a":null,"b":{"c":{"d":null,"e":null},"f":null},"h":null})"));
  EXPECT_THAT(get("subkeys/app", R"({"depth": 2})").data, HasSubstr(R"("subkeys":{"a":null,"b":{"c":null,"f":null},"h":null})"));
  remove("data/app");
  EXPECT_EQ(get("subkeys/app").status, 404);
  EXPECT_THAT(get("subkeys/app").data, HasSubstr(R"("subkeys":null)"));
}

TEST_F(KvTest, hints_at_clients_of_version_1) {
  EXPECT_THAT(get("app").warnings, ElementsAre(HasSubstr("use 'vault kv get' for this operation.")));
  EXPECT_THAT(post("app/x", R"({"a": 1})").warnings, ElementsAre(HasSubstr("'vault kv put'")));
  EXPECT_THAT(kv.call(Op::list, "").warnings, ElementsAre(HasSubstr("'vault kv list'")));
  EXPECT_THAT(get("data").warnings, ElementsAre("Non-listing operations on the root of a K/V v2 mount are not supported."));
  EXPECT_EQ(get("data/").status, 404);
  EXPECT_EQ(kv.call(Op::list, "data/app").status, 405);
}

TEST_F(KvTest, a_key_with_very_many_versions_is_removed_in_steps) {
  post("metadata/app", R"({"max_versions": 5000})");
  for (int i = 0; i < 1100; ++i) post("data/app", R"({"data": {}})");
  EXPECT_EQ(remove("metadata/app").status, 503);
  EXPECT_EQ(remove("metadata/app").status, 204);
  EXPECT_THAT(kv.keys(), ElementsAre());
}

TEST_F(KvTest, a_large_value_goes_through) {
  const std::string large(2 << 20, 'x');
  EXPECT_EQ(post("data/app", concat(R"({"data": {"a": ")", large, "\"}}")).status, 200);
  EXPECT_THAT(get("data/app").data, HasSubstr(large));
}

}  // namespace
}  // namespace sr::kv
