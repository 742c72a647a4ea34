#include "cli/pgp_keys.h"
#include <gtest/gtest.h>
#include <unistd.h>
#include <cstdio>

namespace sr::cli {
namespace {

constexpr Flag flags[] = {{.name = "pgp-keys"}};
constexpr Command command{.name = "test", .summary = "", .arguments = "", .text = ""};

class PgpKeys : public testing::Test {
 protected:
  std::string file(const std::string& content) {
    const std::string path = testing::TempDir() + "key-" + std::to_string(getpid()) + "-" + std::to_string(files_.size());
    FILE* out = fopen(path.c_str(), "w");
    fwrite(content.data(), 1, content.size(), out);
    fclose(out);
    return files_.emplace_back(path);
  }
  ~PgpKeys() override {
    for (const std::string& path : files_) unlink(path.c_str());
  }

  std::expected<std::vector<std::string>, int> read(const std::string& given) {
    FlagValues values({flags});
    const std::vector<std::string> args{"-pgp-keys=" + given};
    EXPECT_TRUE(values.parse(args));
    Ui ui({.color = false, .hold_errors = true});
    Call call{.program = "vault", .command = command, .flags = values, .args = {}, .ui = ui, .style = {}};
    auto keys = pgp_keys(call, "pgp-keys");
    said_ = ui.held_errors();
    return keys;
  }

  std::string said_;
  std::vector<std::string> files_;
};

// A file as `gpg --armor --export` writes it, cut short: what is inside is the server's business.
constexpr std::string_view armored =
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\r\nComment: of a test\r\n\r\nmDMEZm9vYmFyCQEHQA==\r\nmDMEZm9v\r\n=njUN\r\n-----END PGP PUBLIC KEY BLOCK-----\r\n";

TEST_F(PgpKeys, TakesEachFormOfAKey) {
  const auto keys = read(file("mDMEZm9v\n") + ", @" + file(std::string("\x98\x33\x04\x00raw", 7)));
  ASSERT_TRUE(keys);
  EXPECT_EQ(*keys, (std::vector<std::string>{"mDMEZm9v", "mDMEAHJhdw=="}));
}

TEST_F(PgpKeys, TakesOneOutOfItsArmor) {
  const std::string text = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1\n\nmDMEZm9v\nYmFyCQEH\n=njUN\n-----END PGP PUBLIC KEY BLOCK-----\n";
  const auto keys = read(file(text));
  ASSERT_TRUE(keys) << said_;
  EXPECT_EQ(*keys, std::vector<std::string>{"mDMEZm9vYmFyCQEH"});
  EXPECT_FALSE(read(file(text + text)));
  EXPECT_NE(said_.find("more than one key found"), std::string::npos) << said_;
}

TEST_F(PgpKeys, SaysWhichFlagIsWrong) {
  EXPECT_FALSE(read("/nothing/there"));
  EXPECT_EQ(said_, "invalid value \"/nothing/there\" for flag -pgp-keys: open /nothing/there: no such file or directory\n");
  EXPECT_FALSE(read(""));
  EXPECT_EQ(said_, "invalid value \"\" for flag -pgp-keys: empty path\n");
  EXPECT_FALSE(read("keybase:someone"));
  EXPECT_FALSE(read(file(std::string(armored))));  // padding in the middle: two texts, no key
  EXPECT_FALSE(read(file("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZm9v\n")));
  EXPECT_NE(said_.find("has no end"), std::string::npos) << said_;
  EXPECT_FALSE(read(file("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n")));
}

}  // namespace
}  // namespace sr::cli
