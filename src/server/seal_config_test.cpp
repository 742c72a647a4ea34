#include "server/seal_config.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <filesystem>
#include <fstream>
#include "client/fake_server.h"
#include "server/config.h"

namespace sr::server {
namespace {

using testing::HasSubstr;

struct SealConfigTest : testing::Test {
  Log log{{.level = LogLevel::off}};
  SystemRandom random;
  std::vector<std::string> variables;

  ~SealConfigTest() override {
    for (const auto& name : variables) unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    variables.push_back(name);
  }
  // What the seal of this text asks when it is to wrap a key; or why there is no such seal.
  std::string asked_by(client::FakeServer& server, const std::string& text) {
    Config config;
    if (const auto merged = merge_config(config, text, "a.hcl"); !merged) return merged.error().message;
    const auto seals = Seals::make(config.seals, log);
    if (!seals) return seals.error().message;
    static_cast<void>(seals->in_use->wrap(KeySecret("key"), random));
    return server.asked_in_the_end().front();
  }
  std::string refusal(const std::string& text) {
    Config config;
    if (const auto merged = merge_config(config, text, "a.hcl"); !merged) return merged.error().message;
    const auto seals = Seals::make(config.seals, log);
    return seals ? "" : seals.error().message;
  }
};

constexpr auto renewal_off = "disable_renewal = \"true\"\n";

TEST_F(SealConfigTest, a_transit_seal_is_what_its_stanza_says) {
  client::FakeServer server({client::answer(503)});
  const auto asked = asked_by(server, "seal \"transit\" {\naddress = \"" + server.address() + "\"\ntoken = \"s.one\"\nmount_path = \"a/b/\"\nkey_name = \"k\"\nnamespace = \"team/\"\n" + renewal_off + "}");
  EXPECT_THAT(asked, HasSubstr("PUT /v1/a/b/encrypt/k HTTP"));
  EXPECT_THAT(asked, HasSubstr("X-Vault-Token: s.one\r\n"));
  EXPECT_THAT(asked, HasSubstr("X-Vault-Namespace: team/\r\n"));
}

TEST_F(SealConfigTest, the_environment_goes_before_the_stanza_and_stands_in_for_it) {
  client::FakeServer server({client::answer(503)});
  set("VAULT_TRANSIT_SEAL_ADDR", server.address());
  set("VAULT_TRANSIT_SEAL_MOUNT_PATH", "transit");
  set("BAO_TRANSIT_SEAL_KEY_NAME", "from-the-environment");
  set("VAULT_TRANSIT_SEAL_DISABLE_RENEWAL", "true");
  set("VAULT_TOKEN", "s.two");
  set("VAULT_NAMESPACE", "other/");
  const auto asked = asked_by(server, "seal \"transit\" {\naddress = \"http://127.0.0.1:1\"\nkey_name = \"k\"\nnamespace = \"team/\"\n}");
  EXPECT_THAT(asked, HasSubstr("PUT /v1/transit/encrypt/from-the-environment HTTP"));
  EXPECT_THAT(asked, HasSubstr("X-Vault-Token: s.two\r\n"));
  EXPECT_THAT(asked, HasSubstr("X-Vault-Namespace: team/\r\n"));
}

TEST_F(SealConfigTest, a_token_may_lie_in_a_file) {
  const auto file = std::filesystem::temp_directory_path() / ("seal-token-" + std::to_string(getpid()));
  std::ofstream(file) << "s.three\n";
  client::FakeServer server({client::answer(503)});
  const auto asked = asked_by(server, "seal \"transit\" {\naddress = \"" + server.address() + "\"\ntoken = \"file://" + file.string() + "\"\nmount_path = \"t\"\nkey_name = \"k\"\n" + renewal_off + "}");
  EXPECT_THAT(asked, HasSubstr("X-Vault-Token: s.three\r\n"));
  std::filesystem::remove(file);
  EXPECT_THAT(refusal("seal \"transit\" {\naddress = \"http://127.0.0.1:1\"\ntoken = \"file://" + file.string() + "\"\nmount_path = \"t\"\nkey_name = \"k\"\n}"), HasSubstr("error reading file at"));
}

TEST_F(SealConfigTest, says_what_is_missing) {
  EXPECT_EQ(refusal("seal \"transit\" { address = \"http://127.0.0.1:1\" }"), "error configuring seal \"transit\": mount_path is required");
  EXPECT_EQ(refusal("seal \"transit\" {\n mount_path = \"t\"\n key_name = \"k\"\n}"), "error configuring seal \"transit\": address is required");
  EXPECT_THAT(refusal("seal \"transit\" {}\nseal \"transit\" { disabled = true }"), HasSubstr("two seals \"transit\": move to shares"));
  EXPECT_THAT(refusal("seal \"awskms\" {}"), HasSubstr("use \"static\" or \"transit\""));
  set("VAULT_TRANSIT_SEAL_DISABLE_RENEWAL", "perhaps");
  EXPECT_THAT(refusal("seal \"transit\" {\n address = \"http://127.0.0.1:1\"\n mount_path = \"t\"\n key_name = \"k\"\n}"), HasSubstr("TRANSIT_SEAL_DISABLE_RENEWAL of the environment is neither true nor false"));
}

TEST_F(SealConfigTest, a_disabled_seal_does_not_hear_the_environment) {
  set("VAULT_TRANSIT_SEAL_MOUNT_PATH", "t");
  set("VAULT_TRANSIT_SEAL_KEY_NAME", "k");
  set("VAULT_ADDR", "http://127.0.0.1:1");
  EXPECT_EQ(refusal("seal \"transit\" { disabled = \"true\" }"), "error configuring seal \"transit\": mount_path is required");
  EXPECT_EQ(refusal("seal \"transit\" {}"), "");
}

TEST_F(SealConfigTest, the_environment_can_name_the_seal) {
  set("VAULT_SEAL_TYPE", "transit");
  Config config;
  ASSERT_TRUE(load_config(config, {}));
  ASSERT_NE(config.seals.in_use(), nullptr);
  EXPECT_EQ(config.seals.in_use()->type, "transit");
  Config other;
  ASSERT_TRUE(merge_config(other, "seal \"static\" {}", "a.hcl"));
  ASSERT_TRUE(load_config(other, {}));
  EXPECT_EQ(other.seals.in_use()->type, "static");
  Config leaving;
  ASSERT_TRUE(merge_config(leaving, "seal \"transit\" { disabled = \"true\" }", "a.hcl"));
  EXPECT_THAT(load_config(leaving, {}).error().message, HasSubstr("that the configuration disables: unset it"));
  set("VAULT_SEAL_TYPE", "awskms");
  Config unknown;
  EXPECT_THAT(load_config(unknown, {}).error().message, HasSubstr("a seal \"awskms\" is not supported yet"));
}

TEST_F(SealConfigTest, trust_comes_from_one_place) {
  set("VAULT_CACERT", "/nowhere/of-the-environment.pem");
  const std::string at_a_folder = "seal \"transit\" {\n address = \"https://127.0.0.1:1\"\n mount_path = \"t\"\n key_name = \"k\"\n tls_ca_path = \"/nowhere/of-the-file\"\n}";
  Config config;
  ASSERT_TRUE(merge_config(config, at_a_folder, "a.hcl"));
  const auto seals = Seals::make(config.seals, log);
  ASSERT_TRUE(seals);
  const auto wrapped = seals->in_use->wrap(KeySecret("key"), random);
  ASSERT_FALSE(wrapped);
  EXPECT_THAT(wrapped.error().message, Not(HasSubstr("of-the-environment")));
}

TEST_F(SealConfigTest, notes_secrets_and_what_nobody_knows) {
  Config config;
  ASSERT_TRUE(merge_config(config, "seal \"transit\" {\n token = \"s.x\"\n colour = \"blue\"\n}", "a.hcl"));
  ASSERT_EQ(config.notes.size(), 2u);
  EXPECT_THAT(config.notes[0], HasSubstr("seal: token lies in the configuration itself"));
  EXPECT_EQ(config.notes[1], "seal: \"colour\" is unknown and has no effect");
}

}  // namespace
}  // namespace sr::server
