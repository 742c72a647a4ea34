// A server that answers what it is told to, for tests of whoever asks one.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>
#include "base/assert.h"

namespace sr::client {

// Answers one request after the other with the given texts, and keeps what it was asked. One connection for each.
class FakeServer {
 public:
  explicit FakeServer(std::deque<std::string> answers) : answers_(std::move(answers)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    SR_ASSERT(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    SR_ASSERT(listen(listener_, 8) == 0);
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
  // What it was asked until now.
  const std::vector<std::string>& asked() {
    shutdown(listener_, SHUT_RDWR);
    while (!done_) std::this_thread::yield();
    return asked_;
  }
  // The same, once it has given all its answers.
  const std::vector<std::string>& asked_in_the_end() {
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

inline std::string answer(int status, const std::string& headers = "", const std::string& body = "{}") {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

}  // namespace sr::client
