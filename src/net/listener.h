// A listening socket: accepts, and deals the connections to the loops in turn.
#pragma once
#include "net/connection.h"

namespace sr::net {

struct Bound {
  Socket socket;
  std::string address;      // "127.0.0.1:8200", with the port that it got; the path of a unix socket
  UnixSocketName name{};    // of a unix socket
};
// Binds and listens. An error names the address.
Result<Bound> listen_on(const ListenerOptions& options);

class Listener final : public Watched {
 public:
  Listener(EventLoop& loop, Loops& loops, const Terms& terms, Socket socket)
      : loop_(loop), loops_(loops), terms_(terms), socket_(std::move(socket)) {}

  // Begins to accept; from the thread of `loop`, as all else.
  static EventLoop::Slot begin(EventLoop& loop, Loops& loops, const Terms& terms, Socket socket);

  void on_ready(std::uint32_t events) override;
  void on_turn() override {}
  void on_deadline() override;

 private:
  void pause(std::string_view why);

  EventLoop& loop_;
  Loops& loops_;
  const Terms& terms_;
  const Socket socket_;
  EventLoop::Slot slot_ = 0;
  std::size_t next_ = 0;
  bool paused_ = false;
};

}  // namespace sr::net
