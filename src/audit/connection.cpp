#include "audit/connection.h"
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace sr::audit {
namespace {

constexpr unsigned gives_up_ms = 30'000;  // a peer that neither acknowledges nor makes room for so long is gone

Error problem(std::string_view what, int number) { return {Code::internal, std::string(what) + std::strerror(number)}; }

// True once the socket is ready, false at the deadline.
bool wait_until(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd wait{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

Result<int> connect_to(const sockaddr* address, socklen_t size, int kind, Deadline deadline) {
  const int socket = ::socket(address->sa_family, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return std::unexpected(problem("", errno));
  const auto refuse = [socket](Error error) -> Result<int> {
    ::close(socket);
    return std::unexpected(std::move(error));
  };
  int outcome = ::connect(socket, address, size) == 0 ? 0 : errno;
  if (outcome == EINPROGRESS) {
    if (!wait_until(socket, POLLOUT, deadline)) return refuse({Code::internal, "no answer in time"});
    socklen_t length = sizeof outcome;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &outcome, &length);
  }
  if (outcome == EAGAIN) return refuse({Code::internal, "it takes no more connections"});  // of a Unix socket
  if (outcome != 0) return refuse(problem("", outcome));
  if (kind == SOCK_STREAM && address->sa_family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &gives_up_ms, sizeof gives_up_ms);
  }
  return socket;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view socket_type, std::string_view address) {
  Endpoint endpoint;
  if (socket_type == "unix" || socket_type == "unixgram") {
    endpoint = {.family = AF_UNIX, .datagram = socket_type == "unixgram", .host = std::string(address)};
    if (address.empty() || address.size() >= sizeof sockaddr_un::sun_path || address.contains('\0')) return fail(Code::invalid, "option address is no path of a socket");
    return endpoint;
  }
  const std::string_view kind = socket_type.substr(0, 3), version = socket_type.substr(kind.size());
  if ((kind != "tcp" && kind != "udp") || (!version.empty() && version != "4" && version != "6"))
    return fail(Code::invalid, "unknown option socket_type \"" + std::string(socket_type) + "\": use tcp, udp or unix");
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return fail(Code::invalid, "option address has no port");
  std::string_view host = address.substr(0, colon), port = address.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  else if (host.contains(':')) return fail(Code::invalid, "option address: an IPv6 address stands in brackets");
  if (port.empty() || host.contains('\0')) return fail(Code::invalid, "option address is not host:port");
  return Endpoint{.family = version == "4" ? AF_INET : version == "6" ? AF_INET6 : AF_UNSPEC, .datagram = kind == "udp",
                  .host = host.empty() ? "localhost" : std::string(host), .port = std::string(port)};
}

Result<std::unique_ptr<Connection>> Connection::open(const Endpoint& endpoint, Deadline deadline) {
  const int kind = endpoint.datagram ? SOCK_DGRAM : SOCK_STREAM;
  if (endpoint.family == AF_UNIX) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::memcpy(address.sun_path, endpoint.host.data(), std::min(endpoint.host.size(), sizeof address.sun_path - 1));
    const int socket = TRY(connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, kind, deadline));
    return std::unique_ptr<Connection>(new Connection(socket, endpoint.datagram));
  }
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = endpoint.family;
  hints.ai_socktype = kind;
  if (const int outcome = ::getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found); outcome != 0)
    return fail(Code::internal, "the name does not resolve: " + std::string(::gai_strerror(outcome)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  Error last{Code::internal, "the name has no address"};
  for (const addrinfo* one = found; one; one = one->ai_next) {
    auto socket = connect_to(one->ai_addr, one->ai_addrlen, kind, deadline);
    if (socket) return std::unique_ptr<Connection>(new Connection(*socket, endpoint.datagram));
    last = socket.error();
  }
  return std::unexpected(std::move(last));
}

Connection::~Connection() { ::close(socket_); }

// Nobody sends anything back: what can be read is the end of the stream, or an error.
bool Connection::lost() {
  if (lost_ || datagram_) return lost_;
  char byte[256];
  ssize_t got;
  while ((got = ::recv(socket_, byte, sizeof byte, MSG_DONTWAIT)) > 0) {}
  lost_ = got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  return lost_;
}

Sink::Written Connection::send(std::span<const iovec> pieces, std::string_view before, Deadline deadline) {
  return datagram_ ? send_datagrams(pieces, before, deadline) : send_stream(pieces, before, deadline);
}

Sink::Written Connection::send_datagrams(std::span<const iovec> pieces, std::string_view before, Deadline deadline) {
  Sink::Written written;
  bool tried_again = false;
  for (std::size_t i = 0; i < pieces.size();) {
    iovec parts[2] = {{const_cast<char*>(before.data()), before.size()}, pieces[i]};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    if (::sendmsg(socket_, &message, MSG_NOSIGNAL) >= 0) {
      written.bytes += pieces[i++].iov_len;
      tried_again = false;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
      if (wait_until(socket_, POLLOUT, deadline) && std::chrono::steady_clock::now() < deadline) continue;
      return written.problem = {Code::internal, "its reader does not keep up"}, written;
    }
    if (errno == EMSGSIZE) return written.problem = {Code::internal, "a line of " + std::to_string(pieces[i].iov_len) + " bytes does not fit into one datagram"}, written;
    // A connected UDP socket tells of the fate of an earlier datagram: this one has not been sent yet.
    if (errno == ECONNREFUSED && !std::exchange(tried_again, true)) continue;
    written.problem = problem("", errno);
    lost_ = true;
    return written;
  }
  return written;
}

Sink::Written Connection::send_stream(std::span<const iovec> pieces, std::string_view before, Deadline deadline) {
  Sink::Written written;
  if (lost()) return written.problem = {Code::internal, "the other side ended the connection"}, written;
  std::vector<iovec> all;
  all.reserve(2 * pieces.size());
  for (const iovec& piece : pieces) {
    if (!before.empty()) all.push_back({const_cast<char*>(before.data()), before.size()});
    all.push_back(piece);
  }
  const std::size_t step = before.empty() ? 1 : 2;  // the line is the last part of each step
  std::size_t sent = 0, of_part = 0;                // parts that went whole, and bytes of the next one
  std::span<iovec> rest(all);
  while (!rest.empty()) {
    msghdr message{};
    message.msg_iov = rest.data();
    message.msg_iovlen = std::min<std::size_t>(rest.size(), IOV_MAX);
    const ssize_t done = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (wait_until(socket_, POLLOUT, deadline) && std::chrono::steady_clock::now() < deadline) continue;
      written.problem = {Code::internal, "its reader does not keep up"};
      break;
    }
    if (done < 0) {
      written.problem = problem("", errno);
      lost_ = true;
      break;
    }
    for (auto taken = static_cast<std::size_t>(done); taken > 0;) {
      const std::size_t part = std::min(taken, rest.front().iov_len);
      const bool of_a_line = sent % step == step - 1;
      if (of_a_line) written.bytes += part;
      taken -= part;
      of_part += part;
      rest.front() = {static_cast<char*>(rest.front().iov_base) + part, rest.front().iov_len - part};
      if (rest.front().iov_len == 0) rest = rest.subspan(1), ++sent, of_part = 0;
    }
  }
  // What stands between the lines belongs to them: with a prefix, a line that stopped cannot be marked and gone on from.
  if (!before.empty() && (of_part > 0 || sent % step != 0)) lost_ = true;
  return written;
}

}  // namespace sr::audit
