#include "logical/password_policy.h"
#include <gtest/gtest.h>
#include <array>
#include <map>

namespace sr {
namespace {

PasswordPolicy parse(std::string_view text) {
  auto policy = PasswordPolicy::parse(text);
  EXPECT_TRUE(policy.has_value()) << (policy ? "" : policy.error().message);
  return policy ? *policy : PasswordPolicy();
}

TEST(PasswordPolicy, PasswordsFollowTheRules) {
  SystemRandom random;
  const auto policy = parse("length = 12\nrule \"charset\" { charset = \"abc\" min-chars = 2 }\nrule \"charset\" { charset = \"cde\" }\nrule \"charset\" { charset = \"01\" min-chars = 3 }");
  for (int i = 0; i < 2000; ++i) {
    const auto password = policy.generate(random);
    ASSERT_TRUE(password.has_value());
    const auto text = password->reveal();
    EXPECT_EQ(text.size(), 12u);
    EXPECT_EQ(text.find_first_not_of("abcde01"), std::string_view::npos);
    EXPECT_GE(std::ranges::count_if(text, [](char c) { return c >= 'a' && c <= 'c'; }), 2);
    EXPECT_GE(std::ranges::count_if(text, [](char c) { return c == '0' || c == '1'; }), 3);
  }
}

// Chi-squared over the characters of a charset that does not divide 256, where a plain modulo would favour the first ones.
TEST(PasswordPolicy, NoCharacterIsLikelierThanAnother) {
  SystemRandom random;
  std::string charset;
  for (char c = '!'; c <= '~'; ++c)
    if (c != '"' && c != '\\' && c != '$') charset += c;  // 91 of them: 256 = 2 * 91 + 74
  const auto policy = parse("length = 100\nrule \"charset\" { charset = \"" + charset + "\" }");
  std::map<char, double> counts;
  constexpr int passwords = 2000;
  for (int i = 0; i < passwords; ++i) {
    const auto password = policy.generate(random);
    for (const char c : password->reveal()) ++counts[c];
  }
  const double expected = 100.0 * passwords / static_cast<double>(charset.size());
  double chi = 0;
  for (const char c : charset) chi += (counts[c] - expected) * (counts[c] - expected) / expected;
  EXPECT_LT(chi, 90 + 8 * 13.4);  // mean 90, deviation 13.4; the bias of a modulo would give some 25,000
}

TEST(PasswordPolicy, CharactersBeyondAsciiCountAsOne) {
  SystemRandom random;
  const auto password = parse("length = 10\nrule \"charset\" { charset = \"\u00e4\u20ac\" min-chars = 1 }").generate(random);
  EXPECT_TRUE(password->reveal().size() >= 20 && password->reveal().size() <= 30);
}

TEST(PasswordPolicy, WhatNothingFitsEndsInTime) {
  SystemRandom random;
  const auto policy = parse("length = 100\nrule \"charset\" { charset = \"a\" min-chars = 50 }\nrule \"charset\" { charset = \"0123456789bcdefghijklmnop\" min-chars = 50 }");
  const auto password = policy.generate(random);
  ASSERT_FALSE(password.has_value());
  EXPECT_EQ(password.error().message, "failed to generate password from policy: timed out generating string");
}

TEST(PasswordPolicy, WhatCannotBeAPolicyIsRefused) {
  const std::string charset = "rule \"charset\" { charset = \"abc\" }";
  std::string long_charset;
  for (char32_t rune = 0x4e00; rune < 0x4e00 + 257; ++rune) long_charset += {static_cast<char>(0xe0 | rune >> 12), static_cast<char>(0x80 | (rune >> 6 & 63)), static_cast<char>(0x80 | (rune & 63))};
  const std::pair<std::string, std::string> texts[] = {
      {"length = 3\n" + charset, "passwords must be between 4 and 100 characters"},
      {"length = 101\n" + charset, "passwords must be between 4 and 100 characters"},
      {charset, "length must be > 0"},
      {"length = -1", "2 errors occurred"},
      {"length = 10", "no charset specified"},
      {"length = \"10\"\n" + charset, "'length' expected type 'int'"},
      {"length = 10.5\n" + charset, "'length' expected type 'int'"},
      {"length = 10\nrule \"foo\" { charset = \"abc\" }", "unrecognized rule type foo"},
      {"length = 10\nrule \"charset\" { charset = \"abc\" min-chars = 11 }", "specified rules require at least 11 characters but 10 is specified"},
      {"length = 10\nrule \"charset\" { charset = \"abc\" min-chars = 9223372036854775807 }\nrule \"charset\" { charset = \"d\" min-chars = 9223372036854775807 }", "specified rules require"},
      {"length = 10\nrule \"charset\" { charset = \"a\\nb\" }", "non-printable character in charset"},
      {"length = 10\nrule \"charset\" { charset = \"abc\" max-chars = 1 }", "unknown key \"max-chars\""},
      {"length = 10\nminimum = 2\n" + charset, "unknown key \"minimum\""},
      {"length = 10\n" + charset + "\nrule \"charset\" { charset = \"\" min-chars = 1 }", "are the rules impossible?"},
      {"length = 10\nrule \"charset\" { charset = \"" + long_charset + "\" }", "charset is too long: limited to 256 characters"},
      {"nonsense", "unable to decode"},
  };
  for (const auto& [text, why] : texts) {
    const auto policy = PasswordPolicy::parse(text);
    ASSERT_FALSE(policy.has_value()) << text;
    EXPECT_EQ(policy.error().code, Code::invalid);
    EXPECT_TRUE(policy.error().message.contains(why)) << policy.error().message;
  }
}

}  // namespace
}  // namespace sr
