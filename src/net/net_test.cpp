// Real sockets on loopback: what clients do, and what they should not be able to do.
#include <filesystem>
#include <future>
#include <latch>
#include <numeric>
#include "net/test_net.h"
#include "net/test_tls.h"

namespace sr::net {
namespace {

using namespace test;

TEST_F(Net, KeepsConnectionsAndTheOrderOfPipelinedAnswers) {
  start();
  Client client(address());
  EXPECT_EQ(client.send(get("/a")).body(), "GET /a ");
  EXPECT_EQ(client.send(post("/b", "hello")).body(), "POST /b hello");
  client.send(get("/later/1") + get("/2") + get("/later/3") + get("/4"));
  service.wait_for_parked(1);
  service.release();
  EXPECT_EQ(client.body(), "GET /later/1 ");
  EXPECT_EQ(client.body(), "GET /2 ");
  service.wait_for_parked(1);
  service.release();
  EXPECT_EQ(client.body(), "GET /later/3 ");
  EXPECT_EQ(client.body(), "GET /4 ");
}

TEST_F(Net, AnswersMoreInOneWriteThanItSends) {
  start();
  Client client(address());
  std::string many;
  for (int i = 0; i < 3000; ++i) many += get("/" + std::to_string(i));
  std::thread sender([&] { client.send(many); });
  for (int i = 0; i < 3000; ++i) ASSERT_EQ(client.body(), "GET /" + std::to_string(i) + " ");
  sender.join();
}

TEST_F(Net, ServesManyClientsAtOnce) {
  start();
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int c = 0; c < 10; ++c) {
        Client client(address());
        for (int i = 0; i < 20; ++i) {
          const std::string target = "/" + std::to_string(t * 1000 + i);
          right += client.send(get(target)).body() == "GET " + target + " ";
        }
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 10 * 20);
}

TEST_F(Net, AnswersAHeadWithoutABodyAndClosesWhenAsked) {
  start();
  Client client(address());
  const auto head = client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n").answer(true);
  EXPECT_TRUE(head.contains("Content-Length: 8\r\n") && head.ends_with("\r\n\r\n") && head.contains("\r\nDate: ")) << head;
  const auto last = client.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + get("/not-served")).rest();
  EXPECT_TRUE(last.contains("Connection: close\r\n") && last.ends_with("GET /a ")) << last;
  EXPECT_EQ(service.served, 2);
}

TEST_F(Net, AsksForABodyThatIsHeldBack) {
  start();
  Client client(address());
  client.send("PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.send("hello").body(), "PUT /a hello");
}

TEST_F(Net, AnswersAClientThatHasEndedItsSide) {
  start();
  Client client(address());
  client.send(get("/later") + get("/b")).end_sending();
  service.wait_for_parked(1);
  service.release();
  const auto all = client.rest();
  EXPECT_TRUE(all.contains("GET /later ") && all.ends_with("GET /b ")) << all;
}

TEST_F(Net, RefusesALargeBodyBeforeItComesAndWhileItComes) {
  start();
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 34603008\r\n\r\n";
  Client early(address());
  const auto answer = early.send(head).answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ") && answer.contains("Content-Type: application/json\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("{\"errors\":[\"http: request body too large\"]}\n")) << answer;
  Client stubborn(address());  // sends all before it reads, as many clients do
  EXPECT_TRUE(stubborn.send(head + std::string(33 * 1024 * 1024, 'x')).answer().starts_with("HTTP/1.1 413 "));
  EXPECT_EQ(service.served, 0);
}

TEST_F(Net, TakesABodyOfTheFullSize) {
  start();
  Client client(address());
  EXPECT_EQ(client.send(post("/a", std::string(limits::body_bytes, 'x'))).body(), "POST /a " + std::string(100, 'x'));
}

