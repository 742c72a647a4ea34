#include "audit/audit_test_kit.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <regex>
#include <sys/socket.h>
#include <sys/un.h>
#include "audit/devices.h"

namespace sr::audit {
namespace {

using testing::HasSubstr;

// The program at the other end: listens, and reads what comes as long as it is told to.
class Peer {
 public:
  enum class Kind { tcp, udp, unix_stream, unix_datagram };
  Peer(Kind kind, const std::string& path = {}, std::uint16_t port = 0) : kind_(kind), path_(path), listener_(::socket(family(), datagram() ? SOCK_DGRAM : SOCK_STREAM, 0)) {
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int small = 4096;  // so that a reader that stops is felt soon; UDP would lose what does not fit
    if (kind != Kind::udp) ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (path.empty()) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      address.sin_port = htons(port);
      EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
      socklen_t size = sizeof address;
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
      port_ = ntohs(address.sin_port);
    } else {
      ::unlink(path.c_str());
      sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
      path.copy(address.sun_path, sizeof address.sun_path - 1);
      EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    }
    if (!datagram()) ::listen(listener_, 4);
    thread_ = std::thread([this] { run(); });
  }
  ~Peer() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    stops_ = true;
    thread_.join();
    for (const int one : connections_) ::close(one);
    ::close(listener_);
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void read(bool on) { reads_ = on; }
  void hang_up() { hangs_up_ = true; while (hangs_up_) std::this_thread::yield(); }
  std::string address() const { return path_.empty() ? "127.0.0.1:" + std::to_string(port_) : path_; }
  std::uint16_t port() const { return port_; }
  std::string text() {
    std::lock_guard lock(mutex_);
    std::string all;
    for (const std::string& message : messages_) all += message;
    return all;
  }
  std::vector<std::string> messages() {
    std::lock_guard lock(mutex_);
    return messages_;
  }
  // Waits until it came.
  void expect(std::string_view what) {
    while (!text().contains(what)) std::this_thread::sleep_for(1ms);
  }

