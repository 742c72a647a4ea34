#include "text/duration.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsWhatVaultReads) {
  EXPECT_EQ(parse_duration(""), 0s);
  EXPECT_EQ(parse_duration("0"), 0s);
  EXPECT_EQ(parse_duration("3600"), 1h);
  EXPECT_EQ(parse_duration("+60"), 60s);
  EXPECT_EQ(parse_duration("-1"), -1s);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("1h30m"), 90min);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("-1.5h"), -90min);
  EXPECT_EQ(parse_duration(".5s"), 500ms);
  EXPECT_EQ(parse_duration("1.s"), 1s);
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1us2\u00b5s3\u03bcs4ns"), 6004ns);
  EXPECT_EQ(parse_duration("9223372036"), 9223372036s);
  EXPECT_EQ(parse_duration("-9223372036854775808ns"), Duration::min());
  EXPECT_EQ(parse_duration("0.3333333333333333333h"), 20min);
}

TEST(Duration, RefusesTheRest) {
  for (const char* bad : {"h", "1x", "1h ", " 1h", "1h30", "1.5d", "d", "1d2h", "--1s", "+-1", "1.5", "1e3", ".", ".s", "-", "+", "1 h"})
    EXPECT_FALSE(parse_duration(bad)) << bad;
  for (const char* large : {"9223372037", "106752d", "-9223372037", "9223372036854775808", "99999999999999999999", "2562048h", "9223372036854775808ns", "9223372036854775.808us"})
  {
    const auto duration = parse_duration(large);
    EXPECT_TRUE(!duration && duration.error().message == "duration is out of range") << large;
  }
  EXPECT_FALSE(duration_of_seconds(INT64_MAX));
}

TEST(Duration, SaysWhichUnitThereIsNot) {
  using enum DurationFault::Kind;
  const auto unit = [](std::string_view text) { return duration_fault(text).kind == unknown_unit ? duration_fault(text).unit : "none"; };
  EXPECT_EQ(unit("1x"), "x");
  EXPECT_EQ(unit("1H"), "H");
  EXPECT_EQ(unit("-1h5weeks3s"), "weeks");
  EXPECT_EQ(unit("1.5d"), "d");
  EXPECT_EQ(unit("1h "), "h ");
  for (const char* none : {"1.5", "1h30", "+2"}) EXPECT_EQ(duration_fault(none).kind, missing_unit) << none;
  for (const char* else_wrong : {"h", "soon", "", "-", "--1s", ".s", "1h.s", "99999999999h"}) EXPECT_EQ(duration_fault(else_wrong).kind, other) << else_wrong;
  for (const char* known : {"1ns", "1us", "1\u00b5s", "1\u03bcs", "1ms", "1s", "1m", "1h"}) EXPECT_EQ(duration_fault(known).kind, other) << known;
}

TEST(Duration, PrintsAsGo) {
  EXPECT_EQ(print_duration(0s), "0s");
  EXPECT_EQ(print_duration(768h), "768h0m0s");
  EXPECT_EQ(print_duration(90s), "1m30s");
  EXPECT_EQ(print_duration(250ms), "250ms");
  EXPECT_EQ(print_duration(1500ms), "1.5s");
  EXPECT_EQ(print_duration(1500ns), "1.5\u00b5s");
  EXPECT_EQ(print_duration(999ns), "999ns");
  EXPECT_EQ(print_duration(-61001ms), "-1m1.001s");
  EXPECT_EQ(print_duration(Duration::min()), "-2562047h47m16.854775808s");
}

TEST(Duration, HumanizesAsTheCommandLine) {
  EXPECT_EQ(humanize_duration(0s), "0s");
  EXPECT_EQ(humanize_duration(768h), "768h");
  EXPECT_EQ(humanize_duration(90min), "1h30m");
  EXPECT_EQ(humanize_duration(30min), "30m");
  EXPECT_EQ(humanize_duration(3601s), "1h1s");
  EXPECT_EQ(humanize_duration(45s), "45s");
}

}  // namespace
}  // namespace sr
