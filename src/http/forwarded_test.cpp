#include "http/forwarded.h"
#include <gtest/gtest.h>

namespace sr::http {
namespace {

Request request_from(std::string address, std::vector<std::string> forwarded) {
  Request request;
  request.peer.address = std::move(address);
  for (auto& value : forwarded) request.headers.push_back({"x-forwarded-for", std::move(value)});
  return request;
}
ForwardedRules rules(std::size_t hops = 0) { return {.authorized = {*Cidr::parse("10.0.0.0/8")}, .hop_skips = hops}; }
// The address that holds in the end, or the refusal.
std::string outcome(const ForwardedRules& all, Request request) {
  const auto taken = take_forwarded_address(all, request);
  return taken ? request.peer.address : "refused: " + taken.error().message;
}

TEST(Forwarded, TheNearestTrustedProxyNamesTheClient) {
  EXPECT_EQ(outcome(rules(), request_from("10.1.1.1", {"1.1.1.1, 2.2.2.2"})), "2.2.2.2");
  EXPECT_EQ(outcome(rules(1), request_from("10.1.1.1", {"1.1.1.1, 2.2.2.2"})), "1.1.1.1");
  EXPECT_EQ(outcome(rules(1), request_from("10.1.1.1", {"9.9.9.9", "1.1.1.1,2001:DB8::1"})), "1.1.1.1");
  EXPECT_EQ(outcome(rules(), request_from("10.1.1.1", {"9.9.9.9", "1.1.1.1,2001:DB8::1"})), "2001:db8::1");
}

TEST(Forwarded, NobodyElseDoes) {
  EXPECT_EQ(outcome(rules(), request_from("11.1.1.1", {"1.1.1.1"})), "refused: client address not authorized for x-forwarded-for and configured to reject connection");
  EXPECT_EQ(outcome(rules(), request_from("", {"1.1.1.1"})), "refused: client address not authorized for x-forwarded-for and configured to reject connection");
  auto lenient = rules();
  lenient.reject_not_authorized = false;
  EXPECT_EQ(outcome(lenient, request_from("11.1.1.1", {"1.1.1.1"})), "11.1.1.1");
  EXPECT_EQ(outcome({}, request_from("11.1.1.1", {"1.1.1.1"})), "11.1.1.1") << "without the setting the header means nothing";
}

TEST(Forwarded, AMissingOrBrokenHeaderIsRefused) {
  EXPECT_EQ(outcome(rules(), request_from("10.1.1.1", {})), "refused: missing x-forwarded-for header and configured to reject when not present");
  auto lenient = rules();
  lenient.reject_not_present = false;
  EXPECT_EQ(outcome(lenient, request_from("10.1.1.1", {})), "10.1.1.1");
  EXPECT_TRUE(outcome(rules(2), request_from("10.1.1.1", {"1.1.1.1, 2.2.2.2"})).contains("hops to skip (2) would skip before earliest chain link (chain length 2)"));
  EXPECT_TRUE(outcome(rules(), request_from("10.1.1.1", {"unknown"})).contains("not an address"));
  EXPECT_TRUE(outcome(rules(), request_from("10.1.1.1", {""})).contains("not an address"));
}

}  // namespace
}  // namespace sr::http
