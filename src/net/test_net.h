// For tests: a server on loopback that echoes, and a client that sends what it is told.
#pragma once
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <condition_variable>
#include "net/server.h"

namespace sr::net::test {

using namespace std::chrono_literals;

// A client without a mind of its own: bytes out, bytes in. Gives up after a while, so that a hanging server fails a test.
class Client {
 public:
  explicit Client(const std::string& address) {
    const int port = std::stoi(address.substr(address.rfind(':') + 1));
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{30, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~Client() { close(); }

  bool connected() const { return connected_; }
  int socket() const { return socket_; }
  Client& send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  void end_sending() { shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void reset() {
    const linger now{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  // The next answer, status line to body; "" at the end of the connection.
  std::string answer(bool head_only = false) {
    std::size_t end;
    while ((end = in_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return std::exchange(in_, "");
    std::size_t size = end + 4;
    if (const auto at = in_.find("Content-Length: "); at < end && !head_only) size += std::stoul(in_.substr(at + 16));
    while (in_.size() < size && more()) {}
    std::string one = in_.substr(0, size);
    in_.erase(0, size);
    return one;
  }
  std::string body() {
    const auto whole = answer();
    const auto end = whole.find("\r\n\r\n");
    return end == std::string::npos ? "no answer: " + whole : whole.substr(end + 4);
  }
  std::string rest() {
    while (more()) {}
    return std::exchange(in_, "");
  }

 private:
  bool more() {
    char bytes[16384];
    const auto got = recv(socket_, bytes, sizeof bytes, 0);
    if (got > 0) in_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }
  int socket_ = -1;
  bool connected_ = false;
  std::string in_;
};

// Answers at once with what it was asked; /later waits for release(), /big is large.
class EchoService final : public http::Service {
 public:
  static constexpr std::size_t big = 16 * 1024 * 1024;

  void serve(Loop& loop, http::Request request, http::Reply reply) override {
    ++served;
    std::string said = request.method + " " + request.target + " " + std::string(request.body.view().substr(0, 100));
    if (request.path() == "/who") said = request.peer.address + ":" + std::to_string(request.peer.port);
    if (!request.peer.certificate.empty()) said += " certified";
    if (request.path() == "/big") return reply(http::Response::text(200, "text/plain", std::string(big, 'b')));
    if (!request.path().starts_with("/later")) return reply(http::Response::text(200, "text/plain", said));
    std::lock_guard lock(mutex_);
    parked_.push_back({&loop, std::move(said), std::move(reply)});
    changed_.notify_all();
  }
  void wait_for_parked(std::size_t count) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, 30s, [&] { return parked_.size() >= count; }));
  }
  void release() {
    std::lock_guard lock(mutex_);
    for (auto& parked : parked_)
      parked.loop->post([said = std::move(parked.said), reply = std::move(parked.reply)]() mutable { reply(http::Response::text(200, "text/plain", said)); });
    parked_.clear();
  }
  std::optional<http::Response> refuse_by_head(const http::Request&) override {
    if (!closed) return std::nullopt;
    return http::Response::text(503, "text/plain", "closed");
  }
  std::atomic<int> served = 0;
  bool closed = false;  // large requests are refused; before start()

 private:
  struct Parked {
    Loop* loop;
    std::string said;
    http::Reply reply;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Parked> parked_;
};

struct Net : testing::Test {
  Log log{{.level = LogLevel::off}};
  Loops loops{2};
  EchoService service;
  std::unique_ptr<Server> server;

  void start(ListenerOptions listener = {}, Server::Options options = {}) {
    listener.address = "127.0.0.1:0";
    options.listeners = {listener};
    server = std::make_unique<Server>(loops, service, log, options);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  const std::string& address() const { return server->addresses().at(0); }
};

inline std::string get(std::string_view target) { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n"; }
inline std::string post(std::string_view target, std::string_view body) {
  return "POST " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace sr::net::test
