#include "storage/seal.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

struct Seals : testing::Test {
  SeededRandom random{31};
  KeySecret root_key = KeySecret::generate(random);
  SealConfig config{.secret_shares = 5, .secret_threshold = 3};
  ShamirInit init = *init_shamir(config, root_key, random);
  UnsealAttempt attempt;

  // As the core does it: an attempt ends with the key that it comes to, right or wrong.
  Result<std::optional<KeySecret>> add(std::string_view share) {
    const auto key = TRY(attempt.add(share, config, random));
    if (!key) return std::nullopt;
    attempt.reset();
    return std::optional(TRY(open_root_key(*key, init.wrapped_root_key)));
  }
  void start_over(SealConfig with) {
    config = with;
    init = *init_shamir(config, root_key, random);
  }
  bool waits_after(std::string_view share) {
    const auto got = add(share);
    return got && !*got;
  }
  bool opens_with(std::string_view share) {
    const auto got = add(share);
    return got && *got && **got == root_key;
  }
};

TEST_F(Seals, OpenWithTheThreshold) {
  ASSERT_EQ(init.shares.size(), 5u);
  EXPECT_EQ(init.shares[0].size(), 33u);
  EXPECT_EQ(init.config_row, R"({"secret_shares":5,"secret_threshold":3,"type":"shamir"})");
  EXPECT_EQ(init.wrapped_root_key.find(root_key.reveal()), std::string::npos);

  EXPECT_EQ(attempt.nonce(), "");
  EXPECT_TRUE(waits_after(init.shares[4].reveal()));
  const std::string nonce = attempt.nonce();
  EXPECT_EQ(nonce.size(), 36u);
  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_EQ(attempt.progress(), 2u);
  EXPECT_EQ(attempt.nonce(), nonce);
  EXPECT_TRUE(opens_with(init.shares[2].reveal()));
  EXPECT_EQ(attempt.progress(), 0u);
  EXPECT_EQ(attempt.nonce(), "");
}

TEST_F(Seals, ASingleShareIsTheKey) {
  start_over({.secret_shares = 1, .secret_threshold = 1});
  ASSERT_EQ(init.shares.size(), 1u);
  EXPECT_EQ(init.shares[0].size(), 32u);
  EXPECT_TRUE(*ShamirSeal::from_key(init.shares[0].reveal())->unwrap(init.wrapped_root_key) == root_key);
  EXPECT_EQ(add(std::string(32, 'x')).error().message, "invalid key: failed to decrypt keys from storage: the unseal key does not open the root key");
  EXPECT_EQ(add(std::string(33, 'x')).error().message, "invalid key: failed to setup unseal key: an unseal key has 32 bytes, not 33");
  EXPECT_TRUE(opens_with(init.shares[0].reveal()));
}

TEST_F(Seals, TheSameShareDoesNotAdvance) {
  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  const std::string nonce = attempt.nonce();
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_EQ(attempt.progress(), 1u);
  EXPECT_EQ(attempt.nonce(), nonce);
}

TEST_F(Seals, WrongSharesEndTheAttempt) {
  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_TRUE(waits_after(init.shares[1].reveal()));
  const std::string nonce = attempt.nonce();
  std::string wrong(init.shares[2].reveal());
  wrong[0] = static_cast<char>(wrong[0] ^ 1);
  const auto refused = add(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::invalid);
  EXPECT_TRUE(refused.error().message.starts_with("invalid key: ")) << refused.error().message;
  EXPECT_EQ(attempt.progress(), 0u);

  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_NE(attempt.nonce(), nonce);
  std::string same_place(init.shares[0].reveal());  // another value at the same x
  same_place[0] = static_cast<char>(same_place[0] ^ 1);
  EXPECT_TRUE(waits_after(same_place));
  EXPECT_EQ(add(init.shares[1].reveal()).error().message, "invalid key: failed to compute combined key: duplicate part detected");
  EXPECT_EQ(attempt.progress(), 0u);

  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_TRUE(waits_after(init.shares[1].reveal().substr(0, 32)));
  EXPECT_EQ(add(init.shares[2].reveal()).error().message, "invalid key: failed to compute combined key: all parts must be the same length");
}

TEST_F(Seals, SharesOfAWrongLengthAreNotTaken) {
  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_EQ(add("").error().message, "invalid key: key is shorter than minimum 16 bytes");
  EXPECT_EQ(add(std::string(15, 'x')).error().message, "invalid key: key is shorter than minimum 16 bytes");
  EXPECT_EQ(add(std::string(34, 'x')).error().message, "invalid key: key is longer than maximum 33 bytes");
  EXPECT_EQ(attempt.progress(), 1u);
}

TEST_F(Seals, ResetForgets) {
  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_TRUE(waits_after(init.shares[1].reveal()));
  attempt.reset();
  EXPECT_EQ(attempt.progress(), 0u);
  EXPECT_EQ(attempt.nonce(), "");
  EXPECT_TRUE(waits_after(init.shares[2].reveal()));
}

TEST_F(Seals, ADamagedRootKeyRowIsSaidToBeThat) {
  init.wrapped_root_key.resize(10);
  EXPECT_TRUE(waits_after(init.shares[0].reveal()));
  EXPECT_TRUE(waits_after(init.shares[1].reveal()));
  EXPECT_EQ(add(init.shares[2].reveal()).error().code, Code::internal);
  EXPECT_EQ(attempt.progress(), 0u);
}

TEST(SealConfig, ComesBackFromItsRow) {
  const auto config = SealConfig::parse(SealConfig{.secret_shares = 255, .secret_threshold = 255}.print());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->type, "shamir");
  EXPECT_EQ(config->secret_shares, 255u);
  EXPECT_EQ(config->secret_threshold, 255u);
  for (const char* bad : {"", "{", "[]", "{}", R"({"type":1,"secret_shares":5,"secret_threshold":3})", R"({"type":"shamir","secret_shares":5})",
                          R"({"type":"shamir","secret_shares":"5","secret_threshold":3})", R"({"type":"shamir","secret_shares":5,"secret_threshold":1})",
                          R"({"type":"shamir","secret_shares":-5,"secret_threshold":3})", R"({"type":"shamir","secret_shares":5.5,"secret_threshold":3})"})
    EXPECT_EQ(SealConfig::parse(bad).error().code, Code::internal) << bad;
}

TEST(SealConfig, HasVaultsBounds) {
  auto why = [](std::size_t shares, std::size_t threshold) {
    const auto sound = SealConfig{.secret_shares = shares, .secret_threshold = threshold}.check();
    return sound ? "" : sound.error().message;
  };
  EXPECT_EQ(why(1, 1), "");
  EXPECT_EQ(why(255, 2), "");
  EXPECT_EQ(why(0, 0), "invalid seal configuration: shares must be at least one");
  EXPECT_EQ(why(3, 0), "invalid seal configuration: threshold must be at least one");
  EXPECT_EQ(why(3, 1), "invalid seal configuration: threshold must be greater than one for multiple shares");
  EXPECT_EQ(why(256, 2), "invalid seal configuration: shares must be less than 256");
  EXPECT_EQ(why(1, 2), "invalid seal configuration: threshold cannot be larger than shares");
}

}  // namespace
}  // namespace sr
