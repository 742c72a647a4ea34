// Our reading of JSON beside that of Go's encoding/json, case by case: what it accepts we accept, and print as it does.
#include <gtest/gtest.h>
#include "text/json.h"

namespace sr::json {
namespace {

using namespace std::string_literals;

struct Case { std::string input, printed; };
const Case cases[] = {
#include "text/testdata/json_go.inc"
};

TEST(JsonGo, ReadsAndPrintsAsGo) {
  for (const auto& [input, printed] : cases) {
    Arena arena;
    const auto value = parse(arena, input);
    EXPECT_EQ(value ? to_text(**value) : "-", printed) << "of " << testing::PrintToString(input);
  }
}

// What was printed is a fixed point, and replacing each string by itself changes nothing.
TEST(JsonGo, PrintedTextIsStable) {
  for (const auto& [input, printed] : cases) {
    if (printed == "-") continue;
    Arena arena;
    const auto again = parse(arena, printed);
    ASSERT_TRUE(again) << printed;
    EXPECT_EQ(to_text(**again), printed);
    Buffer out;
    replace_strings(out, printed, [](void*, Buffer& to, std::string_view decoded) { quote(to, decoded); }, nullptr);
    EXPECT_EQ(out.view(), printed);
  }
}

}  // namespace
}  // namespace sr::json
