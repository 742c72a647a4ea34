#include "cli/go_text.h"
#include <gtest/gtest.h>

namespace sr::cli {
namespace {

std::string shown(std::string_view key, std::string_view text) {
  Arena arena;
  return table_value(key, **json::parse(arena, text));
}

TEST(GoText, ValuesPrintAsFmtPrintsThem) {
  EXPECT_EQ(shown("a", "null"), "<nil>");
  EXPECT_EQ(shown("a", R"({"b":[1,"x",null],"a":{"c":true}})"), "map[a:map[c:true] b:[1 x <nil>]]");
  EXPECT_EQ(shown("a", "1.50"), "1.50");
  EXPECT_EQ(shown("a", "[]"), "[]");
}

TEST(GoText, NumbersOfDurationsAreReadable) {
  EXPECT_EQ(shown("ttl", "3600"), "1h");
  EXPECT_EQ(shown("max_ttl", "5400"), "1h30m");
  EXPECT_EQ(shown("ttl", "\"3600\""), "3600") << "only numbers";
  EXPECT_EQ(shown("ttl", "1.5"), "1.5") << "only whole ones";
  EXPECT_EQ(shown("ttls", "3600"), "3600");
  EXPECT_EQ(shown("ttl", "99999999999999999999"), "99999999999999999999");
}

TEST(GoText, QuotesAsStrconvDoes) {
  EXPECT_EQ(go_quote("a\"b\\c\n\x01ü"), "\"a\\\"b\\\\c\\n\\x01ü\"");
  EXPECT_EQ(go_quote("\xff"), "\"\\xff\"");
}

TEST(GoText, Integers) {
  EXPECT_EQ(*parse_go_int("-5"), -5);
  EXPECT_EQ(*parse_go_int("+5"), 5);
  for (const char* bad : {"", "x", "5x", "+-5", "0x10", " 5"}) EXPECT_FALSE(parse_go_int(bad)) << bad;
  EXPECT_EQ(parse_go_int("9223372036854775808").error().message, "strconv.ParseInt: parsing \"9223372036854775808\": value out of range");
}

TEST(GoText, TimesAsTheirStringMethod) {
  EXPECT_EQ(go_time("2024-01-02T03:04:05.6Z"), "2024-01-02 03:04:05.6 +0000 UTC");
  EXPECT_EQ(go_time("2024-01-02T03:04:05+01:00"), "2024-01-02 03:04:05 +0100 +0100");
  EXPECT_EQ(go_time("soon"), "soon");
}

TEST(GoText, LinesAreOfEvenLength) {
  // The break of the known text, which a greedy filling would put elsewhere.
  EXPECT_EQ(wrap_lines("Success! You are now authenticated. The token information displayed below is already stored in the token helper. You do NOT need to run \"bao login\" again. "
                       "Future OpenBao requests will automatically use this token."),
            "Success! You are now authenticated. The token information displayed below is\n"
            "already stored in the token helper. You do NOT need to run \"bao login\" again.\n"
            "Future OpenBao requests will automatically use this token.");
  EXPECT_EQ(wrap_lines("* short", 2), "  * short");
  EXPECT_EQ(wrap_lines(""), "");
  const std::string word(200, 'x');
  EXPECT_EQ(wrap_lines("a " + word + " b"), "a " + word + "\nb") << "what is too long anyway costs the same in any line";
}

}  // namespace
}  // namespace sr::cli
