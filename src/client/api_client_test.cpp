// The client against a server that answers what it is told to.
#include "client/api_client.h"
#include <gtest/gtest.h>
#include "client/fake_server.h"

namespace sr::client {
namespace {

const std::string at_once = "Retry-After: 0\r\n";

TEST(ApiClient, SendsWhatTheServerNeedsAndNothingElse) {
  FakeServer server({answer(200)});
  auto client = ApiClient::make({.address = server.address() + "/base/", .retries = 0});
  ASSERT_TRUE(client);
  (*client)->set_token("s.token");
  (*client)->set_namespace("team/");
  (*client)->add_header({"X-Mine", "1"});
  const auto response = (*client)->send({.method = "PUT", .path = "secret/data/a b", .query = {{"x", "y z"}}, .body = R"({"a":1})", .wrap_ttl = "60s"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  const std::string& asked = server.asked().at(0);
  EXPECT_TRUE(asked.starts_with("PUT /base/v1/secret/data/a%20b?x=y+z HTTP/1.1\r\n")) << asked;
  for (const char* line : {"X-Vault-Request: true", "X-Vault-Token: s.token", "X-Vault-Namespace: team/", "X-Vault-Wrap-Ttl: 60s", "X-Mine: 1", "Content-Type: application/json"})
    EXPECT_NE(asked.find(std::string("\r\n") + line + "\r\n"), std::string::npos) << line << "\n" << asked;
  EXPECT_EQ(asked.find("Expect"), std::string::npos);
}

TEST(ApiClient, RetriesWhatMayPass) {
  for (const int status : {412, 429, 500, 502, 503}) {
    FakeServer server({answer(status, at_once), answer(status, at_once), answer(200)});
    auto client = ApiClient::make({.address = server.address(), .retries = 2});
    const auto response = (*client)->send({.path = "a"});
    ASSERT_TRUE(response) << status;
    EXPECT_EQ(response->status, 200) << status;
    EXPECT_EQ(server.asked().size(), 3U);
  }
}

TEST(ApiClient, DoesNotRetryWhatStays) {
  for (const int status : {400, 403, 404, 501}) {
    FakeServer server({answer(status, at_once), answer(200)});
    auto client = ApiClient::make({.address = server.address(), .retries = 2});
    EXPECT_EQ((*client)->send({.path = "a"})->status, status);
    EXPECT_EQ(server.asked().size(), 1U);
  }
}

TEST(ApiClient, GivesTheLastRefusalWhenRetriesEnd) {
  FakeServer server({answer(503, at_once), answer(503, at_once, R"({"errors":["Vault is sealed"]})")});
  auto client = ApiClient::make({.address = server.address(), .retries = 1});
  const auto response = (*client)->send({.path = "a"});
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->refused());
  EXPECT_NE(error_text(*response).find("Code: 503. Errors:\n\n* Vault is sealed"), std::string::npos);
}

TEST(ApiClient, FollowsOneRedirectWithMethodAndBody) {
  FakeServer server({answer(307, "Location: /v1/b\r\n"), answer(307, "Location: /v1/c\r\n"), answer(200)});
  auto client = ApiClient::make({.address = server.address(), .retries = 0});
  const auto response = (*client)->send({.method = "PUT", .path = "a", .body = "{\"x\":1}"});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 307) << "the second is not followed";
  ASSERT_EQ(server.asked().size(), 2U);
  EXPECT_TRUE(server.asked()[1].starts_with("PUT /v1/b HTTP/1.1\r\n"));
  EXPECT_TRUE(server.asked()[1].ends_with("{\"x\":1}"));
}

TEST(ApiClient, FollowsNoneWhenToldNotTo) {
  FakeServer server({answer(307, "Location: /v1/b\r\n")});
  auto client = ApiClient::make({.address = server.address(), .retries = 0, .follow_redirect = false});
  EXPECT_EQ((*client)->send({.path = "a"})->status, 307);
}

TEST(ApiClient, AnAnswerThatBreaksOffIsAnError) {
  FakeServer server({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":", ""});
  auto client = ApiClient::make({.address = server.address(), .retries = 0});
  EXPECT_FALSE((*client)->send({.path = "a"}));
  EXPECT_FALSE((*client)->send({.path = "a"}));
}

}  // namespace
}  // namespace sr::client
