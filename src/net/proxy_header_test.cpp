#include "net/proxy_header.h"
#include <gtest/gtest.h>

namespace sr::net {
namespace {

using namespace std::string_literals;

// "address:port of bytes", "more", "none", "local of bytes" or "malformed".
std::string outcome(std::string_view begun) {
  const auto parsed = parse_proxy_header(begun);
  if (!parsed) return "malformed";
  if (!*parsed) return "more";
  if ((*parsed)->bytes == 0) return "none";
  const auto& [bytes, client] = **parsed;
  return (client ? client->address + ":" + std::to_string(client->port) : "local") + " of " + std::to_string(bytes);
}
const std::string v2 = "\r\n\r\n\0\r\nQUIT\n"s;
// The words of the header behind its signature.
std::string v2_header(std::string_view command_and_family, std::string_view rest) {
  return v2 + std::string(command_and_family) + static_cast<char>(rest.size() >> 8) + static_cast<char>(rest.size()) + std::string(rest);
}
const std::string v4_addresses = "\xc0\x00\x02\x01\xc6\x33\x64\x01\x04\xd2\x01\xbb"s;

TEST(ProxyHeader, Version1) {
  EXPECT_EQ(outcome("PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\nGET /"), "192.0.2.1:1234 of 44");
  EXPECT_EQ(outcome("PROXY TCP6 2001:DB8::1 ::1 65535 443\r\n"), "2001:db8::1:65535 of 38");
  EXPECT_EQ(outcome("PROXY UNKNOWN\r\n"), "local of 15");
  EXPECT_EQ(outcome("PROXY UNKNOWN ffff::1 ffff::1 1 2\r\n"), "local of 35");
  for (const auto* bad : {"PROXY TCP4 192.0.2.1 198.51.100.1 1234\r\n", "PROXY TCP4 ::1 ::1 1 2\r\n", "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
                          "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n", "PROXY \r\n", "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"})
    EXPECT_EQ(outcome(bad), "malformed") << bad;
  EXPECT_EQ(outcome("PROXY " + std::string(101, 'x')), "malformed");
}

TEST(ProxyHeader, Version2) {
  EXPECT_EQ(outcome(v2_header("\x21\x11", v4_addresses)), "192.0.2.1:1234 of 28");
  EXPECT_EQ(outcome(v2_header("\x21\x11", v4_addresses + "\x04\x00\x01x"s)), "192.0.2.1:1234 of 32") << "with what else it says";
  EXPECT_EQ(outcome(v2_header("\x21\x21", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x04\xd2\x01\xbb"s)), "::1:1234 of 52");
  EXPECT_EQ(outcome(v2_header("\x20\x00"s, "")), "local of 16");
  EXPECT_EQ(outcome(v2_header("\x21\x31", std::string(216, 'x'))), "local of 232") << "a unix socket";
  EXPECT_EQ(outcome(v2_header("\x21\x11", "short")), "malformed");
  EXPECT_EQ(outcome(v2_header("\x31\x11", v4_addresses)), "malformed");
  EXPECT_EQ(outcome(v2_header("\x22\x11", v4_addresses)), "malformed");
  EXPECT_EQ(outcome(v2 + "\x21\x11\xff\xff"), "malformed") << "before all of it is read";
}

TEST(ProxyHeader, EveryBeginWaitsForMore) {
  for (const std::string& whole : {"PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n"s, v2_header("\x21\x11", v4_addresses)})
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(outcome(whole.substr(0, size)), "more") << size;
}

TEST(ProxyHeader, IsNotSeenWhereThereIsNone) {
  for (const std::string& other : {"GET / HTTP/1.1\r\n"s, "POST / HTTP/1.1\r\n"s, "PRI * HTTP/2.0\r\n"s, "\x16\x03\x01"s, "\r\n\r\nGET"s}) EXPECT_EQ(outcome(other), "none") << other;
}

TEST(ProxyHeader, TrustsWhomTheRulesName) {
  ProxyRules rules{.from = ProxyRules::From::authorized, .authorized = {*Cidr::parse("10.0.0.0/8")}};
  EXPECT_TRUE(trusts(rules, {.address = "10.1.1.1"}));
  EXPECT_FALSE(trusts(rules, {.address = "11.1.1.1"}));
  EXPECT_FALSE(trusts(rules, {.address = ""}));
  rules.authorized.clear();
  EXPECT_FALSE(trusts(rules, {.address = "10.1.1.1"})) << "nobody is named";
  EXPECT_TRUE(trusts({}, {.address = "1.1.1.1"}));
}

}  // namespace
}  // namespace sr::net
