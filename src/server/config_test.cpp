#include "server/config.h"
#include <gtest/gtest.h>

namespace sr::server {
namespace {

std::string refusal(std::string_view text) {
  Config config;
  const auto merged = merge_config(config, text, "a.hcl");
  return merged ? "" : merged.error().message;
}

TEST(Config, TakesOneStorageOfAText) {
  EXPECT_EQ(refusal("storage \"inmem\" {}\nstorage \"file\" { path = \"/x\" }"), "a.hcl: line 2: only one \"storage\" block is permitted: take one of them out");
  EXPECT_EQ(refusal("storage \"inmem\" {}\nbackend \"inmem\" {}"), "a.hcl: line 2: only one \"storage\" block is permitted: take one of them out");
}

TEST(Config, TellsThatALaterStorageReplacesAnEarlierOne) {
  Config config;
  ASSERT_TRUE(merge_config(config, "storage \"inmem\" {}", "a.hcl"));
  ASSERT_TRUE(merge_config(config, "storage \"rocksdb\" { path = \"/x\" }", "b.hcl"));
  EXPECT_EQ(config.storage->path, "/x");
  EXPECT_EQ(config.notes, std::vector<std::string>{"the storage of b.hcl replaces the one that was configured before it"});
}

TEST(Config, SaysWhatToDoAboutAMissingFile) {
  Config config;
  EXPECT_EQ(load_config(config, {"/proc/none"}).error().message, "cannot read the configuration /proc/none: No such file or directory; give -config a file that exists, or try -dev");
}

TEST(Config, AuditDevicesAndWhatTheyMayDo) {
  Config config;
  ASSERT_TRUE(merge_config(config, R"(
    audit "file" "main" { description = "d" options { file_path = "/var/log/a.log" mode = 0640 } }
    audit "socket" "far/" { options = { address = "127.0.0.1:9" } }
    audit_require = "all"
    audit_folders = ["/var/log"]
    unsafe_allow_api_audit_creation = false
  )", "a.hcl"));
  ASSERT_EQ(config.audit_devices.size(), 2u);
  EXPECT_EQ(config.audit_devices[0].path, "main/");
  EXPECT_EQ(config.audit_devices[0].type, "file");
  EXPECT_EQ(config.audit_devices[0].options.at("mode"), "0640");
  EXPECT_EQ(config.audit_devices[1].path, "far/");
  EXPECT_EQ(config.audit_devices[1].options.at("address"), "127.0.0.1:9");
  EXPECT_EQ(config.audit_require, AuditRequire::all);
  EXPECT_FALSE(config.audit_by_api);
  EXPECT_EQ(config.audit_folders, std::vector<std::string>{"/var/log"});
  for (const auto* text : {R"(audit_require = "most")", R"(audit_folders = ["logs"])", R"(audit "file" "a" { filepath = "x" })", "audit \"file\" \"a\" {}\naudit \"file\" \"a/\" {}"}) EXPECT_NE(refusal(text), "") << text;
}

TEST(Config, LockoutGoesFromTheWiderToTheNarrower) {
  Config config;
  ASSERT_TRUE(merge_config(config, R"(
    user_lockout "all" { lockout_duration = "10m" lockout_threshold = "25" }
    user_lockout "Userpass" { lockout_threshold = 3 disable_lockout = "true" }
  )", "a.hcl").has_value());
  const auto approle = config.lockout.rule("approle", std::nullopt), userpass = config.lockout.rule("userpass", std::nullopt);
  EXPECT_EQ(approle.threshold, 25u);
  EXPECT_EQ(approle.duration, Seconds(600));
  EXPECT_EQ(approle.counter_reset, Seconds(900));
  EXPECT_FALSE(approle.disabled);
  EXPECT_EQ(userpass.threshold, 3u);
  EXPECT_EQ(userpass.duration, Seconds(600));
  EXPECT_TRUE(userpass.disabled);

  const LockoutSettings mount{.threshold = 7, .disabled = false};
  EXPECT_EQ(config.lockout.rule("userpass", mount).threshold, 7u);
  EXPECT_TRUE(config.lockout.rule("userpass", mount).disabled) << "a mount cannot switch on what the server has off";
  EXPECT_TRUE(config.lockout.rule("approle", LockoutSettings{.disabled = true}).disabled);
  config.lockout.disabled = false;
  EXPECT_FALSE(config.lockout.rule("userpass", mount).disabled) << "the environment has the last word";
}

TEST(Config, LockoutThatMakesNoSenseIsRefused) {
  for (const auto* text : {R"(user_lockout "cert" {})", R"(user_lockout { lockout_threshold = 3 })", R"(user_lockout "all" { lockout_threshold = -1 })", R"(user_lockout "all" { lockout_duration = "-5s" })",
                           R"(user_lockout "all" { lockout_treshold = 5 })", R"(user_lockout "all" { disable_lockout = "perhaps" })"}) {
    Config config;
    EXPECT_FALSE(merge_config(config, text, "a.hcl").has_value()) << text;
  }
}

}  // namespace
}  // namespace sr::server
