// Listens, reads requests, has them served, writes the answers. A connection lives on one loop from its first byte to its
// last, and its requests are served one after another, in the order in which they came.
//
// start(), reload_tls(), stop() and the destructor belong to the thread that owns the server, which is none of the loops.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include "base/limits.h"
#include "base/log.h"
#include "http/http1.h"
#include "net/loops.h"
#include "net/proxy_header.h"
#include "net/tls.h"
#include "net/unix_socket.h"

namespace sr::net {

struct Deadlines {
  using Time = std::chrono::milliseconds;
  Time handshake = limits::tls_handshake_timeout;
  Time head = limits::http_read_header_timeout;  // from the first byte of a request, or from the connection's begin
  Time body = limits::http_read_timeout;         // from the end of the head
  Time service = limits::max_request_duration;   // until there is an answer
  Time idle = limits::http_idle_timeout;         // between two requests
  Time write = limits::http_write_timeout;       // of one answer, beside the time that its size takes at this rate
  std::size_t write_bytes_per_second = 16 * 1024;
};

struct ListenerOptions {
  std::string address = "127.0.0.1:8200";        // "host:port", "[::1]:8200", ":8200" (all addresses); port 0: any free one
  std::optional<UnixSocketOptions> unix_socket{};  // then `address` is its path
  http::Service* service = nullptr;              // who answers here; null: the server's
  std::optional<TlsOptions> tls{};
  std::optional<ProxyRules> proxy{};             // connections may begin with a header of the PROXY protocol
  Deadlines deadlines{};
  http::Http1Limits limits{};
};

class Server {
 public:
  struct Options {
    std::vector<ListenerOptions> listeners;
    std::size_t connections = limits::connections;    // over it none is accepted until one goes
    std::size_t bodies_bytes = limits::bodies_bytes;  // of all requests together; over it they are refused
  };

  // Borrows all three; the services must live until stop() has returned, the loops longer than every reply.
  Server(Loops& loops, http::Service& service, Log& log, Options options);
  ~Server();  // stop(0)

  Result<void> start();                                // an error names the listener, and nothing listens
  const std::vector<std::string>& addresses() const;   // "127.0.0.1:8200", one for each listener, once started
  Result<void> reload_tls();                           // an error names the file; that listener goes on with what it had
  // Accepts no more, ends idle connections, lets requests under way finish; after `patience` ends those too.
  void stop(std::chrono::milliseconds patience);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sr::net