TEST_F(Net, BoundsAllBodiesTogether) {
  start({}, {.bodies_bytes = 1000});
  Client first(address()), second(address());
  first.send(post("/later", std::string(600, 'x')));
  service.wait_for_parked(1);
  EXPECT_TRUE(second.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n" + std::string(500, 'x')).rest().starts_with("HTTP/1.1 503 "));
  second.close();
  service.release();
  EXPECT_EQ(first.body(), "POST /later " + std::string(100, 'x'));
  // Until the answer, the first one's counted; its loop may still be about to say that it has gone.
  std::string body;
  for (int attempt = 0; attempt < 1000 && !body.starts_with("POST"); ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(1ms);
    Client third(address());
    body = third.send(post("/a", std::string(900, 'x'))).body();
  }
  EXPECT_EQ(body, "POST /a " + std::string(100, 'x'));
}

TEST_F(Net, CountsARefusedBodyNoMore) {
  start({}, {.bodies_bytes = 1000});
  Client refused(address());  // still sending, for all the server knows
  EXPECT_TRUE(refused.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1500\r\n\r\n" + std::string(1100, 'x')).answer().starts_with("HTTP/1.1 503 "));
  Client other(address());
  EXPECT_EQ(other.send(post("/a", std::string(900, 'x'))).body(), "POST /a " + std::string(100, 'x'));
}

TEST_F(Net, EndsAConnectionAtAMalformedRequest) {
  start();
  Client client(address());
  client.send(get("/a") + "GET /b HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n" + get("/smuggled"));
  EXPECT_EQ(client.body(), "GET /a ");
  EXPECT_TRUE(client.rest().starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_EQ(service.served, 1);
}

TEST_F(Net, CutsOffSlowSenders) {
  start({.deadlines = {.head = 200ms, .body = 200ms, .idle = 200ms}});
  Client silent(address()), head(address()), body(address()), idle(address());
  head.send("GET /a HTTP/1.1\r\nHo");
  body.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
  EXPECT_EQ(idle.send(get("/a")).body(), "GET /a ");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_TRUE(head.rest().starts_with("HTTP/1.1 408 "));
  EXPECT_TRUE(body.rest().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(idle.rest(), "");
  // A byte now and then does not help.
  Client drop(address());
  drop.send("GET /");
  std::atomic<bool> over = false;
  std::thread dripping([&] {
    while (!over) drop.send("a"), std::this_thread::sleep_for(20ms);
  });
  EXPECT_TRUE(drop.answer().starts_with("HTTP/1.1 408 "));
  over = true;
  dripping.join();
  EXPECT_EQ(service.served, 1);
}

// Not when it is looked at: others may keep a loop busy, and machines are stopped and go on.
TEST_F(Net, TakesWhatHasComeWithinItsTime) {
  start({.deadlines = {.head = 1500ms, .body = 1500ms}});
  const std::string large = post("/large", std::string(60'000, 'x')), small = post("/small", "hello");
  std::vector<std::unique_ptr<Client>> clients;
  const auto request_of = [&](std::size_t i) -> const std::string& { return i % 10 == 0 ? large : small; };
  const auto begun = [&](std::size_t i) { return i % 10 == 0 ? large.size() / 3 : i % 3 == 0 ? 0 : i % 3 == 1 ? std::size_t{9} : small.size() - 2; };
  for (std::size_t i = 0; i < 150; ++i) {
    clients.push_back(std::make_unique<Client>(address()));
    clients.back()->send(request_of(i).substr(0, begun(i)));
  }
  std::this_thread::sleep_for(50ms);
  for (std::size_t i = 0; i < loops.size(); ++i) loops[i].post([] { std::this_thread::sleep_for(2s); });
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i]->send(request_of(i).substr(begun(i)));
  for (std::size_t i = 0; i < clients.size(); ++i)
    EXPECT_TRUE(clients[i]->body().starts_with(i % 10 == 0 ? "POST /large xxx" : "POST /small hello")) << "request " << i;
}

TEST_F(Net, CutsOffWhoDoesNotTakeItsAnswer) {
  start({.deadlines = {.write = 100ms, .write_bytes_per_second = EchoService::big * 10}}, {.connections = 1});
  Client deaf(address());
  deaf.send(get("/big"));
  Client next(address());  // has a place only when the deaf one has lost its own
  EXPECT_EQ(next.send(get("/a")).body(), "GET /a ");
  EXPECT_LT(deaf.rest().size(), EchoService::big);
}

TEST_F(Net, SendsALargeAnswerToWhoReads) {
  start();
  Client client(address());
  EXPECT_EQ(client.send(get("/big")).body().size(), EchoService::big);
  EXPECT_EQ(client.send(get("/a")).body(), "GET /a ");
}

TEST_F(Net, DropsAnAnswerWhoseClientHasGone) {
  start();
  {
    Client client(address());
    client.send(get("/later"));
    service.wait_for_parked(1);
    client.reset();
  }
  // The place is free for another connection before the answer comes.
  Client other(address());
  EXPECT_EQ(other.send(get("/a")).body(), "GET /a ");
  service.release();
  EXPECT_EQ(other.send(get("/b")).body(), "GET /b ");
}

TEST_F(Net, AcceptsNoMoreThanItMay) {
  start({}, {.connections = 2});
  Client first(address()), second(address());
  EXPECT_EQ(first.send(get("/1")).body(), "GET /1 ");
  EXPECT_EQ(second.send(get("/2")).body(), "GET /2 ");
  Client third(address());
  third.send(get("/3"));
  EXPECT_EQ(first.send(get("/1")).body(), "GET /1 ");
  EXPECT_EQ(service.served, 3);
  first.close();
  EXPECT_EQ(third.body(), "GET /3 ");
}

TEST_F(Net, FinishesWhatIsUnderWayWhenItStops) {
  start();
  Client idle(address()), busy(address()), late(address());
  EXPECT_EQ(idle.send(get("/a")).body(), "GET /a ");
  busy.send(get("/later"));
  service.wait_for_parked(1);
  std::thread stopping([&] { server->stop(30s); });
  EXPECT_EQ(idle.rest(), "");
  EXPECT_FALSE(Client(address()).connected());
  service.release();
  const auto answer = busy.rest();
  EXPECT_TRUE(answer.contains("Connection: close\r\n") && answer.ends_with("GET /later ")) << answer;
  busy.close();
  stopping.join();
}

TEST_F(Net, StopsInTimeWhateverIsUnderWay) {
  start();
  Client busy(address());
  busy.send(get("/later"));
  service.wait_for_parked(1);
  server->stop(10ms);
  EXPECT_EQ(busy.rest(), "");
  server.reset();
  service.release();  // to nobody
}

TEST_F(Net, AnswersALargeRequestByItsHeadWhereTheBodyCannotMatter) {
  service.closed = true;
  start();
  Client waits(address()), sends(address()), small(address());
  waits.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(waits.answer().starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(sends.send(post("/a", std::string(1'000'000, 'x'))).answer().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(small.send(post("/a", "x")).body(), "POST /a x");
  EXPECT_EQ(service.served, 1);
}

TEST_F(Net, SaysWhyItCannotListen) {
  start();
  Server taken(loops, service, log, {.listeners = {{.address = address()}}});
  EXPECT_EQ(taken.start().error().message, "listener address \"" + address() + "\": Address already in use; end the program that listens there, or give the listener another address");
  Server nowhere(loops, service, log, {.listeners = {{.address = "300.0.0.1:x"}}});
  EXPECT_TRUE(nowhere.start().error().message.starts_with("listener address \"300.0.0.1:x\": "));
}

TEST_F(Net, ListensOnEveryAddress) {
  Server all(loops, service, log, {.listeners = {{.address = ":0"}, {.address = "localhost:0"}}});
  ASSERT_TRUE(all.start());
  Client client(all.addresses()[0]);
  EXPECT_EQ(client.send(get("/a")).body(), "GET /a ");
  Client local(all.addresses()[1]);
  EXPECT_EQ(local.send(get("/b")).body(), "GET /b ");
}

TEST(Loops, RunWhatIsPostedFromAnyThread) {
  Loops loops(2);
  std::atomic<int> ran = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 1000; ++n) loops[static_cast<std::size_t>(i + n) % 2].post([&] { loops[0].post([&] { ++ran; }); });
    });
  for (auto& thread : threads) thread.join();
  while (ran < 4000) std::this_thread::yield();
}

TEST(Loops, GoOnWithoutAThreadThatIsAwayForLong) {
  Loops loops(1);
  Loop& loop = loops[0];
  std::promise<void> comes_back, has_come_back;
  std::promise<std::thread::id> left, next;
  loop.post([&] {
    loop.post([&] { next.set_value(std::this_thread::get_id()); });
    left.set_value(std::this_thread::get_id());
    loop.leave_for([&] { comes_back.get_future().wait(); });
    EXPECT_FALSE(loop.is_here());
    has_come_back.set_value();
  });
  EXPECT_NE(left.get_future().get(), next.get_future().get());
  comes_back.set_value();
  has_come_back.get_future().wait();
  EXPECT_FALSE(loop.is_here());
}

TEST(Loops, RunTasksInTheirOrderWhoeverRunsThem) {
  std::vector<int> order;
  Loops loops(1);
  std::promise<void> begins, ends;
  std::atomic<int> ran = 0, reliefs = 0;
  loops[0].post([&] { begins.get_future().wait(); });  // the others are one round
  for (int i = 0; i < 60; ++i)
    loops[0].post([&, i] {
      order.push_back(i);
      ran = i + 1;
      if (i % 20 == 10) {
        loops[0].leave_for([&, i] {
          while (ran == i + 1) std::this_thread::yield();  // until the next one has run
        });
        if (!loops[0].is_here()) ++reliefs;
      } else if (i % 2) {
        loops[0].leave_for([] {});
      }
    });
  loops[0].post([&] { ends.set_value(); });
  begins.set_value();
  ends.get_future().wait();
  while (reliefs < 3) std::this_thread::yield();
  std::vector<int> wanted(60);
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(order, wanted);
}

TEST_F(Net, AnswersWhileTheThreadOfALoopIsAway) {
  start();
  Client client(address());
  EXPECT_EQ(client.send(get("/a")).body(), "GET /a ");
  std::latch away(static_cast<std::ptrdiff_t>(loops.size())), comes_back(1);
  for (std::size_t i = 0; i < loops.size(); ++i)
    loops[i].post([&, i] {
      loops[i].leave_for([&] {
        away.count_down();
        comes_back.wait();
      });
    });
  away.wait();
  EXPECT_EQ(client.send(get("/b")).body(), "GET /b ");
  comes_back.count_down();
  EXPECT_EQ(client.send(get("/c")).body(), "GET /c ");
}

// ---- TLS ----------------------------------------------------------------------------------------------------------------

struct NetTls : Net {
  test::Folder folder;
  TlsOptions tls{.cert_file = folder / "cert.pem", .key_file = folder / "key.pem"};
  NetTls() { test::write_certificate("one", tls.cert_file, tls.key_file); }

  void start_tls(Deadlines deadlines = {}) { start({.tls = tls, .deadlines = deadlines}); }
  std::string ask(test::TlsClient::Options options, std::string_view request) {
    Client client(address());
    return test::TlsClient(client.socket(), options).ask(request);
  }
};

TEST_F(NetTls, SpeaksBothVersions) {
  start_tls();
  EXPECT_TRUE(ask({.version = "TLSv1.2"}, get("/a")).ends_with("GET /a "));
  EXPECT_TRUE(ask({.version = "TLSv1.3"}, get("/a")).ends_with("GET /a "));
  EXPECT_EQ(ask({.version = "TLSv1.1"}, get("/a")), "");
  const std::string large(1024 * 1024, 'x');
  EXPECT_TRUE(ask({}, post("/a", large)).ends_with("POST /a " + large.substr(0, 100)));
  EXPECT_EQ(ask({}, get("/big")).size() / EchoService::big, 1u);
}

TEST_F(NetTls, HoldsToTheVersionsThatAreConfigured) {
  tls.min_version = TlsVersion::tls13;
  start_tls();
  EXPECT_EQ(ask({.version = "TLSv1.2"}, get("/a")), "");
  EXPECT_TRUE(ask({.version = "TLSv1.3"}, get("/a")).ends_with("GET /a "));
}

TEST_F(NetTls, EndsWhoDoesNotShakeHands) {
  start_tls({.handshake = 200ms});
  Client silent(address()), plain(address());
  EXPECT_EQ(silent.rest(), "");
  EXPECT_FALSE(plain.send(get("/a")).rest().contains("HTTP"));
  EXPECT_EQ(service.served, 0);
}

TEST_F(NetTls, PassesOnAClientCertificate) {
  start_tls();
  EXPECT_TRUE(ask({.cert_file = tls.cert_file, .key_file = tls.key_file}, get("/a")).ends_with("GET /a  certified"));
  EXPECT_TRUE(ask({}, get("/a")).ends_with("GET /a "));
}

TEST_F(NetTls, RequiresAClientCertificateOfItsAuthority) {
  const std::string cert = folder / "client.pem", key = folder / "client.key", other = folder / "other.pem", other_key = folder / "other.key";
  test::write_certificate("client", cert, key);
  test::write_certificate("other", other, other_key);
  tls.client_ca_file = cert;
  tls.client_certificates = ClientCertificates::require;
  start_tls();
  EXPECT_TRUE(ask({.cert_file = cert, .key_file = key}, get("/a")).ends_with(" certified"));
  EXPECT_EQ(ask({.cert_file = other, .key_file = other_key}, get("/a")), "");
  EXPECT_EQ(ask({}, get("/a")), "");
}

TEST_F(NetTls, ReloadsItsFilesOrKeepsWhatItHas) {
  start_tls();
  const auto subject = [&] {
    Client client(address());
    test::TlsClient tls_client(client.socket(), {});
    tls_client.ask(get("/a"));
    return tls_client.server_name();
  };
  EXPECT_EQ(subject(), "one");
  Client old(address());
  test::TlsClient old_session(old.socket(), {});

  test::write_file(tls.cert_file, "no certificate");
  EXPECT_TRUE(server->reload_tls().error().message.starts_with("tls_cert_file \"" + tls.cert_file + "\": ")) << server->reload_tls().error().message;
  EXPECT_EQ(subject(), "one");
  test::write_certificate("two", tls.cert_file, folder / "unused.key");
  EXPECT_EQ(server->reload_tls().error().message, "tls_key_file \"" + tls.key_file + "\": key values mismatch");
  EXPECT_EQ(subject(), "one");
  std::filesystem::remove(tls.key_file);
  EXPECT_EQ(server->reload_tls().error().message, "tls_key_file \"" + tls.key_file + "\": no such file or directory");

  test::write_certificate("three", tls.cert_file, tls.key_file);
  EXPECT_TRUE(server->reload_tls());
  EXPECT_EQ(subject(), "three");
  EXPECT_TRUE(old_session.ask(get("/a")).ends_with("GET /a "));
}

TEST_F(NetTls, RefusesWhatItCannotOffer) {
  const auto problem = [&](TlsOptions options) {
    Server refused(loops, service, log, {.listeners = {{.address = "127.0.0.1:0", .tls = options}}});
    const auto started = refused.start();
    return started ? "" : started.error().message;
  };
  auto options = tls;
  options.cipher_suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305";
  EXPECT_EQ(problem(options), "");
  options.cipher_suites = "TLS_ROT13";
  EXPECT_EQ(problem(options), "tls_cipher_suites: unknown cipher suite \"TLS_ROT13\"");
  options = tls;
  options.min_version = TlsVersion::tls13, options.max_version = TlsVersion::tls12;
  EXPECT_EQ(problem(options), "tls_min_version is above tls_max_version");
  options = tls;
  options.client_ca_file = folder / "absent.pem";
  EXPECT_EQ(problem(options), "tls_client_ca_file \"" + options.client_ca_file + "\": no such file or directory");
  EXPECT_FALSE(parse_tls_version("tls10"));
}

}  // namespace
}  // namespace sr::net
