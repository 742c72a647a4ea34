#include "net/listener.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include "base/concat.h"

namespace sr::net {
namespace {

constexpr Milliseconds pause_time = 100;  // when there are too many connections or no descriptors
constexpr std::string_view default_port = "8200";

// The two sides of "host:port"; the brackets of an IPv6 host are taken off.
std::pair<std::string, std::string> split(std::string_view address) {
  const auto colon = address.rfind(':');
  const bool has_port = colon != std::string_view::npos && address.find(']', colon) == std::string_view::npos;
  auto host = address.substr(0, has_port ? colon : address.size());
  const auto port = has_port ? address.substr(colon + 1) : default_port;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {std::string(host), std::string(port)};
}

// The address as text, as Go prints it: one of IPv4 inside IPv6 is one of IPv4.
http::Peer name_of(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return {.address = text, .port = ntohs(v4.sin_port)};
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
    else inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return {.address = text, .port = ntohs(v6.sin6_port)};
  }
  return {};
}
std::string printed(const http::Peer& peer) {
  const bool v6 = peer.address.contains(':');
  return (v6 ? "[" + peer.address + "]" : peer.address) + ":" + std::to_string(peer.port);
}

void set(int socket, int level, int option, int value) { setsockopt(socket, level, option, &value, sizeof value); }

// Accepted sockets inherit the options of TCP.
Socket try_bind(const addrinfo& info) {
  Socket socket(::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int descriptor = socket.descriptor();
  if (descriptor < 0) return socket;
  set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  if (info.ai_family == AF_INET6) set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (bind(descriptor, info.ai_addr, info.ai_addrlen) != 0 || listen(descriptor, SOMAXCONN) != 0) {
    const int why = errno;
    socket = Socket(-1);
    errno = why;
  }
  return socket;
}

std::string_view remedy_for(int problem) {
  switch (problem) {
    case EADDRINUSE: return "; end the program that listens there, or give the listener another address";
    case EADDRNOTAVAIL: return "; give the listener an address of this machine";
    case EACCES: return "; take a port from 1024 up, or give the server CAP_NET_BIND_SERVICE";
    default: return "";
  }
}

Result<Bound> listen_on_tcp(const std::string& address) {
  const auto [host, port] = split(address);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int problem = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (problem != 0) return fail(Code::invalid, "listener address \"" + address + "\": " + gai_strerror(problem));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, freeaddrinfo);

  // No host means all addresses: one socket of IPv6 takes both kinds, where there is IPv6. A name means its IPv4 address
  // first, as in Go.
  Socket socket(-1);
  for (const int family : host.empty() ? std::array{AF_INET6, AF_INET} : std::array{AF_INET, AF_INET6})
    for (const addrinfo* info = found; info && socket.descriptor() < 0; info = info->ai_next)
      if (info->ai_family == family) socket = try_bind(*info);
  if (socket.descriptor() < 0) {
    const int why = errno;
    return fail(Code::internal, concat("listener address \"", address, "\": ", std::strerror(why), remedy_for(why)));
  }

  sockaddr_storage name{};
  socklen_t size = sizeof name;
  getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&name), &size);
  return Bound{std::move(socket), printed(name_of(name))};
}

}  // namespace

Result<Bound> listen_on(const ListenerOptions& options) {
  if (!options.unix_socket) return listen_on_tcp(options.address);
  auto bound = TRY(listen_on_unix_socket(options.address, *options.unix_socket));
  return Bound{std::move(bound.socket), options.address, std::move(bound.name)};
}

EventLoop::Slot Listener::begin(EventLoop& loop, Loops& loops, const Terms& terms, Socket socket) {
  const int descriptor = socket.descriptor();
  auto made = std::make_unique<Listener>(loop, loops, terms, std::move(socket));
  auto& listener = *made;
  return listener.slot_ = loop.add(descriptor, std::move(made));
}

void Listener::on_ready(std::uint32_t) {
  while (true) {
    if (!terms_.crowd.enter()) return pause("too many connections");
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    Socket socket(accept4(socket_.descriptor(), reinterpret_cast<sockaddr*>(&name), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.descriptor() < 0) {
      const int why = errno;
      terms_.crowd.leave();
      if (why == EAGAIN) break;
      // These belong to the one connection that is gone already; accept(2) says to go on.
      if (why == EINTR || why == ECONNABORTED || why == EPROTO || why == EPERM) continue;
      return pause(std::strerror(why));
    }
    auto& loop = loops_.event_loop(next_++ % loops_.size());
    if (&loop == &loop_) {
      Connection::begin(loop, terms_, std::move(socket), name_of(name));
    } else {
      loop.post([&loop, &terms = terms_, socket = std::move(socket), peer = name_of(name)]() mutable {
        Connection::begin(loop, terms, std::move(socket), std::move(peer));
      });
    }
  }
  paused_ = false;
}

// The backlog waits in the kernel meanwhile. Said once, until it is over.
void Listener::pause(std::string_view why) {
  if (!std::exchange(paused_, true)) terms_.log.warn("net", "not accepting for the moment", {{"listener", terms_.options.address}, {"reason", why}});
  loop_.set_deadline(slot_, loop_.now() + pause_time);
}

void Listener::on_deadline() { on_ready(0); }

}  // namespace sr::net
