// How a connection finds out what is spoken on it: HTTP/2 by its first bytes or by ALPN, a PROXY header in front of either.
#include "http/http2.h"
#include "net/test_net.h"
#include "net/test_tls.h"

namespace sr::net {
namespace {

using namespace test;
using namespace std::string_literals;

// GET of a short path, on stream 1, with the fields of HPACK's static table.
std::string http2_get(std::string_view path) {
  std::string head = "\x82\x86\x01\x01" "a\x04"s + static_cast<char>(path.size()) + std::string(path);
  return std::string(http::http2_preface) + "\0\0\0\x04\0\0\0\0\0"s + "\0\0"s + static_cast<char>(head.size()) + "\x01\x05\0\0\0\x01"s + head;
}
// What comes until `what` has come, or the end.
std::string read_until(Client& client, std::string_view what) {
  std::string in;
  char bytes[16384];
  for (ssize_t got; !in.contains(what) && (got = recv(client.socket(), bytes, sizeof bytes, 0)) > 0;) in.append(bytes, static_cast<std::size_t>(got));
  return in;
}

TEST_F(Net, SpeaksHttp2ToThoseWhoBeginWithIt) {
  start();
  Client client(address());
  EXPECT_TRUE(read_until(client.send(http2_get("/a")), "GET /a ").contains("GET /a "));
  EXPECT_EQ(service.served, 1);
}

TEST_F(Net, TheFirstBytesMayComeOneByOne) {
  start();
  Client h2(address()), h1(address());
  for (const char c : http2_get("/a")) h2.send({&c, 1});
  EXPECT_TRUE(read_until(h2, "GET /a ").contains("GET /a "));
  for (const char c : post("/b", "PRI * HTTP/2.0")) h1.send({&c, 1});
  EXPECT_EQ(h1.body(), "POST /b PRI * HTTP/2.0");
  Client almost(address());
  EXPECT_TRUE(almost.send("PRI * HTTP/1.1\r\nHost: x\r\n\r\n").answer().contains("PRI * "));
}

TEST_F(Net, AnswersHttp2LaterToo) {
  start();
  Client client(address());
  client.send(http2_get("/later"));
  service.wait_for_parked(1);
  service.release();
  EXPECT_TRUE(read_until(client, "GET /later ").contains("GET /later "));
}

TEST_F(Net, Http2EndsGentlyAndInTime) {
  start();
  Client idle(address()), busy(address());
  read_until(idle.send(http2_get("/a")), "GET /a ");
  busy.send(http2_get("/later"));
  service.wait_for_parked(1);
  std::thread stopping([&] { server->stop(30s); });
  idle.rest();  // ends
  service.release();
  EXPECT_TRUE(busy.rest().contains("GET /later "));
  busy.close();
  idle.close();
  stopping.join();
}

TEST_F(Net, SilentHttp2ClientsAreLetGo) {
  start({.deadlines = {.head = 100ms, .body = 100ms, .idle = 100ms}});
  Client silent(address()), half(address());
  const auto all = http2_get("/a");
  silent.send(all.substr(0, 33));  // preface and settings
  half.send(all.substr(0, all.size() - 1));
  silent.rest();
  half.rest();
  EXPECT_EQ(service.served, 0);
}

TEST_F(Net, ChoosesHttp2ByAlpn) {
  Folder folder;
  write_certificate("one", folder / "cert", folder / "key");
  start({.tls = TlsOptions{.cert_file = folder / "cert", .key_file = folder / "key"}});
  Client socket(address()), other(address());
  TlsClient h2(socket.socket(), {.http2 = true});
  EXPECT_EQ(h2.protocol(), "h2");
  EXPECT_TRUE(h2.exchange(http2_get("/a"), "GET /a ").contains("GET /a "));
  TlsClient h1(other.socket(), {});
  EXPECT_EQ(h1.protocol(), "");
  EXPECT_TRUE(h1.ask(get("/b")).contains("GET /b "));
}

TEST_F(Net, TheProxyNamesTheClient) {
  start({.proxy = ProxyRules{}});
  Client v1(address()), v2(address()), none(address()), broken(address());
  EXPECT_EQ(v1.send("PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n" + get("/who")).body(), "192.0.2.1:1234");
  for (const char c : "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\x04\xd2\x01\xbb"s) v2.send({&c, 1});
  EXPECT_EQ(v2.send(get("/who")).body(), "192.0.2.1:1234");
  EXPECT_TRUE(none.send(get("/who")).body().starts_with("127.0.0.1:"));
  EXPECT_EQ(broken.send("PROXY TCP4 nobody\r\n" + get("/who")).rest(), "");
  EXPECT_EQ(service.served, 3);
}

TEST_F(Net, TheProxyHeaderStandsBeforeTls) {
  Folder folder;
  write_certificate("one", folder / "cert", folder / "key");
  start({.tls = TlsOptions{.cert_file = folder / "cert", .key_file = folder / "key"}, .proxy = ProxyRules{}});
  Client socket(address());
  socket.send("PROXY TCP6 2001:db8::1 ::1 1 2\r\n");
  TlsClient client(socket.socket(), {.http2 = true});
  EXPECT_TRUE(client.exchange(http2_get("/who"), "2001:db8::1:1").contains("2001:db8::1:1"));
}

TEST_F(Net, OnlyTrustedProxiesNameTheClient) {
  const std::string header = "PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n";
  start({.proxy = ProxyRules{.from = ProxyRules::From::authorized, .authorized = {*Cidr::parse("10.0.0.0/8")}}});
  Client ignored(address());
  EXPECT_TRUE(ignored.send(header + get("/who")).body().starts_with("127.0.0.1:"));
  start({.proxy = ProxyRules{.from = ProxyRules::From::only, .authorized = {*Cidr::parse("10.0.0.0/8")}}});
  Client refused(address());
  EXPECT_EQ(refused.send(header + get("/who")).rest(), "");
  start({.proxy = ProxyRules{.from = ProxyRules::From::only, .authorized = {*Cidr::parse("127.0.0.0/8")}}});
  Client trusted(address());
  EXPECT_EQ(trusted.send(header + get("/who")).body(), "192.0.2.1:1234");
}

TEST_F(Net, AProxyHeaderThatDoesNotComeIsNotWaitedFor) {
  start({.proxy = ProxyRules{}, .deadlines = {.handshake = 100ms, .head = 100ms}});
  Client silent(address()), half(address());
  half.send("PROXY TCP4 ");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(half.rest(), "");
}

}  // namespace
}  // namespace sr::net
