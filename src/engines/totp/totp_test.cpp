#include "engines/totp/totp.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <thread>
#include "engines/totp/qr_code.h"
#include "engines/totp/rows.h"
#include "logical/engine_harness.h"

namespace sr::totp {
namespace {

using testing::HasSubstr;

constexpr auto used_already = "code already used; wait until the next time period";

struct TotpTest : testing::Test {
  EngineHarness totp{spec()};

  auto get(std::string_view path) { return totp.call(Op::read, path); }
  auto post(std::string_view path, std::string_view body) { return totp.call(Op::update, path, body); }
  auto check(const std::string& code) { return post("code/k", concat(R"({"code": ")", code, "\"}")); }
  std::string code() { return get("code/k").text("code"); }
};

// The seed of RFC 6238, in base32.
constexpr auto rfc_key = R"({"key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "digits": 8})";

TEST_F(TotpTest, makes_the_codes_of_the_rfc) {
  post("keys/k", rfc_key);
  totp.clock().set(Time(Seconds(1111111109)));
  EXPECT_EQ(get("code/k").data, R"({"code":"07081804","expire_time":1111111110,"generated":1111111109,"period":"30s"})");
}

TEST_F(TotpTest, a_code_passes_once_and_beside_its_moment) {
  post("keys/k", rfc_key);
  const auto first = code();
  EXPECT_EQ(check(first).data, R"({"valid":true})");
  EXPECT_EQ(check(first).error, used_already);
  totp.clock().advance(Seconds(30));
  EXPECT_EQ(check(first).error, used_already);
  const auto second = code();
  totp.clock().advance(Seconds(30));
  EXPECT_EQ(check(second).data, R"({"valid":true})");  // the one before
  EXPECT_EQ(check(second).error, used_already);
  EXPECT_EQ(check(code()).data, R"({"valid":true})");
  const auto third = code();
  totp.clock().advance(Seconds(60));
  EXPECT_EQ(check(third).data, R"({"valid":false})");  // too old to be anything
}

TEST_F(TotpTest, without_skew_only_the_current_code_passes) {
  post("keys/k", R"({"key": "GEZDGNBVGY3TQOJQ", "skew": 0})");
  const auto first = code();
  totp.clock().advance(Seconds(30));
  EXPECT_EQ(check(first).data, R"({"valid":false})");
  EXPECT_EQ(check(code()).data, R"({"valid":true})");
}

TEST_F(TotpTest, wrong_codes_are_not_remembered) {
  post("keys/k", rfc_key);
  const auto right = code();
  auto wrong = right;
  wrong[0] = wrong[0] == '9' ? '0' : static_cast<char>(wrong[0] + 1);
  const auto keys = totp.keys();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(check(wrong).data, R"({"valid":false})");
  EXPECT_EQ(totp.keys(), keys);
  EXPECT_EQ(check(right).data, R"({"valid":true})");
}

TEST_F(TotpTest, what_has_passed_outlives_the_key_being_written_again) {
  post("keys/k", rfc_key);
  const auto first = code();
  check(first);
  post("keys/k", rfc_key);
  EXPECT_EQ(check(first).error, used_already);
  post("keys/k", R"({"key": "MFRGGZDF", "digits": 8})");
  EXPECT_EQ(check(code()).data, R"({"valid":true})");
  totp.call(Op::remove, "keys/k");
  EXPECT_TRUE(totp.keys().empty());
}

TEST_F(TotpTest, of_many_checks_of_one_code_one_passes) {
  post("keys/k", rfc_key);
  const auto now = code();
  std::atomic<int> passed = 0, refused = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 64; ++i)
    threads.emplace_back([&] {
      const auto answer = check(now);
      if (answer.data == R"({"valid":true})") ++passed;
      if (answer.error == used_already) ++refused;
    });
  threads.clear();
  EXPECT_EQ(passed, 1);
  EXPECT_EQ(refused, 63);
}

