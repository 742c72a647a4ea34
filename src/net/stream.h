// The bytes of one connection, plain or through TLS. Never waits: `blocked` means to come back when the socket is ready.
// Belongs to its connection's loop.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include "net/tls.h"

namespace sr::net {

class Socket {  // owns a descriptor
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

class Stream {
 public:
  enum class Status : std::uint8_t { ok, blocked, ended, broken };
  struct Moved {
    Status status;
    std::size_t bytes = 0;
  };

  Stream(Socket socket, TlsSession session);  // no session: plain
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Whether there may be bytes to read. A read that finds fewer than it asked for has emptied the socket: no need to ask
  // again before the next event.
  void note_events(bool ended) { drained_ = false, ended_ = ended_ || ended; }
  bool may_have_more() const { return !drained_; }

  Status handshake();               // ok at once without TLS
  Moved read(std::span<char> into);
  Moved write(std::string_view from);
  Moved discard(std::span<char> scratch);  // raw bytes, not decrypted
  // Raw bytes in front of all others, which stay where they are until they are skipped.
  Moved peek(std::span<char> into);
  bool skip(std::size_t bytes);     // that peek() has shown
  void finish();                    // says goodbye: no more will be written
  std::string peer_certificate() const;  // DER, or empty
  bool chose_http2() const;         // in the handshake (ALPN)

 private:
  friend struct SocketBio;
  Moved receive(std::span<char> into);
  Moved send(std::string_view from);
  Moved outcome(int returned);

  const Socket socket_;
  bool drained_ = false;
  bool ended_ = false;              // the other side will send no more: a short read may hide the end
  TlsSession session_;
};

}  // namespace sr::net
