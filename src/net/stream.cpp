#include "net/stream.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/assert.h"

namespace sr::net {

// What OpenSSL reads from and writes to. Its own socket BIO would ask the kernel once more after each record and raise
// SIGPIPE.
struct SocketBio {
  static int read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    return report(bio, stream(bio).receive({into, size}), BIO_FLAGS_READ, got);
  }
  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* put) {
    return report(bio, stream(bio).send({from, size}), BIO_FLAGS_WRITE, put);
  }
  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return stream(bio).ended_;
    return command == BIO_CTRL_FLUSH;
  }
  static Stream& stream(BIO* bio) { return *static_cast<Stream*>(BIO_get_data(bio)); }
  static int report(BIO* bio, Stream::Moved moved, int direction, std::size_t* count) {
    BIO_clear_retry_flags(bio);
    *count = moved.bytes;
    if (moved.status == Stream::Status::blocked) BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
    return moved.status == Stream::Status::ok;
  }
  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket of the loop");
      SR_ASSERT(method);
      BIO_meth_set_read_ex(method, read);
      BIO_meth_set_write_ex(method, write);
      BIO_meth_set_ctrl(method, control);
      return method;
    }();
    return made;
  }
};

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

Stream::Stream(Socket socket, TlsSession session) : socket_(std::move(socket)), session_(std::move(session)) {
  if (!session_) return;
  BIO* bio = BIO_new(SocketBio::method());
  SR_ASSERT(bio);
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);
  SSL_set_accept_state(session_.get());
}

Stream::Moved Stream::receive(std::span<char> into) {
  if (drained_) return {Status::blocked};
  while (true) {
    const auto got = recv(socket_.descriptor(), into.data(), into.size(), 0);
    if (got > 0) {
      drained_ = static_cast<std::size_t>(got) < into.size() && !ended_;
      return {Status::ok, static_cast<std::size_t>(got)};
    }
    if (got == 0) {
      ended_ = true;
      return {Status::ended};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return {Status::broken};
    drained_ = true;
    return {Status::blocked};
  }
}

Stream::Moved Stream::send(std::string_view from) {
  while (true) {
    const auto put = ::send(socket_.descriptor(), from.data(), from.size(), MSG_NOSIGNAL);
    if (put >= 0) return {Status::ok, static_cast<std::size_t>(put)};
    if (errno == EINTR) continue;
    return {errno == EAGAIN ? Status::blocked : Status::broken};
  }
}

Stream::Moved Stream::outcome(int returned) {
  switch (SSL_get_error(session_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {Status::blocked};
    case SSL_ERROR_ZERO_RETURN: return {Status::ended};
    default: return {Status::broken};
  }
}

Stream::Status Stream::handshake() {
  if (!session_) return Status::ok;
  ERR_clear_error();
  const int done = SSL_do_handshake(session_.get());
  return done == 1 ? Status::ok : outcome(done).status;
}

Stream::Moved Stream::read(std::span<char> into) {
  if (!session_) return receive(into);
  ERR_clear_error();
  Moved moved{Status::ok};
  const int done = SSL_read_ex(session_.get(), into.data(), into.size(), &moved.bytes);
  return done == 1 ? moved : outcome(done);
}

Stream::Moved Stream::write(std::string_view from) {
  if (!session_) return send(from);
  ERR_clear_error();
  Moved moved{Status::ok};
  const int done = SSL_write_ex(session_.get(), from.data(), from.size(), &moved.bytes);
  return done == 1 ? moved : outcome(done);
}

Stream::Moved Stream::discard(std::span<char> scratch) { return receive(scratch); }

Stream::Moved Stream::peek(std::span<char> into) {
  while (true) {
    const auto got = recv(socket_.descriptor(), into.data(), into.size(), MSG_PEEK);
    if (got > 0) return {Status::ok, static_cast<std::size_t>(got)};
    if (got == 0) return {Status::ended};
    if (errno != EINTR) return {errno == EAGAIN ? Status::blocked : Status::broken};
  }
}

bool Stream::skip(std::size_t bytes) {
  std::array<char, 512> dropped;
  while (bytes > 0) {
    const auto got = recv(socket_.descriptor(), dropped.data(), std::min(bytes, dropped.size()), 0);
    if (got <= 0) return false;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

void Stream::finish() {
  if (session_ && SSL_is_init_finished(session_.get())) {
    ERR_clear_error();
    SSL_shutdown(session_.get());
  }
  shutdown(socket_.descriptor(), SHUT_WR);
}

bool Stream::chose_http2() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  if (session_) SSL_get0_alpn_selected(session_.get(), &name, &size);
  return std::string_view(reinterpret_cast<const char*>(name), size) == "h2";
}

std::string Stream::peer_certificate() const {
  X509* certificate = session_ ? SSL_get0_peer_certificate(session_.get()) : nullptr;
  if (!certificate) return {};
  std::string der(static_cast<std::size_t>(std::max(i2d_X509(certificate, nullptr), 0)), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &at);
  return der;
}

}  // namespace sr::net
