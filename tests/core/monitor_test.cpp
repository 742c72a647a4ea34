// Following the log: what comes, what a slow reader misses, and when it ends.
#include <gtest/gtest.h>
#include <future>
#include "core/world.h"
#include "http/upload.h"

namespace sr::test {
namespace {

using Piece = std::future<Result<Buffer>>;

class Monitor : public testing::Test {
 protected:
  std::shared_ptr<http::Download> follow(std::string_view query = "") {
    const auto answer = world.ask("GET", concat("sys/monitor", query));
    EXPECT_EQ(answer.status, 200) << answer.body.view();
    EXPECT_TRUE(answer.download && answer.download->is_live());
    return answer.download;
  }
  static Piece pull(http::Download& download) {
    auto promise = std::make_shared<std::promise<Result<Buffer>>>();
    download.pull([promise](Result<Buffer> piece) { promise->set_value(std::move(piece)); });
    return promise->get_future();
  }
  static bool has_come(Piece& piece) { return piece.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  static std::string text(Piece piece) { return std::string(piece.get().value().view()); }
  Log& log() { return world.core().log(); }

  World world;
};

TEST_F(Monitor, ShowsLinesAsTheyAreWrittenWhateverTheServerKeeps) {
  const auto all = follow("?log_level=TRACE"), usual = follow(), json = follow("?log_format=json&log_level=error");
  auto waiting = pull(*all);
  EXPECT_FALSE(has_come(waiting));
  log().debug("core", "a detail", {{"count", 3}});
  EXPECT_TRUE(text(std::move(waiting)).ends_with("[DEBUG] core: a detail: count=3\n"));
  log().info("core", "more");
  log().error("core", "worst", {{"why", "\"x\""}});
  EXPECT_TRUE(text(pull(*usual)).contains("[INFO]  core: more\n"));
  Arena arena;
  const std::string line = text(pull(*json));
  const auto parsed = json::parse(arena, line);
  ASSERT_TRUE(parsed) << line;
  EXPECT_EQ((*parsed)->find("@message")->text, "worst");
  EXPECT_EQ((*parsed)->find("why")->text, "\"x\"");
}

TEST_F(Monitor, WhoReadsTooSlowlyMissesLinesAndIsToldHowMany) {
  const auto slow = follow();
  const std::string long_word(1000, 'x');
  std::size_t written = 0;
  for (; written < 1000; ++written) log().info("core", long_word);
  const std::string first = text(pull(*slow));
  EXPECT_LE(first.size(), limits::monitor_bytes + 200);
  const auto shown = static_cast<std::size_t>(std::ranges::count(first, '\n')) - 1;
  EXPECT_GT(shown, 100u);
  EXPECT_TRUE(first.ends_with(concat("lines are missing here: they came faster than they were read: lines=", std::to_string(written - shown), "\n"))) << first.substr(first.size() - 200);
  log().info("core", "back again");
  EXPECT_TRUE(text(pull(*slow)).ends_with("core: back again\n"));
  log().info("core", std::string(limits::monitor_bytes + 1, 'y'));
  EXPECT_TRUE(text(pull(*slow)).contains("lines=1\n"));
}

TEST_F(Monitor, EndsBehindTheLastLineWhenTheServerSeals) {
  const auto one = follow();
  auto waiting = pull(*one);
  world.core().seal();
  EXPECT_TRUE(text(std::move(waiting)).contains("vault is sealed"));
  EXPECT_EQ(text(pull(*one)), "");
  EXPECT_EQ(world.ask("GET", "sys/monitor").status, 503);
}

TEST_F(Monitor, AreBoundedAndGoWithTheirClients) {
  std::vector<std::shared_ptr<http::Download>> held;
  for (std::size_t i = 0; i < limits::monitors; ++i) held.push_back(follow());
  EXPECT_EQ(world.ask("GET", "sys/monitor").status, 503);
  auto gone = pull(*held.back());
  held.pop_back();
  log().info("core", "nobody hears this");
  EXPECT_EQ(gone.wait_for(std::chrono::seconds(0)), std::future_status::ready) << "broken, not answered";
  EXPECT_THROW(gone.get(), std::future_error);
  held.push_back(follow());
  world.core().monitors().stop();
  EXPECT_TRUE(text(pull(*held.front())).ends_with("nobody hears this\n")) << "what it has comes before the end";
  EXPECT_EQ(text(pull(*held.front())), "");
  EXPECT_EQ(world.ask("GET", "sys/monitor").status, 503);
}

}  // namespace
}  // namespace sr::test
