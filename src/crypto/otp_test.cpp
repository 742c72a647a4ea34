#include "crypto/otp.h"
#include <gtest/gtest.h>

namespace sr {
namespace {

// The seeds of the RFCs: "1234567890" over and over, as long as the hash.
constexpr std::string_view seed20 = "12345678901234567890";
constexpr std::string_view seed32 = "12345678901234567890123456789012";
constexpr std::string_view seed64 = "1234567890123456789012345678901234567890123456789012345678901234";

TEST(Otp, counters_of_rfc_4226) {
  constexpr std::string_view codes[] = {"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"};
  for (std::uint64_t counter = 0; counter < 10; ++counter) EXPECT_EQ(hotp(seed20, counter, {}).reveal(), codes[counter]);
}

TEST(Otp, moments_of_rfc_6238) {
  struct { std::int64_t second; std::string_view sha1, sha256, sha512; } rows[] = {
      {59, "94287082", "46119246", "90693936"},         {1111111109, "07081804", "68084774", "25091201"},
      {1111111111, "14050471", "67062674", "99943326"}, {1234567890, "89005924", "91819424", "93441116"},
      {2000000000, "69279037", "90698825", "38618901"}, {20000000000, "65353130", "77737706", "47863826"}};
  for (const auto& row : rows) {
    // The last one, in the year 2603, is beyond what Time holds.
    const std::uint64_t step = row.second == 20000000000 ? 20000000000 / 30 : totp_step(Time(Seconds(row.second)), Seconds(30));
    EXPECT_EQ(hotp(seed20, step, {OtpHash::sha1, 8}).reveal(), row.sha1);
    EXPECT_EQ(hotp(seed32, step, {OtpHash::sha256, 8}).reveal(), row.sha256);
    EXPECT_EQ(hotp(seed64, step, {OtpHash::sha512, 8}).reveal(), row.sha512);
  }
}

TEST(Otp, a_step_begins_with_its_period) {
  EXPECT_EQ(totp_step(Time(), Seconds(30)), 0u);
  EXPECT_EQ(totp_step(Time(std::chrono::nanoseconds(29'999'999'999)), Seconds(30)), 0u);
  EXPECT_EQ(totp_step(Time(Seconds(30)), Seconds(30)), 1u);
}

}  // namespace
}  // namespace sr
