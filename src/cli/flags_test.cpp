#include "cli/flags.h"
#include <gtest/gtest.h>
#include <cstdlib>

namespace sr::cli {
namespace {

constexpr Flag flags[] = {
    {.name = "force", .type = FlagType::boolean, .help = "", .standard = "false", .alias = "f"},
    {.name = "maybe", .type = FlagType::tristate, .help = ""},
    {.name = "count", .type = FlagType::integer, .help = "", .standard = "-1"},
    {.name = "name", .help = "", .standard = "nobody", .environment = "CLI_TEST_NAME"},
    {.name = "ttl", .type = FlagType::duration, .help = ""},
    {.name = "item", .type = FlagType::list, .help = "", .environment = "CLI_TEST_ITEMS"},
    {.name = "pair", .type = FlagType::map, .help = ""},
};

struct Parsed {
  FlagValues values{{flags}};
  std::string error;
};
Parsed parse(std::vector<std::string> args) {
  Parsed parsed;
  if (const auto done = parsed.values.parse(args); !done) parsed.error = done.error().message;
  return parsed;
}

TEST(Flags, OneDashOrTwoWithOrWithoutEquals) {
  const Parsed parsed = parse({"-name", "a", "--count=5", "-f", "-ttl=1h", "--item=x", "-item", " y ", "-pair=a=b=c", "rest", "-late"});
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.values.text("name"), "a");
  EXPECT_EQ(parsed.values.number("count"), 5);
  EXPECT_TRUE(parsed.values.on("force"));
  EXPECT_EQ(parsed.values.nanoseconds("ttl"), 3600'000'000'000);
  EXPECT_EQ(parsed.values.list("item"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(parsed.values.map("pair").at("a"), "b=c");
  EXPECT_EQ(parsed.values.arguments().size(), 2U) << "a flag behind the first argument is an argument";
}

TEST(Flags, WhatIsNotGivenHasItsStandardValue) {
  const Parsed parsed = parse({"x"});
  EXPECT_EQ(parsed.values.text("name"), "nobody");
  EXPECT_EQ(parsed.values.number("count"), -1);
  EXPECT_FALSE(parsed.values.given("count"));
  EXPECT_FALSE(parsed.values.given("maybe"));
}

TEST(Flags, ABooleanTakesAValueOnlyWithEquals) {
  const Parsed parsed = parse({"-force", "false"});
  EXPECT_TRUE(parsed.values.on("force"));
  EXPECT_EQ(parsed.values.arguments().size(), 1U);
  EXPECT_FALSE(parse({"-force=false"}).values.on("force"));
}

TEST(Flags, DashesEndThem) {
  EXPECT_EQ(parse({"--", "-force"}).values.arguments().size(), 1U);
  EXPECT_EQ(parse({"-", "-force"}).values.arguments().size(), 2U) << "a dash alone is an argument: standard input";
  EXPECT_EQ(parse({"-name", "-force"}).values.text("name"), "-force") << "a value may look like a flag";
}

TEST(Flags, ErrorsAreGos) {
  EXPECT_EQ(parse({"-x=1"}).error, "flag provided but not defined: -x");
  EXPECT_EQ(parse({"-name"}).error, "flag needs an argument: -name");
  EXPECT_EQ(parse({"---name"}).error, "bad flag syntax: ---name");
  EXPECT_EQ(parse({"-=x"}).error, "bad flag syntax: -=x");
  EXPECT_EQ(parse({"-count=x"}).error, "invalid value \"x\" for flag -count: strconv.ParseInt: parsing \"x\": invalid syntax");
  EXPECT_EQ(parse({"-force=x"}).error, "invalid boolean value \"x\" for -force: strconv.ParseBool: parsing \"x\": invalid syntax");
  EXPECT_EQ(parse({"-pair=x"}).error, "invalid value \"x\" for flag -pair: missing = in KV pair: \"x\"");
}

TEST(Flags, TheEnvironmentComesBeforeTheStandardAndAfterTheCommandLine) {
  setenv("VAULT_CLI_TEST_NAME", "vault", 1);
  setenv("VAULT_CLI_TEST_ITEMS", "from-outside", 1);
  EXPECT_EQ(parse({}).values.text("name"), "vault");
  setenv("STRONGROOM_CLI_TEST_NAME", "", 1);
  EXPECT_EQ(parse({}).values.text("name"), "") << "set to nothing is set";
  EXPECT_EQ(parse({"-name=a"}).values.text("name"), "a");
  EXPECT_EQ(parse({"-item=a"}).values.list("item"), std::vector<std::string>{"a"});
  for (const char* name : {"VAULT_CLI_TEST_NAME", "VAULT_CLI_TEST_ITEMS", "STRONGROOM_CLI_TEST_NAME"}) unsetenv(name);
}

TEST(Flags, SystemIsANegativeDuration) { EXPECT_LT(parse({"-ttl=system"}).values.nanoseconds("ttl"), 0); }

}  // namespace
}  // namespace sr::cli
