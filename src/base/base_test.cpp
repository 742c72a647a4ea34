#include <gtest/gtest.h>
#include "base/arena.h"
#include "base/blocks.h"
#include "base/clock.h"
#include "base/inbox.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/path.h"
#include "base/published.h"
#include "base/random.h"
#include "base/secret.h"

namespace sr {
namespace {

TEST(Path, IsDecodedOnce) {
  EXPECT_EQ(ApiPath::parse("secret/data/a%20b")->text(), "secret/data/a b");
  EXPECT_EQ(ApiPath::parse("secret/%252e%252e")->text(), "secret/%2e%2e");
  EXPECT_EQ(ApiPath::parse("secret/metadata/")->text(), "secret/metadata/");
  EXPECT_EQ(ApiPath::parse("secret/data/\xc3\xa4")->text(), "secret/data/\xc3\xa4");
}

TEST(Path, RefusesWhatIsNotCanonical) {
  for (const char* bad : {"a/../b", "..", "a/..", "a/%2e%2e/b", "a/%2E./b", "a/%2e", "./a", "a//b", "a%2f%2fb", "/a", "a/b//", "a/%00", "a/%0a",
                          "a/%7f", "a/%c2%85", "a/%ff", "a/%c0%ae", "a/%ed%a0%80", "a/%", "a/%4", "a/%zz", "//"})
    EXPECT_FALSE(ApiPath::parse(bad)) << bad;
}

TEST(Path, HoldsOnlyWhatCanBeSeen) {
  for (const char* good : {"\xc3\xa9", "\xe6\x9d\xb1\xe4\xba\xac", "\xf0\x9f\x94\x91", "\xcc\x81"}) EXPECT_TRUE(ApiPath::parse(good)) << good;
  for (const char* bad : {"a\xe2\x80\x8b" "b", "a\xe2\x80\xae" "b", "\xc2\xa0", "\xc2\xad", "\xe3\x80\x80", "\xee\x80\x80", "\xcd\xb8", "\xef\xbb\xbf", "\xf3\xa0\x80\x81", "\xf4\x8f\xbf\xbf"})
    EXPECT_FALSE(ApiPath::parse(bad)) << bad;
}

TEST(Path, SaysWhatWasWrong) {
  EXPECT_EQ(ApiPath::parse("a/%2e%2e/b").error().message, "path cannot contain parent references");
  EXPECT_EQ(ApiPath::parse("a/..").error().code, Code::invalid);
}

TEST(Clock, PrintsAsGoDoes) {
  const Time whole(std::chrono::seconds(1'700'000'000));
  EXPECT_EQ(rfc3339(whole), "2023-11-14T22:13:20Z");
  EXPECT_EQ(rfc3339(whole + std::chrono::milliseconds(120)), "2023-11-14T22:13:20.12Z");
  EXPECT_EQ(rfc3339(whole + std::chrono::nanoseconds(1)), "2023-11-14T22:13:20.000000001Z");
  EXPECT_EQ(rfc3339(whole + std::chrono::nanoseconds(1), 3), "2023-11-14T22:13:20.000Z");
}

TEST(Random, MakesIdsOfTheirShape) {
  SystemRandom random;
  EXPECT_EQ(random_base62(random, 24).size(), 24u);
  EXPECT_NE(random_base62(random, 24), random_base62(random, 24));
  const auto uuid = random_uuid(random);
  EXPECT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
}

TEST(Secret, ComparesContents) {
  EXPECT_TRUE(Secret("abc") == Secret("abc"));
  EXPECT_FALSE(Secret("abc") == Secret("abd"));
  EXPECT_FALSE(Secret("abc") == Secret("abcd"));
}

TEST(Buffer, GrowsAndKeepsItsText) {
  Buffer buffer;
  std::string expected;
  for (int i = 0; i < 1000; ++i) buffer.append_number(i) += ',', expected += std::to_string(i) + ',';
  EXPECT_EQ(buffer.view(), expected);
}

TEST(Buffer, TakesTextInFront) {
  Buffer buffer;
  std::string expected;
  for (int i = 0; i < 300; ++i) buffer.prepend(std::to_string(i)), expected.insert(0, std::to_string(i));
  EXPECT_EQ(buffer.prepend("").view(), expected);
  EXPECT_EQ(Buffer().prepend("").view(), "");
}

TEST(Buffer, IsFilledBehindItsText) {
  Buffer buffer("abc");
  buffer.reserve(1000);
  ASSERT_GE(buffer.spare().size(), 997u);
  buffer.spare()[0] = 'd';
  EXPECT_EQ(buffer.view(), "abc");
  buffer.add_filled(1);
  EXPECT_EQ(buffer.view(), "abcd");
}

TEST(Blocks, LargeOnesAreKeptForAWhile) {
  blocks::release_idle(), blocks::release_idle();
  std::size_t size = 1'000'000;
  void* block = blocks::take(size);
  EXPECT_EQ(size, 1u << 20);
  blocks::give_back(block, size);
  EXPECT_EQ(blocks::bytes_kept(), size);
  std::size_t other = 500'000;
  void* fresh = blocks::take(other);
  EXPECT_NE(fresh, block);
  std::size_t again = 700'000;
  EXPECT_EQ(blocks::take(again), block);
  blocks::give_back(fresh, other), blocks::give_back(block, size);
  blocks::release_idle();  // both were given back in this period
  EXPECT_EQ(blocks::bytes_kept(), size + other);
  blocks::release_idle();
  EXPECT_EQ(blocks::bytes_kept(), 0u);
}

TEST(Blocks, KeptOnesAreBoundedAndThoseOfOddSizesAreNot) {
  std::vector<std::pair<void*, std::size_t>> taken;
  for (std::size_t size : {std::size_t{100}, std::size_t{5'000'000}, std::size_t{60'000}}) taken.emplace_back(blocks::take(size), size);
  for (const auto& [block, size] : taken) blocks::give_back(block, size);
  EXPECT_EQ(blocks::bytes_kept(), 0u);
  taken.clear();
  for (int i = 0; i < 10; ++i) {
    std::size_t size = 4'000'000;
    taken.emplace_back(blocks::take(size), size);
  }
  for (const auto& [block, size] : taken) blocks::give_back(block, size);
  EXPECT_LE(blocks::bytes_kept(), limits::blocks_kept_bytes);
  blocks::release_idle(), blocks::release_idle();
}

TEST(Arena, KeepsWhatItHolds) {
  Arena arena;
  std::vector<std::string_view> held;
  for (int i = 0; i < 5000; ++i) held.push_back(arena.copy(std::to_string(i)));
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(held[static_cast<std::size_t>(i)], std::to_string(i));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.make_array<double>(3).data()) % alignof(double), 0u);
}

TEST(Published, IsSeenByEveryThread) {
  Published<int> number(std::make_shared<int>(1));
  EXPECT_EQ(*number.load(), 1);
  number.store(std::make_shared<int>(2));
  EXPECT_EQ(*number.load(), 2);
  std::thread([&] { EXPECT_EQ(*number.load(), 2); }).join();
}

TEST(Inbox, LeavesWithTheCallerWhatDoesNotFit) {
  Inbox<std::unique_ptr<int>> inbox(1);
  auto first = std::make_unique<int>(1), second = std::make_unique<int>(2);
  EXPECT_TRUE(inbox.push(first));
  EXPECT_FALSE(inbox.push(second));
  EXPECT_TRUE(second);
  EXPECT_EQ(**inbox.take(), 1);
}

TEST(Clock, ReadsMomentsAsTheyAreWritten) {
  EXPECT_EQ(parse_time("2023-11-14T22:13:20Z"), Time(Seconds(1'700'000'000)));
  EXPECT_EQ(parse_time("2023-11-15T00:13:20.5+02:00"), Time(Seconds(1'700'000'000)) + std::chrono::milliseconds(500));
  EXPECT_EQ(parse_time("1700000000"), Time(Seconds(1'700'000'000)));
  for (const auto* bad : {"", "x", "-1", "2023-11-14", "2023-11-14T22:13:20", "2023-02-30T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20Zx", "2023-11-14T22:13:20.Z",
                          "2023-11-14T22:13:20+2:00", "9999-01-01T00:00:00Z", "99999999999", "0001-01-01T00:00:00Z"})
    EXPECT_FALSE(parse_time(bad)) << bad;
  const Time now = Time(Seconds(1'700'000'000)) + std::chrono::nanoseconds(123'456'789);
  EXPECT_EQ(parse_time(rfc3339(now)), now);
}

TEST(Log, EachModuleHasALevelOfItsOwn) {
  Log log({.level = LogLevel::warn});
  const auto core = *log_module("core"), audit = *log_module("audit");
  EXPECT_FALSE(log_module("nobody"));
  log.set_level(core, LogLevel::debug);
  EXPECT_EQ(log.level(core), LogLevel::debug);
  EXPECT_EQ(log.level(audit), LogLevel::warn);
  log.reset_level(core);
  EXPECT_EQ(log.level(core), LogLevel::warn);
  log.set_level(LogLevel::error);
  EXPECT_EQ(log.level(audit), LogLevel::error);
}

}  // namespace
}  // namespace sr
