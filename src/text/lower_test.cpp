#include "text/lower.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

TEST(Lower, FollowsGoCharacterByCharacter) {
  EXPECT_EQ(to_lower("Dev-Ops_7"), "dev-ops_7");
  EXPECT_EQ(to_lower("ÄÖÜ ПОЛИТИКА ΣΑΣ"), "äöü политика σασ");  // no final sigma
  EXPECT_EQ(to_lower("İ"), "i");                                 // Go drops the dot
  EXPECT_EQ(to_lower("\u212A"), "k");                            // the Kelvin sign
  EXPECT_EQ(to_lower("ẞ"), "ß");
  EXPECT_EQ(to_lower("\U00010400"), "\U00010428");
  EXPECT_EQ(to_lower("ＲＯＯＴ"), "ｒｏｏｔ");  // not "root"
  EXPECT_EQ(to_lower("a\xff"), "a\uFFFD");
}

TEST(Lower, OnceIsEnough) {
  for (char32_t c = 0; c < 0x20000; ++c) EXPECT_EQ(to_lower(to_lower(c)), to_lower(c)) << static_cast<unsigned>(c);
}

// No character outside ASCII becomes one of a reserved word: "root" has one spelling in any case.
TEST(Lower, FewCharactersFoldIntoAscii) {
  for (char32_t c = 0x80; c < 0x20000; ++c) EXPECT_TRUE(c == 0x130 || c == 0x212A || to_lower(c) >= 0x80) << static_cast<unsigned>(c);
}

TEST(Lower, TellsPlainNames) {
  EXPECT_TRUE(is_lower_ascii("max_ttl"));
  EXPECT_FALSE(is_lower_ascii("Max"));
  EXPECT_FALSE(is_lower_ascii("é"));
}

}  // namespace
}  // namespace sr
