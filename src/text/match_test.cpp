#include <gtest/gtest.h>
#include "text/cidr.h"
#include "text/glob.h"

namespace sr {
namespace {

TEST(Glob, StarsAnywhere) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_TRUE(glob_matches("dev-*", "dev-"));
  EXPECT_TRUE(glob_matches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(glob_matches("a*b*c", "a-c-b"));
  EXPECT_TRUE(glob_matches("a*bc", "abcbc"));
  EXPECT_FALSE(glob_matches("ab*ba", "aba"));  // the pieces may not overlap
  EXPECT_TRUE(glob_matches("**a**", "xax"));
}

TEST(Glob, StarsAtTheEdges) {
  EXPECT_FALSE(edge_glob_matches("*", "x"));  // a quirk of Vault: one star is no pattern
  EXPECT_TRUE(edge_glob_matches("", ""));
  EXPECT_TRUE(edge_glob_matches("*foo", "a foo"));
  EXPECT_TRUE(edge_glob_matches("foo*", "foo"));
  EXPECT_TRUE(edge_glob_matches("*foo*", "a foo b"));
  EXPECT_TRUE(edge_glob_matches("f*o", "f*o"));
  EXPECT_FALSE(edge_glob_matches("f*o", "foo"));
  EXPECT_TRUE(edge_glob_matches("**", "x"));
  const std::vector<std::string> patterns = {"a", "b*"};
  EXPECT_TRUE(any_edge_glob_matches(patterns, "bc"));
  EXPECT_FALSE(any_edge_glob_matches(patterns, "c"));
}

IpAddress ip(const char* text) { return *IpAddress::parse(text); }

TEST(Cidr, Contains) {
  EXPECT_TRUE(Cidr::parse("10.0.0.0/8")->contains(ip("10.255.0.1")));
  EXPECT_FALSE(Cidr::parse("10.0.0.0/8")->contains(ip("11.0.0.0")));
  EXPECT_TRUE(Cidr::parse("10.1.2.3/31")->contains(ip("10.1.2.2")));
  EXPECT_FALSE(Cidr::parse("10.1.2.3/31")->contains(ip("10.1.2.4")));
  EXPECT_TRUE(Cidr::parse("0.0.0.0/0")->contains(ip("255.255.255.255")));
  EXPECT_FALSE(Cidr::parse("0.0.0.0/0")->contains(ip("::1")));
  EXPECT_TRUE(Cidr::parse("127.0.0.1")->contains(ip("::ffff:127.0.0.1")));
  EXPECT_TRUE(Cidr::parse("::/0")->contains(ip("2001:db8::1")));
  EXPECT_TRUE(Cidr::parse("2001:db8::/33")->contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(Cidr::parse("2001:db8::/33")->contains(ip("2001:db8:8000::1")));
  EXPECT_TRUE(Cidr::parse("10.0.0.0/8")->contains(*Cidr::parse("10.1.0.0/16")));
  EXPECT_FALSE(Cidr::parse("10.1.0.0/16")->contains(*Cidr::parse("10.0.0.0/8")));
}

TEST(Cidr, PrintsWhatItWasGivenInOneSpelling) {
  EXPECT_EQ(Cidr::parse("10.1.2.3/8")->text(), "10.1.2.3/8") << "who asks again whether it is as he has set it finds no difference";
  EXPECT_EQ(Cidr::parse("::1/64")->text(), "::1/64");
  for (const auto given : {"10.1.2.3/8", "10.1.2.3", "::1/64", "::ffff:10.1.2.3/64", "::ffff:10.1.2.3/24", "::ffff:10.1.2.3/104", "::ffff:10.1.2.3", "0.0.0.0/0", "::/0"}) {
    const Cidr cidr = *Cidr::parse(given), again = *Cidr::parse(cidr.text());
    EXPECT_TRUE(cidr.contains(again) && again.contains(cidr)) << given;
  }
  EXPECT_EQ(Cidr::parse("10.1.2.3")->text(), "10.1.2.3");
  EXPECT_EQ(Cidr::parse("10.1.2.3/32")->text(), "10.1.2.3");
  EXPECT_EQ(Cidr::parse("2001:DB8:0::/32")->text(), "2001:db8::/32");
  EXPECT_EQ(ip("[::1]").text(), "::1");
}

TEST(Cidr, Refuses) {
  for (const char* bad : {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0/8", "010.0.0.1", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/+8", "::/129", "fe80::1%eth0", "localhost", "1", "[::1", "::1]"})
    EXPECT_FALSE(Cidr::parse(bad)) << bad;
}

TEST(Cidr, EmptyListLetsEveryoneIn) {
  EXPECT_TRUE(allows({}, ip("192.0.2.1")));
  const std::vector<Cidr> bound = {*Cidr::parse("10.0.0.0/8"), *Cidr::parse("::1")};
  EXPECT_TRUE(allows(bound, ip("::1")));
  EXPECT_FALSE(allows(bound, ip("192.0.2.1")));
}

}  // namespace
}  // namespace sr
