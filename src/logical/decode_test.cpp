#include "logical/field.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

TEST(Decode, ADurationThatIsNoneIsToldInGosWords) {
  EXPECT_EQ(duration_problem("1H"), "time: unknown unit \"H\" in duration \"1H\"");
  EXPECT_EQ(duration_problem("1.5"), "time: missing unit in duration \"1.5\"");
  EXPECT_EQ(duration_problem("soon"), "time: invalid duration \"soon\"");
  EXPECT_EQ(duration_problem("99999999999h"), "time: invalid duration \"99999999999h\"");
}

TEST(Decode, WhatMayBeASecretInTheWrongPlaceIsNotRepeated) {
  EXPECT_EQ(duration_problem("abcdefghijklmnop"), "time: invalid duration \"abcdefghijklmnop\"");
  for (const char* hidden : {"abcdefghijklmnopq", "s.abcdefghijklmnop", "1 h", "1\"h", "5\u00b5"}) EXPECT_EQ(duration_problem(hidden), "time: invalid duration") << hidden;
}

}  // namespace
}  // namespace sr
