#include "client/url.h"
#include <gtest/gtest.h>
#include "client/api_client.h"

namespace sr::client {
namespace {

TEST(Url, Addresses) {
  const auto plain = parse_address("HTTP://127.0.0.1:8200/");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->base(), "http://127.0.0.1:8200");
  EXPECT_EQ(plain->path, "");
  EXPECT_EQ(parse_address("https://u:p%40@h/base/x?y")->path, "/base/x");
  EXPECT_EQ(parse_address("https://u:p%40@h/base/x?y")->user, "u:p@");
  EXPECT_EQ(parse_address("unix:///run/v.sock")->unix_socket, "/run/v.sock");
  for (const char* bad : {"", "127.0.0.1:8200", "localhost", "ftp://h", "http://", "http://a b", "http://a\r\nHost: x", "http://h/%zz"}) EXPECT_FALSE(parse_address(bad)) << bad;
}

TEST(Url, PathsAreJoinedLikeGos) {
  EXPECT_EQ(join_path("", "/v1//a/./b/../c/"), "/v1/a/c");
  EXPECT_EQ(join_path("/base", "/v1/a"), "/base/v1/a");
  EXPECT_EQ(join_path("a", "../../b"), "../b");
  EXPECT_EQ(join_path("/a", "../../b"), "/b");
  EXPECT_EQ(join_path("secret/", "data", "/x"), "secret/data/x");
}

TEST(Url, EscapesLikeGos) {
  EXPECT_EQ(escape_path("/v1/a b%?#ü[]!'()*&+,:;=@$"), "/v1/a%20b%25%3F%23%C3%BC%5B%5D%21%27%28%29%2A&+,:;=@$");
  EXPECT_EQ(encode_query({{"list", "true"}, {"after", "a b&c"}, {"x", "1"}, {"x", "0"}}), "after=a+b%26c&list=true&x=1&x=0");
}

TEST(ErrorText, AsClientsPrintIt) {
  Response response{.status = 403, .body = R"({"errors":["1 error occurred:\n\t* permission denied\n\n","more"]})", .headers = {}, .method = "PUT", .url = "http://h/v1/a"};
  EXPECT_EQ(error_text(response), "Error making API request.\n\nURL: PUT http://h/v1/a\nCode: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n\n* more");
  response.body = "<html>";
  response.headers = {{"x-vault-namespace", "team/"}};
  EXPECT_EQ(error_text(response), "Error making API request.\n\nNamespace: team/\nURL: PUT http://h/v1/a\nCode: 403. Raw Message:\n\n<html>");
}

TEST(ApiClient, RefusesATokenThatWouldBeASecondHeader) {
  auto client = ApiClient::make({.address = "http://127.0.0.1:1"});
  ASSERT_TRUE(client);
  (*client)->set_token("a\r\nX-Evil: 1");
  const auto sent = (*client)->send({.path = "sys/health"});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message.find("Evil"), std::string::npos);
}

TEST(ApiClient, SaysWhatKeptTheAnswerFromComing) {
  auto client = ApiClient::make({.address = "http://127.0.0.1:1", .retries = 0});
  ASSERT_TRUE(client);
  const auto sent = (*client)->send({.method = "PUT", .path = "a b", .body = "{}"});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().message, "Put \"http://127.0.0.1:1/v1/a%20b\": dial tcp 127.0.0.1:1: connect: connection refused");
}

}  // namespace
}  // namespace sr::client
