#include "crypto/shamir.h"
#include <gtest/gtest.h>
#include <bit>
#include "crypto/hash.h"
#include "crypto/test_vectors.h"

namespace sr {
namespace {

using test_vectors::from_hex;

std::vector<Secret> chosen(std::span<const Secret> shares, unsigned mask) {
  std::vector<Secret> some;
  for (std::size_t i = 0; i < shares.size(); ++i)
    if (mask >> i & 1) some.push_back(shares[i].copy());
  return some;
}

// Each subset of the threshold's size or more gives the secret; a smaller one gives something else.
void expect_exactly_the_threshold(std::span<const Secret> shares, std::size_t threshold, std::string_view secret) {
  for (unsigned mask = 0; mask < 1u << shares.size(); ++mask) {
    const auto count = static_cast<std::size_t>(std::popcount(mask));
    const auto got = shamir_combine(chosen(shares, mask));
    ASSERT_EQ(got.has_value(), count >= 2);
    if (!got) continue;
    EXPECT_EQ(got->reveal() == secret, count >= threshold) << "subset " << mask;
  }
}

std::vector<Secret> shares_of(std::span<const std::string_view> hex) {
  std::vector<Secret> shares;
  for (const auto share : hex) shares.emplace_back(from_hex(share));
  return shares;
}

TEST(Shamir, CombinesSharesMadeByVault) {
  const std::string secret = from_hex(test_vectors::shamir_secret);
  expect_exactly_the_threshold(shares_of(test_vectors::shamir_2_of_2), 2, secret);
  expect_exactly_the_threshold(shares_of(test_vectors::shamir_2_of_3), 2, secret);
  expect_exactly_the_threshold(shares_of(test_vectors::shamir_3_of_5), 3, secret);
}

TEST(Shamir, EverySubsetOfTheThresholdGivesTheSecret) {
  SeededRandom random(11);
  for (std::size_t parts = 2; parts <= 7; ++parts)
    for (std::size_t threshold = 2; threshold <= parts; ++threshold) {
      const std::string secret = random_bytes(random, 32);
      const auto shares = shamir_split(secret, {.parts = parts, .threshold = threshold}, random);
      ASSERT_TRUE(shares);
      ASSERT_EQ(shares->size(), parts);
      for (const Secret& share : *shares) ASSERT_EQ(share.size(), secret.size() + 1);
      expect_exactly_the_threshold(*shares, threshold, secret);
    }
}

TEST(Shamir, GoesToTheLimits) {
  SeededRandom random(12);
  for (const std::size_t threshold : {2u, 128u, 255u}) {
    const auto shares = shamir_split("test", {.parts = 255, .threshold = threshold}, random);
    ASSERT_TRUE(shares);
    EXPECT_EQ(shamir_combine(std::span(*shares).last(threshold))->reveal(), "test");
    EXPECT_EQ(shamir_combine(*shares)->reveal(), "test");
  }
}

// 0x53 * 0xca = 1 in the field of AES: a line through (0, s) with the slope 0xca passes (1, s ^ 0xca) and (0x53, s ^ 1).
TEST(Shamir, FieldIsThatOfAes) {
  for (unsigned s = 0; s < 256; ++s) {
    const char at_one[] = {static_cast<char>(s ^ 0xca), 1}, at_other[] = {static_cast<char>(s ^ 1), 0x53};
    std::vector<Secret> shares;
    shares.emplace_back(std::string_view(at_one, 2));
    shares.emplace_back(std::string_view(at_other, 2));
    EXPECT_EQ(static_cast<unsigned char>(shamir_combine(shares)->reveal()[0]), s);
  }
}

TEST(Shamir, RefusesBadSplits) {
  SeededRandom random(13);
  auto why = [&](std::string_view secret, ShamirSplit into) {
    const auto shares = shamir_split(secret, into, random);
    return shares ? "" : shares.error().message;
  };
  EXPECT_EQ(why("test", {.parts = 2, .threshold = 3}), "parts cannot be less than threshold");
  EXPECT_EQ(why("test", {.parts = 256, .threshold = 3}), "parts cannot exceed 255");
  EXPECT_EQ(why("test", {.parts = 10, .threshold = 1}), "threshold must be at least 2");
  EXPECT_EQ(why("test", {.parts = 0, .threshold = 0}), "threshold must be at least 2");
  EXPECT_EQ(why("", {.parts = 3, .threshold = 2}), "cannot split an empty secret");
}

TEST(Shamir, RefusesBadShares) {
  auto why = [](std::initializer_list<std::string_view> texts) {
    std::vector<Secret> shares;
    for (const auto text : texts) shares.emplace_back(text);
    const auto secret = shamir_combine(shares);
    return secret ? "" : secret.error().message;
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(why({}), "less than two parts cannot be used to reconstruct the secret");
  EXPECT_EQ(why({"ab"}), "less than two parts cannot be used to reconstruct the secret");
  EXPECT_EQ(why({"a", "b"}), "parts must be at least two bytes long");
  EXPECT_EQ(why({"ab", "abc"}), "all parts must be the same length");
  EXPECT_EQ(why({"ab", "cb"}), "duplicate part detected");
  EXPECT_EQ(why({"a\0"sv, "cb"}), "invalid part: no share lies at zero");
}

}  // namespace
}  // namespace sr
