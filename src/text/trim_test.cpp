#include "text/trim.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

TEST(Trim, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trimmed(" \r\n\ta b\n \n"), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(""), "");
  EXPECT_EQ(trimmed(" \t\r\n"), "");
}

TEST(Trim, TakesNoOtherCharacters) {
  EXPECT_EQ(trimmed("\va\f"), "\va\f");
  EXPECT_EQ(trimmed("\v a\f\n", go_blanks), "a");
  EXPECT_EQ(trimmed(" \ta\n", " \t"), "a\n");
  EXPECT_EQ(trimmed("\u00a0a"), "\u00a0a");
  EXPECT_EQ(trimmed(std::string_view("\0a ", 3)), std::string_view("\0a", 2));
}

}  // namespace
}  // namespace sr