 private:
  bool datagram() const { return kind_ == Kind::udp || kind_ == Kind::unix_datagram; }
  int family() const { return kind_ == Kind::tcp || kind_ == Kind::udp ? AF_INET : AF_UNIX; }
  void take(int from) {
    std::vector<char> block(1 << 16);
    const ssize_t got = ::recv(from, block.data(), block.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    std::lock_guard lock(mutex_);
    messages_.emplace_back(block.data(), static_cast<std::size_t>(got));
  }
  void run() {
    while (!stops_) {
      if (hangs_up_) {
        for (const int one : connections_) ::close(one);
        connections_.clear();
        hangs_up_ = false;
      }
      pollfd wait{.fd = listener_, .events = POLLIN, .revents = 0};
      if (::poll(&wait, 1, 1) > 0) {
        if (datagram()) take(listener_);
        else connections_.push_back(::accept(listener_, nullptr, nullptr));
      }
      if (reads_)
        for (const int one : connections_) take(one);
    }
  }

  const Kind kind_;
  const std::string path_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> connections_;
  std::atomic<bool> stops_ = false, reads_ = true, hangs_up_ = false;
  std::mutex mutex_;
  std::vector<std::string> messages_;
  std::thread thread_;
};

struct SocketKit : Kit {
  Result<std::unique_ptr<AuditDevice>> socket(AuditDevice::Options options, bool must_open = true) {
    auto parts = file_setup(std::move(options));
    parts.must_open = must_open;
    parts.rules.prefix = true;
    return open_socket_device(std::move(parts));
  }
  std::string refused(AuditDevice::Options options) {
    const auto device = open_socket_device(file_setup(std::move(options)));
    return device ? "" : device.error().message;
  }
};

TEST(SocketDevice, OptionsAreJudged) {
  SocketKit kit;
  EXPECT_EQ(kit.refused({}), "address is required");
  EXPECT_THAT(kit.refused({{"address", "a:1"}, {"socket_type", "carrier-pigeon"}}), HasSubstr("socket_type"));
  EXPECT_THAT(kit.refused({{"address", "localhost"}}), HasSubstr("no port"));
  EXPECT_THAT(kit.refused({{"address", "::1:9"}}), HasSubstr("brackets"));
  EXPECT_THAT(kit.refused({{"address", "a:1"}, {"write_timeout", "soon"}}), HasSubstr("write_timeout"));
  EXPECT_THAT(kit.refused({{"address", "a:1"}, {"write_timeout", "-1s"}}), HasSubstr("write_timeout"));
  EXPECT_THAT(kit.refused({{"address", "a:1"}, {"prefix", "x"}}), HasSubstr("prefixing is not allowed"));
  EXPECT_THAT(kit.refused({{"address", "a:1"}, {"file_path", "x"}}), HasSubstr("unknown option file_path"));
  EXPECT_THAT(kit.refused({{"address", std::string(200, 'x')}, {"socket_type", "unix"}}), HasSubstr("no path of a socket"));
  EXPECT_THAT(kit.refused({{"address", kit.folder / "nobody"}, {"socket_type", "unix"}}), HasSubstr("sanity check failed"));
  EXPECT_THAT(kit.refused({{"address", "host.invalid:9"}}), HasSubstr("does not resolve"));
}

TEST(SocketDevice, LinesGoOverEveryKindOfSocket) {
  for (const std::string type : {"tcp", "tcp4", "udp", "unix", "unixgram"}) {
    SocketKit kit;
    const bool local = type.starts_with("unix");
    Peer peer(type == "udp" ? Peer::Kind::udp : type == "unix" ? Peer::Kind::unix_stream : type == "unixgram" ? Peer::Kind::unix_datagram : Peer::Kind::tcp, local ? kit.folder / "s" : "");
    auto device = kit.socket({{"address", peer.address()}, {"socket_type", type}});
    ASSERT_TRUE(device) << type << device.error().message;
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(write_and_wait(**device, entries(2 * i, 2)));
    device->reset();
    peer.expect("\"seq\":" + std::to_string(kit.kept->seq) + ",");
    const AuditReport report = kit.verify(peer.text(), {.last = kit.kept});
    EXPECT_TRUE(report.ok()) << type << report.text();
    if (type != "udp" && type != "unixgram") continue;
    for (const std::string& message : peer.messages()) EXPECT_EQ(std::ranges::count(message, '\n'), 1) << message;  // one line each
  }
}

TEST(SocketDevice, APrefixStandsBeforeEachLine) {
  SocketKit kit;
  Peer peer(Peer::Kind::tcp);
  auto device = *kit.socket({{"address", peer.address()}, {"prefix", "@cee: "}});
  ASSERT_TRUE(write_and_wait(*device, entries(1, 3)));
  device.reset();
  peer.expect("\"n\":3");
  for (const std::string& line : split_lines(peer.text())) EXPECT_TRUE(line.starts_with("@cee: {")) << line;
}

// The next line goes to the next connection, and nobody hears of it.
TEST(SocketDevice, AConnectionThatEndsIsMadeAgain) {
  SocketKit kit;
  Peer peer(Peer::Kind::tcp);
  auto device = *kit.socket({{"address", peer.address()}});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(write_and_wait(*device, entries(i)));
    peer.expect("\"n\":" + std::to_string(i) + ",");
    peer.hang_up();
  }
  EXPECT_TRUE(device->state().healthy);
  EXPECT_GE(device->state().lost, 4u);
  device.reset();
  peer.expect("\"seq\":" + std::to_string(kit.kept->seq) + ",");
  const AuditReport report = kit.verify(peer.text(), {.last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
}

TEST(SocketDevice, APeerThatDiesAndComesBack) {
  SocketKit kit;
  auto peer = std::make_unique<Peer>(Peer::Kind::tcp);
  const std::uint16_t port = peer->port();
  auto device = *kit.socket({{"address", peer->address()}});
  ASSERT_TRUE(write_and_wait(*device, entries(1)));
  peer.reset();
  const auto refused = write_and_wait(*device, entries(2));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("Connection refused"));
  EXPECT_FALSE(device->state().healthy);
  peer = std::make_unique<Peer>(Peer::Kind::tcp, "", port);
  Result<void> outcome = fail(Code::internal, "");
  while (!outcome) outcome = write_and_wait(*device, entries(3));
  EXPECT_TRUE(device->state().healthy);
  EXPECT_THAT(device->state().last_error, HasSubstr("Connection refused"));
  device.reset();
  peer->expect("\"seq\":" + std::to_string(kit.kept->seq) + ",");
  EXPECT_TRUE(kit.verify(peer->text(), {.last = kit.kept}).ok());
  EXPECT_THAT(read_file(kit.log_file), HasSubstr("the connection ended"));
}

TEST(SocketDevice, AReaderThatStopsIsAnErrorInTime) {
  SocketKit kit;
  Peer peer(Peer::Kind::unix_stream, kit.folder / "s");
  auto device = *kit.socket({{"address", peer.address()}, {"socket_type", "unix"}, {"write_timeout", "50ms"}});
  peer.read(false);
  Result<void> outcome;
  for (int i = 0; outcome; ++i) {
    ASSERT_LT(i, 100'000);
    outcome = write_and_wait(*device, entries(10 * i, 10));
  }
  EXPECT_THAT(outcome.error().message, HasSubstr("does not keep up"));
  EXPECT_FALSE(device->state().healthy);
  peer.read(true);
  while (!outcome) outcome = write_and_wait(*device, entries(7'777'777));
  device.reset();
  peer.expect("\"seq\":" + std::to_string(kit.kept->seq) + ",");
  const AuditReport report = kit.verify(peer.text(), {.last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();  // the line that stopped midway is marked
}

TEST(SocketDevice, ALineThatFitsIntoNoDatagramIsRefusedByName) {
  SocketKit kit;
  Peer peer(Peer::Kind::udp);
  auto device = *kit.socket({{"address", peer.address()}, {"socket_type", "udp"}});
  AuditLines lines;
  lines.text() += R"({"time":"2024-01-01T00:00:00Z","type":"request","long":")" + std::string(70'000, 'x') + '"';
  lines.end_line();
  lines.end_entry();
  const auto refused = write_and_wait(*device, std::move(lines));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("does not fit into one datagram"));
  EXPECT_TRUE(write_and_wait(*device, entries(2)));
}

// As Go's log/syslog writes to a local daemon.
TEST(SyslogDevice, MessagesReadAsGosDo) {
  for (const auto kind : {Peer::Kind::unix_datagram, Peer::Kind::unix_stream}) {
    SocketKit kit;
    Peer peer(kind, kit.folder / "log");
    auto parts = kit.file_setup({{"facility", "local3"}, {"tag", "audit"}});
    parts.rules.syslog_sockets = {kit.folder / "nobody", peer.address()};
    auto device = open_syslog_device(std::move(parts));
    ASSERT_TRUE(device) << device.error().message;
    ASSERT_TRUE(write_and_wait(**device, entries(1, 2)));
    device->reset();
    peer.expect("\"n\":2");
    const std::regex form("<158>[A-Z][a-z]{2} [ 123][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} audit\\[" + std::to_string(::getpid()) + "\\]: (\\{.*\\})");
    std::string lines;
    for (const std::string& line : split_lines(peer.text())) {
      std::smatch parts_of;
      ASSERT_TRUE(std::regex_match(line, parts_of, form)) << line;
      lines += parts_of[1].str() + '\n';
    }
    EXPECT_TRUE(kit.verify(lines).ok());
  }
}

TEST(SyslogDevice, ADaemonThatRestartsIsFoundAgain) {
  Kit kit;
  const std::string path = kit.folder / "log";
  auto peer = std::make_unique<Peer>(Peer::Kind::unix_datagram, path);
  auto parts = kit.file_setup({});
  parts.rules.syslog_sockets = {path};
  auto device = *open_syslog_device(std::move(parts));
  ASSERT_TRUE(write_and_wait(*device, entries(1)));
  peer.reset();
  peer = std::make_unique<Peer>(Peer::Kind::unix_datagram, path);
  ASSERT_TRUE(write_and_wait(*device, entries(2)));
  peer->expect("\"n\":2");
  EXPECT_THAT(peer->text(), HasSubstr("<38>"));
  EXPECT_THAT(peer->text(), HasSubstr(" vault["));
  peer.reset();
  const auto refused = write_and_wait(*device, entries(3));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("no log daemon listens"));
}

TEST(SyslogDevice, OptionsAreJudged) {
  Kit kit;
  const auto refused = [&](AuditDevice::Options options) {
    auto parts = kit.file_setup(std::move(options));
    parts.rules.syslog_sockets = {};
    const auto device = open_syslog_device(std::move(parts));
    return device ? "" : device.error().message;
  };
  EXPECT_EQ(refused({{"facility", "moon"}}), "invalid syslog facility: moon");
  EXPECT_THAT(refused({{"tag", "a b"}}), HasSubstr("option tag"));
  EXPECT_THAT(refused({{"tag", "a]: forged"}}), HasSubstr("option tag"));
  EXPECT_THAT(refused({}), HasSubstr("no log daemon"));
}

}  // namespace
}  // namespace sr::audit
