#include <gtest/gtest.h>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include "http/http1.h"
#include "http/upload.h"

namespace sr::http {
namespace {

// What came out of some bytes, in a form that two readings can be compared in.
struct Reading {
  std::vector<std::string> requests;
  int refused = 0;
  std::string reason;
  bool idle = false;
  bool operator==(const Reading&) const = default;
};

std::string printed(const Request& request, const Framing& framing) {
  std::string text = request.method + " " + request.target + (framing.version_1_0 ? " 1.0" : "") + (framing.keep_alive ? "" : " close") + "\n";
  for (const auto& header : request.headers) text += header.name + "=" + header.value + "\n";
  return text + "[" + std::string(request.body.view()) + "]";
}

Reading read(std::string_view bytes, std::size_t piece, const Http1Limits& limits = {}) {
  Reading reading;
  RequestParser parser(limits);
  while (!bytes.empty() && parser.state() != RequestParser::State::failed) {
    auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const auto state = parser.feed(part);
      if (state == RequestParser::State::complete) {
        const Request request = parser.take();
        reading.requests.push_back(printed(request, parser.framing()));
      }
      if (state == RequestParser::State::failed) break;
    }
  }
  if (parser.state() == RequestParser::State::failed) {
    const auto response = parser.refusal();
    reading.refused = response.status;
    reading.reason = response.body.view();
    EXPECT_TRUE(response.close);
  }
  reading.idle = parser.idle();
  return reading;
}

// However it is cut, it reads the same.
Reading read(std::string_view bytes, const Http1Limits& limits = {}) {
  const auto whole = read(bytes, bytes.size(), limits);
  for (const std::size_t piece : {1, 2, 3, 7}) EXPECT_EQ(read(bytes, piece, limits), whole) << "in pieces of " << piece << ": " << bytes.substr(0, 200);
  return whole;
}
int refused(std::string_view bytes) { return read(bytes).refused; }
std::string with_host(std::string_view rest) { return "POST /v1/a HTTP/1.1\r\nHost: x\r\n" + std::string(rest); }

TEST(Http1, ReadsARequest) {
  const auto reading = read("GET /v1/secret/data/a?version=2 HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token:  hvs.x \t\r\nEmpty:\r\n\r\n");
  ASSERT_EQ(reading.requests.size(), 1u);
  EXPECT_EQ(reading.requests[0], "GET /v1/secret/data/a?version=2\nHost=localhost\nX-Vault-Token=hvs.x\nEmpty=\n[]");
  EXPECT_TRUE(reading.idle);
}

TEST(Http1, ReadsPipelinedRequestsOfEveryKind) {
  const auto reading = read(
      "LIST /v1/secret/metadata/ HTTP/1.1\r\nhost: x\r\n\r\n"
      "\r\nPOST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "PUT /v1/b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n00a\r\n, \r\nworld!\r\n0\r\nTrailer: dropped\r\n\r\n"
      "SCAN http://other:1/v1/c?d HTTP/1.0\r\nConnection: TE, Keep-Alive\r\n\r\n"
      "OPTIONS * HTTP/1.0\r\n\r\n"
      "GET HTTPS://h?q HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
      "GET /unfinished HTTP/1.1\r\n");
  EXPECT_EQ(reading.requests, (std::vector<std::string>{"LIST /v1/secret/metadata/\nhost=x\n[]", "POST /v1/a\nHost=x\nContent-Length=5\n[hello]",
                                                        "PUT /v1/b\nHost=x\nTransfer-Encoding=Chunked\n[hello, \r\nworld!]",
                                                        "SCAN /v1/c?d 1.0\nConnection=TE, Keep-Alive\n[]", "OPTIONS * 1.0 close\n[]",
                                                        "GET /?q close\nHost=x\nConnection=close\n[]"}));
  EXPECT_EQ(reading.refused, 0);
  EXPECT_FALSE(reading.idle);
}

// Each of these could be read in two ways by two readers in a row, or is no HTTP at all.
TEST(Http1, RefusesWhatSmugglersSend) {
  for (const char* bad : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "Content-Length: 5, 5\r\n\r\nhello", "Content-Length: +5\r\n\r\nhello",
           "Content-Length: -5\r\n\r\nhello", "Content-Length: 0x5\r\n\r\nhello", "Content-Length: 5 5\r\n\r\nhello", "Content-Length:\r\n\r\n",
           "Content-Length : 5\r\n\r\nhello", "Content-Length\t: 5\r\n\r\nhello", " Content-Length: 5\r\n\r\nhello",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "X: a\r\n folded\r\n\r\n", "X: a\r\n\tfolded\r\n\r\n",
           "X: a\nY: b\r\n\r\n", "X: a\rY: b\r\n\r\n", "X: a\x01\r\n\r\n", "X: a\x7f\r\n\r\n", "No colon\r\n\r\n", ": no name\r\n\r\n", "a b: c\r\n\r\n",
           "X(: a\r\n\r\n", "\xc3\xa4: a\r\n\r\n", "Host: y\r\n\r\n", "X: a\r\n\n", "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n;x\r\n", "Transfer-Encoding: chunked\r\n\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0;\x01\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n folded\r\n\r\n",
           "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n"}) {
    const auto reading = read(with_host(bad));
    EXPECT_EQ(reading.refused, 400) << bad;
    EXPECT_TRUE(reading.requests.empty()) << bad;
  }
  EXPECT_EQ(read(std::string_view("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 29)).refused, 400);
  EXPECT_EQ(read(with_host(std::string_view("X: a\0b\r\n\r\n", 10))).refused, 400);
  EXPECT_EQ(refused(with_host("Transfer-Encoding: gzip, chunked\r\n\r\n")), 501);
  EXPECT_EQ(refused(with_host("Transfer-Encoding: xchunked\r\n\r\n")), 501);
  EXPECT_EQ(refused(with_host("Transfer-Encoding:\r\n\r\n")), 501);
  EXPECT_EQ(refused(with_host("Expect: miracles\r\n\r\n")), 417);
  EXPECT_EQ(refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(Http1, RefusesMalformedRequestLines) {
  for (const char* bad : {"GET / HTTP/1.1\r\n\r\n", "GET /\r\n\r\n", "GET  / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0 \r\n\r\n", "GET /a b HTTP/1.0\r\n\r\n",
                          " GET / HTTP/1.0\r\n\r\n", "G@T / HTTP/1.0\r\n\r\n", "GET a HTTP/1.0\r\n\r\n", "GET http:// HTTP/1.0\r\n\r\n",
                          "CONNECT host:1 HTTP/1.0\r\n\r\n", "GET / http/1.0\r\n\r\n", "GET / HTTP/1\r\n\r\n", "GET\t/\tHTTP/1.0\r\n\r\n", "\n",
                          "\r\n\r\n", "GET / HTTP/1.0\n\n", "\x16\x03\x01\x02\n", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.0\r\n\r\n"})
    EXPECT_EQ(refused(bad), 400) << bad;
  EXPECT_EQ(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
}

TEST(Http1, HoldsItsLimits) {
  const Http1Limits limits{.head_bytes = 200, .header_count = 4, .target_bytes = 50, .body_bytes = 10};
  const auto status = [&](const std::string& bytes) { return read(bytes, limits).refused; };
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(status(start + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n"), 0);
  EXPECT_EQ(status(start + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n"), 431);
  EXPECT_EQ(status(start + "A: " + std::string(200, 'a')), 431);
  EXPECT_EQ(status("GET /" + std::string(49, 'a') + " HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(status("GET /" + std::string(50, 'a') + " HTTP/1.0\r\n\r\n"), 414);
  EXPECT_EQ(status("GET /" + std::string(500, 'a')), 414);
  EXPECT_EQ(status(start + "Content-Length: 10\r\n\r\n0123456789"), 0);
  EXPECT_EQ(status(start + "Content-Length: 11\r\n\r\n"), 413) << "before a byte of the body has come";
  EXPECT_EQ(status(start + "Content-Length: 99999999999999999999999\r\n\r\n"), 413);
  EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"), 0);
  EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n"), 413);
  EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n"), 413);
  EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\n" + std::string(300, '0')), 400);
  EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(300, 'a')), 414);
  EXPECT_EQ(read(start + "Content-Length: 11\r\n\r\n", limits).reason, "{\"errors\":[\"http: request body too large\"]}\n");
}

TEST(Http1, SaysContinueOnlyToThoseWhoWait) {
  const std::string head = with_host("Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n");
  RequestParser parser;
  std::string_view bytes = head;
  EXPECT_EQ(parser.feed(bytes), RequestParser::State::body);
  EXPECT_TRUE(parser.wants_continue());
  EXPECT_FALSE(parser.wants_continue());
  bytes = "hello";
  EXPECT_EQ(parser.feed(bytes), RequestParser::State::complete);
  parser.take();
  const std::string at_once = head + "h";
  bytes = at_once;
  EXPECT_EQ(parser.feed(bytes), RequestParser::State::body);
  EXPECT_FALSE(parser.wants_continue());
}

std::string print(const Response& response, const Framing& framing) {
  Buffer out;
  print(out, response, framing);
  return std::string(out.view());
}

TEST(Http1, PrintsAnswers) {
  auto response = Response::text(200, "application/json", "{}\n");
  response.headers.push_back({"X-Odd", "a\r\nSet-Cookie: b"});
  EXPECT_EQ(print(response, {.date = "now"}),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Odd: a  Set-Cookie: b\r\nDate: now\r\nContent-Length: 3\r\n\r\n{}\n");
  response.headers.clear();
  EXPECT_EQ(print(response, {.head_only = true}), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(print(response, {.version_1_0 = true}), "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n{}\n");
  response.status = 503;
  EXPECT_EQ(print(response, {.keep_alive = false}), "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}\n");
  response.status = 204;
  EXPECT_EQ(print(response, {}), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

// Beast reads less strictly than we do: whatever we take, it takes, and understands the same.
TEST(Http1, AgreesWithBeastOnWhatItTakes) {
  namespace beast = boost::beast::http;
  std::uint32_t random = 1;
  const auto next = [&](std::size_t below) { return (random = random * 1664525 + 1013904223, (random >> 8) % below); };
  const std::vector<std::string> seeds = {
      "GET /v1/a?b=c HTTP/1.1\r\nHost: x\r\nX-Vault-Token: hvs.abc\r\nAccept: */*\r\n\r\n",
      "POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{\"a\":\"b\"}   ",
      "PUT /v1/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4;a=b\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n",
      "LIST /v1/a HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"};
  const std::string_view pieces[] = {"\r\n", "\n", "\r", " ", "\t", ":", ",", "0", "5", "\0", "HTTP/1.1", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "\r\n\r\n", "\x80", "GET "};
  int taken = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string text = seeds[next(seeds.size())];
    for (std::size_t changes = next(4); changes > 0; --changes) {
      const auto at = next(text.size());
      if (next(2)) text.insert(at, pieces[next(std::size(pieces))]);
      else text[at] = static_cast<char>(next(256));
    }
    RequestParser ours;
    std::string_view left = text;
    if (ours.feed(left) != RequestParser::State::complete) continue;
    const Request request = ours.take();
    ++taken;
    beast::request_parser<beast::string_body> theirs;
    theirs.eager(true);
    boost::beast::error_code problem;
    std::string fed = text.substr(0, text.size() - left.size());
    if (fed.starts_with("\r\n")) fed.erase(0, 2);  // ours passes over an empty line
    std::size_t at = 0;
    while (!problem && !theirs.is_done() && at < fed.size()) {
      const auto put = theirs.put(boost::asio::buffer(fed.data() + at, fed.size() - at), problem);
      if (put == 0) break;
      at += put;
    }
    if (problem == beast::error::bad_chunk_extension) continue;  // we drop extensions by their characters, unparsed
    ASSERT_FALSE(problem) << problem.message() << "\n" << fed;
    ASSERT_TRUE(theirs.is_done()) << fed;
    const auto& message = theirs.get();
    EXPECT_EQ(std::string_view(message.method_string().data(), message.method_string().size()), request.method);
    EXPECT_EQ(message.body(), request.body.view()) << fed;
    EXPECT_EQ(message.keep_alive(), ours.framing().keep_alive) << fed;
    std::size_t fields = 0;
    for (const auto& field : message) {
      EXPECT_EQ(std::string_view(field.value().data(), field.value().size()), request.headers.at(fields).value) << fed;
      ++fields;
    }
  }
  EXPECT_GT(taken, 5'000);
}

// What is handed on as it comes has no limit of size, however it is framed and cut; its head is a request before the first byte.
TEST(Http1, HandsABodyOnAsItComes) {
  Http1Limits limits{.body_bytes = 10, .streams_body = [](const Request& head) { return head.target == "/stream"; }};
  const std::string body(1000, 'b'), head = "POST /stream HTTP/1.1\r\nHost: x\r\n", next = "GET /next HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string chunks;
  for (int i = 0; i < 10; ++i) chunks += "64\r\n" + body.substr(0, 100) + "\r\n";
  for (const std::string& sent : {head + "Content-Length: 1000\r\n\r\n" + body, head + "Transfer-Encoding: chunked\r\n\r\n" + chunks + "0\r\nTrailer: x\r\n\r\n"})
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, sent.size() + next.size()}) {
      RequestParser parser(limits);
      std::string got, all = sent + next;
      bool begun = false, ended = false;
      for (std::string_view rest = all; !rest.empty();) {
        auto part = rest.substr(0, piece);
        rest.remove_prefix(part.size());
        while (!part.empty()) {
          const auto state = parser.feed(part);
          ASSERT_NE(state, RequestParser::State::failed);
          if (!ended && parser.streams_body() && state != RequestParser::State::head) {
            if (!std::exchange(begun, true)) {
              auto request = parser.take_head();
              EXPECT_EQ(request.target, "/stream");
              got += request.body.view();
            }
            got += parser.take_body().view();
            if (state == RequestParser::State::complete) static_cast<void>(parser.take()), ended = true;
          } else if (state == RequestParser::State::complete) {
            EXPECT_FALSE(parser.streams_body());
            EXPECT_EQ(parser.take().target, "/next");
          }
        }
      }
      EXPECT_TRUE(ended);
      EXPECT_EQ(got, body);
      EXPECT_TRUE(parser.idle());
    }
  EXPECT_EQ(read("POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n" + body.substr(0, 11), limits).refused, 413);
  EXPECT_EQ(read(head + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", limits).refused, 413);
  EXPECT_EQ(read(head + "Content-Length: 99999999999999999999999\r\n\r\n", limits).refused, 413);
  EXPECT_EQ(read(head + "Content-Length: 0\r\n\r\n" + next, limits).requests.size(), 2u);
}

// A large body may be read past feed(): the same request comes out, however much comes at a time, and never is there room for more than
// was promised. What is left of little is fed.
TEST(Http1, TakesALargeBodyWhereItBelongs) {
  std::string body;
  for (std::size_t i = 0; i < 300'000; ++i) body += static_cast<char>('a' + i % 23);
  const std::string next = "GET /v1/next HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string bytes = with_host("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n") + body + next;
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{16'384}, std::size_t{100'000}, body.size()}) {
    RequestParser parser;
    EXPECT_TRUE(parser.body_room(200'000).empty()) << "before the head";
    std::string_view left = bytes;
    std::size_t straight = 0, largest = 0;
    while (parser.state() != RequestParser::State::complete) {
      ASSERT_FALSE(left.empty());
      EXPECT_LE(parser.body_room(20'000).size(), 20'000u);
      const auto room = parser.body_room(200'000);
      largest = std::max(largest, room.size());
      auto part = left.substr(0, room.empty() ? 1000 : std::min(piece, room.size()));
      left.remove_prefix(part.size());
      if (room.empty()) {
        ASSERT_NE(parser.feed(part), RequestParser::State::failed);
        left = std::string_view(part.data(), part.size() + left.size());
      } else {
        ASSERT_LE(room.size(), body.size() - parser.body_bytes());
        std::ranges::copy(part, room.begin());
        parser.body_filled(part.size());
        straight += part.size();
      }
    }
    EXPECT_GT(straight, body.size() - 32 * 1024);
    EXPECT_LT(largest, body.size()) << "room for a promise that nothing has come of";
    EXPECT_EQ(parser.take().body.view(), body);
    EXPECT_EQ(left, next);
  }
  RequestParser small;
  std::string_view head = "POST /v1/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n";
  small.feed(head);
  EXPECT_TRUE(small.body_room(200'000).empty());
}

TEST(Http1, PrintsAnAnswerThatIsStillBeingMade) {
  struct Nothing final : Download { void pull(std::move_only_function<void(Result<Buffer>)>) override {} };
  Response response = Response::text(200, "application/gzip", "");
  response.download = std::make_shared<Nothing>();
  Buffer out;
  print(out, response, {});
  print_piece(out, std::string(17, 'a'), {});
  print_piece(out, "", {});
  EXPECT_EQ(out.view(), "HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nTransfer-Encoding: chunked\r\n\r\n11\r\naaaaaaaaaaaaaaaaa\r\n0\r\n\r\n");
  Buffer old;
  const Framing old_framing{.version_1_0 = true};
  print(old, response, old_framing);
  print_piece(old, "a", old_framing);
  print_piece(old, "", old_framing);
  EXPECT_EQ(old.view(), "HTTP/1.0 200 OK\r\nContent-Type: application/gzip\r\nConnection: close\r\n\r\na");
}

}  // namespace
}  // namespace sr::http
