// The client against a server that answers what it is told to.
#include "client/api_client.h"
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <deque>

namespace sr::client {
namespace {

// Answers one request after the other with the given texts, and keeps what it was asked. One connection for each.
class FakeServer {
 public:
  explicit FakeServer(std::deque<std::string> answers) : answers_(std::move(answers)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    address_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  ~FakeServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  const std::string& address() const { return address_; }
  const std::vector<std::string>& asked() {
    shutdown(listener_, SHUT_RDWR);
    while (!done_) std::this_thread::yield();
    return asked_;
  }

 private:
  void run() {
    while (!answers_.empty()) {
      const int connection = accept(listener_, nullptr, nullptr);
      if (connection < 0) break;
      std::string request;
      char block[4096];
      const auto whole = [&request] {
        const std::size_t head = request.find("\r\n\r\n");
        if (head == std::string::npos) return false;
        const std::size_t length = request.find("Content-Length: ");
        return length == std::string::npos || request.size() >= head + 4 + std::stoul(request.substr(length + 16));
      };
      for (ssize_t got = 0; !whole() && (got = read(connection, block, sizeof block)) > 0;) request.append(block, static_cast<std::size_t>(got));
      asked_.push_back(request);
      const std::string answer = answers_.front();
      answers_.pop_front();
      static_cast<void>(!write(connection, answer.data(), answer.size()));
      close(connection);
    }
    done_ = true;
  }

  std::deque<std::string> answers_;
  std::vector<std::string> asked_;
  std::string address_;
  int listener_ = -1;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

std::string answer(int status, const std::string& headers = "", const std::string& body = "{}") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}
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