TEST_F(TotpTest, limits_hold) {
  EXPECT_EQ(post("keys/k", R"({"generate": true, "issuer": "i", "account_name": "a", "key_size": 1025})").error, "the key_size value must be at most 1024");
  EXPECT_EQ(post("keys/k", R"({"generate": true, "issuer": "i", "account_name": "a", "qr_size": 4097})").error, "the qr_size value must be at most 4096");
  EXPECT_EQ(post("keys/k", R"({"generate": true, "issuer": "i", "account_name": "a", "key_size": 1024, "qr_size": 4096})").status, 200);
  EXPECT_EQ(post("keys/k", R"({"url": "otpauth://totp/a?secret=MFRGGZDF&period=9223372036854775807"})").error, "the period value is too large");
  EXPECT_EQ(post("keys/k", concat(R"({"key": ")", std::string(1640, 'A'), "\"}")).error, "invalid key value: longer than 1024 bytes");
  const auto names = concat(R"({"generate": true, "issuer": "i", "account_name": ")", std::string(2400, 'a'), "\"}");
  EXPECT_EQ(post("keys/k", names).error, "failed to generate QR code image: the url is too long for one");
}

TEST(UsedSteps, counts_what_lies_far_back_as_used) {
  UsedSteps used;
  EXPECT_FALSE(used.has(0));
  used.add(1000);
  for (const Step step : {Step{999}, Step{936}, Step{1001}}) EXPECT_FALSE(used.has(step)) << step;
  for (const Step step : {Step{1000}, Step{935}, Step{0}}) EXPECT_TRUE(used.has(step)) << step;
  used.add(999);
  used.add(936);
  used.add(1001);
  for (const Step step : {Step{999}, Step{1000}, Step{1001}, Step{936}}) EXPECT_TRUE(used.has(step)) << step;
  EXPECT_FALSE(used.has(998));
  used.add(1065);
  EXPECT_TRUE(used.has(1001));
  EXPECT_FALSE(used.has(1002));
  used.add(5000);
  EXPECT_TRUE(used.has(1065));
  EXPECT_FALSE(used.has(4999));
}

// ---- the picture --------------------------------------------------------------------------------------------------------------
std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// The scanlines of a PNG image of three chunks, whose sums are right.
std::string scanlines(std::string_view png) {
  EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
  std::string packed;
  for (png.remove_prefix(8); !png.empty();) {
    const std::size_t size = number(png);
    const auto chunk = png.substr(4, 4 + size);
    EXPECT_EQ(number(png.substr(8 + size)), crc32(0, reinterpret_cast<const Bytef*>(chunk.data()), static_cast<uInt>(chunk.size())));
    if (chunk.starts_with("IDAT")) packed = chunk.substr(4);
    png.remove_prefix(12 + size);
  }
  std::string plain(1 << 20, '\0');
  uLongf size = plain.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(plain.data()), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()), Z_OK);
  plain.resize(size);
  return plain;
}

TEST(QrCode, is_in_the_middle_of_a_white_image) {
  const auto png = qr_code_png("A", 2 * 21 + 3);  // the smallest code there is, 21 wide
  ASSERT_TRUE(png);
  const auto lines = scanlines(*png);
  constexpr std::size_t line_bytes = 1 + 6;
  ASSERT_EQ(lines.size(), line_bytes * 45);
  const auto is_black = [&](std::size_t x, std::size_t y) { return (lines[y * line_bytes + 1 + x / 8] & 0x80 >> x % 8) == 0; };
  for (std::size_t i = 0; i < 45; ++i) {
    for (const std::size_t edge : {0u, 43u, 44u}) EXPECT_FALSE(is_black(i, edge) || is_black(edge, i)) << i;
    EXPECT_EQ(is_black(i, 1), (i >= 1 && i < 15) || (i >= 29 && i < 43) || is_black(i, 2)) << i;  // the tops of two finder patterns
  }
  for (std::size_t x = 1; x < 15; ++x) EXPECT_TRUE(is_black(x, 1) && is_black(x, 2) && is_black(x, 41)) << x;
}

TEST(QrCode, needs_the_room_for_its_text) {
  EXPECT_EQ(qr_code_png("A", 20).error().message, "failed to generate QR code image: can not scale barcode to an image smaller than 21x21");
  EXPECT_TRUE(qr_code_png("A", 21));
  EXPECT_FALSE(qr_code_png(std::string(2332, 'a'), 1000));
  EXPECT_TRUE(qr_code_png(std::string(2331, 'a'), 1000));
}

}  // namespace
}  // namespace sr::totp
