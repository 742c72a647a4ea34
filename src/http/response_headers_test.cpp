#include "http/response_headers.h"
#include <gtest/gtest.h>

namespace sr::http {
namespace {

std::string value(const ResponseHeaders& headers, int status, std::string_view name) {
  std::string found = "none";
  for (const auto& header : headers.of(status)) {
    if (!same_name(header.name, name)) continue;
    EXPECT_EQ(found, "none") << "twice";
    found = header.value;
  }
  return found;
}

TEST(ResponseHeaders, TheMoreSpecificStatusWins) {
  const ResponseHeaders headers({{"default", {{"A", "1"}, {"B", "1"}, {"C", "1"}}}, {"4xx", {{"B", "2"}, {"C", "2"}}}, {"404", {{"C", "3"}, {"D", "3"}}}});
  const auto all = [&](int status) { return value(headers, status, "A") + value(headers, status, "b") + value(headers, status, "C") + value(headers, status, "D"); };
  EXPECT_EQ(all(200), "111none");
  EXPECT_EQ(all(403), "122none");
  EXPECT_EQ(all(404), "1233");
  EXPECT_EQ(all(405), "122none");
  EXPECT_EQ(all(999), "111none");
}

TEST(ResponseHeaders, HasOursUnlessTheyAreReplaced) {
  const ResponseHeaders plain({});
  EXPECT_EQ(plain.of(200).front().name, "Content-Type");
  EXPECT_EQ(value(plain, 500, "Cache-Control"), "no-store");
  EXPECT_EQ(value(plain, 500, "Strict-Transport-Security"), "max-age=31536000; includeSubDomains");
  const ResponseHeaders other({{"default", {{"strict-transport-security", "max-age=1"}, {"x-vault-token", "no"}, {"X-Empty", ""}}}});
  EXPECT_EQ(value(other, 200, "Strict-Transport-Security"), "max-age=1");
  EXPECT_EQ(value(other, 200, "X-Vault-Token"), "none");
  EXPECT_EQ(value(other, 200, "X-Empty"), "none");
  EXPECT_TRUE(other.has_custom("Strict-Transport-Security"));
  EXPECT_FALSE(plain.has_custom("Strict-Transport-Security"));
}

TEST(ResponseHeaders, WhatIsNoHeaderIsRefused) {
  EXPECT_EQ(check({{"6xx", {}}}).error().message, "invalid status code found in the server configuration: 6xx");
  EXPECT_FALSE(check({{"99", {}}}));
  EXPECT_FALSE(check({{"default", {{"A b", "1"}}}}));
  EXPECT_FALSE(check({{"default", {{"A", "1\r\nB: 2"}}}}));
  EXPECT_FALSE(check({{"default", {{"content-length", "3"}}}}));
  EXPECT_TRUE(check({{"default", {{"A", "1"}}}, {"404", {}}, {"5xx", {}}}));
}

}  // namespace
}  // namespace sr::http
