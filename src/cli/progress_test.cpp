#include "cli/progress.h"
#include <gtest/gtest.h>

namespace sr::cli {
namespace {

TEST(Progress, SaysHowFarItIs) {
  EXPECT_EQ(progress_line({.what = "Checking", .reached = 500'000'000, .total = 2'000'000'000, .bytes = true, .elapsed = std::chrono::seconds(10), .columns = 120}),
            "Checking  [=======>                      ]   25 %  500 MB of 2.0 GB, 31 s left");
  EXPECT_EQ(progress_line({.what = "Checking", .reached = 3, .total = 3, .columns = 120}), "Checking  [==============================]  100 %");
}

TEST(Progress, ThatItGoesOnWhereNobodyKnowsTheEnd) {
  EXPECT_EQ(progress_line({.what = "Moving", .elapsed = std::chrono::seconds(7)}), "Moving  7 s");
  EXPECT_EQ(progress_line({.what = "Saving", .reached = 1'234'567, .bytes = true, .elapsed = std::chrono::seconds(200)}), "Saving  1.2 MB  3 min");
}

TEST(Progress, NeverWrapsAndNeverExceedsTheEnd) {
  const std::string line = progress_line({.what = "Checking", .reached = 900, .total = 100, .bytes = true, .elapsed = std::chrono::seconds(1), .columns = 40});
  EXPECT_EQ(line.size(), 39u);
  EXPECT_TRUE(progress_line({.what = "Checking", .columns = 0}).empty());
  EXPECT_NE(progress_line({.what = "x", .reached = 900, .total = 100, .columns = 200}).find("100 %"), std::string::npos);
}

}  // namespace
}  // namespace sr::cli
