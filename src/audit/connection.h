// A connection to a program that takes lines: a stream or datagrams, over TCP, UDP or a Unix socket. What it waits for, it waits
// for until a deadline. One thread at a time.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include "audit/sink.h"

namespace sr::audit {

// As Go's net.Dial names them: tcp, tcp4, tcp6, udp, udp4, udp6, unix, unixgram.
struct Endpoint {
  int family = 0;          // AF_UNSPEC: whatever the name resolves to
  bool datagram = false;
  std::string host{};      // or the path of a Unix socket
  std::string port{};
};
// An error says which of the two it is about.
Result<Endpoint> parse_endpoint(std::string_view socket_type, std::string_view address);

class Connection {
 public:
  // An error says why, and nothing of the address.
  static Result<std::unique_ptr<Connection>> open(const Endpoint& endpoint, Deadline deadline);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Each piece is a line, and `before` goes before it. Counts the bytes of the pieces alone. A stream that stopped inside of a line and has to
  // tell so, or that the other side has ended, is lost.
  Sink::Written send(std::span<const iovec> pieces, std::string_view before, Deadline deadline);
  bool lost();

 private:
  Connection(int socket, bool datagram) : socket_(socket), datagram_(datagram) {}
  Sink::Written send_datagrams(std::span<const iovec> pieces, std::string_view before, Deadline deadline);
  Sink::Written send_stream(std::span<const iovec> pieces, std::string_view before, Deadline deadline);

  const int socket_;
  const bool datagram_;
  bool lost_ = false;
};

}  // namespace sr::audit
