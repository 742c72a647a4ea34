// The session against the client side of nghttp2, and against frames written by hand where a client would not send them.
#include "http/http2.h"
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>
#include <map>

namespace sr::http {
namespace {

using StreamId = Http2Session::StreamId;
using Fields = std::vector<std::pair<std::string, std::string>>;

Http2Limits test_limits() {
  Http2Limits limits;
  limits.streams = 8;
  limits.served = 4;
  limits.head_time = limits.body_time = limits.service_time = limits.write_time = 1000;
  limits.message.body_bytes = 100'000;
  limits.message.head_bytes = 4096;
  return limits;
}

// A client and a session, joined by hand.
class Pair {
 public:
  struct Answer {
    std::string status, body;
    std::map<std::string, std::string> fields;
    bool ended = false;
    std::uint32_t reset = 0;
  };
  explicit Pair(Http2Limits limits = test_limits(), std::int32_t client_window = 0) : session(limits) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
          auto& answer = static_cast<Pair*>(user)->answers[frame->hd.stream_id];
          const std::string key(reinterpret_cast<const char*>(name), name_size), text(reinterpret_cast<const char*>(value), value_size);
          if (key == ":status") answer.status += answer.status.empty() ? text : "," + text;
          else answer.fields[key] = text;
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size, void* user) {
      static_cast<Pair*>(user)->answers[id].body.append(reinterpret_cast<const char*>(bytes), size);
      return 0;
    });
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
      auto& self = *static_cast<Pair*>(user);
      if (frame->hd.type == NGHTTP2_GOAWAY) self.goaway = frame->goaway.error_code;
      if (frame->hd.type == NGHTTP2_RST_STREAM) self.answers[frame->hd.stream_id].reset = frame->rst_stream.error_code + 1;
      if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) self.answers[frame->hd.stream_id].ended = true;
      return 0;
    });
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, client_window > 0);
    nghttp2_session_client_new2(&client, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(client_window)};
    nghttp2_submit_settings(client, 0, &window, client_window > 0 ? 1 : 0);
    pump();
  }
  ~Pair() { nghttp2_session_del(client); }

  StreamId ask(Fields fields, std::string body = {}, bool end = true) {
    std::vector<nghttp2_nv> values;
    for (auto& [name, value] : fields)
      values.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(), 0});
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* into, std::size_t room, std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
      auto& [rest, ends] = static_cast<Pair*>(source->ptr)->bodies[id];
      const auto part = std::min(room, rest.size());
      if (part == 0 && !ends) return NGHTTP2_ERR_DEFERRED;
      std::memcpy(into, rest.data(), part);
      rest.erase(0, part);
      if (rest.empty() && ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(part);
    };
    const auto id = nghttp2_submit_request(client, nullptr, values.data(), values.size(), body.empty() && end ? nullptr : &provider, nullptr);
    bodies[id] = {std::move(body), end};
    return id;
  }
  StreamId get(std::string path) { return ask({{":method", "GET"}, {":path", std::move(path)}, {":scheme", "https"}, {":authority", "here"}}); }
  StreamId post(std::string path, std::string body, bool end = true, Fields more = {}) {
    Fields fields{{":method", "POST"}, {":path", std::move(path)}, {":scheme", "https"}, {":authority", "here"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return ask(std::move(fields), std::move(body), end);
  }
  // Bytes to and fro until both are silent.
  bool pump() {
    bool sound = true;
    for (int round = 0; round < 1000; ++round) {
      const std::uint8_t* bytes = nullptr;
      std::string there;
      for (ssize_t size; (size = nghttp2_session_mem_send(client, &bytes)) > 0;) there.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
      if (!there.empty()) sound = session.feed(there, now) && sound;
      Buffer back;
      session.produce(back, 1 << 20);
      if (!back.empty()) nghttp2_session_mem_recv(client, reinterpret_cast<const std::uint8_t*>(back.data()), back.size());
      if (there.empty() && back.empty()) break;
    }
    return sound;
  }
  std::vector<Http2Session::Arrived> arrivals() {
    std::vector<Http2Session::Arrived> all;
    while (auto one = session.next_request(now)) all.push_back(std::move(*one));
    return all;
  }
  void answer(StreamId id, std::string_view body = "ok", int status = 200) { session.answer(id, Response::text(status, "text/plain", body), "a date", now); }

  Http2Session session;
  nghttp2_session* client = nullptr;
  std::map<StreamId, Answer> answers;
  std::map<StreamId, std::pair<std::string, bool>> bodies;
  std::optional<std::uint32_t> goaway;
  Http2Session::Time now = 1'000'000;
};

// A frame by hand.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string out;
  for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(stream >> shift);
  return out.append(payload);
}
const std::string hello = std::string(http2_preface) + frame(4, 0, 0, "");
// By the static table: :method GET or POST, :scheme http, :path /; then :authority a.
const std::string smallest_get = "\x82\x86\x84\x01\x01" "a", smallest_post = "\x83\x86\x84\x01\x01" "a";

TEST(Http2, CarriesARequestAndItsAnswer) {
  Pair pair;
  const auto id = pair.post("/v1/a?b=1", "hello", true, {{"x-vault-token", "t"}, {"x-vault-token", "u"}});
  pair.pump();
  auto arrived = pair.arrivals();
  ASSERT_EQ(arrived.size(), 1u);
  const Request& request = arrived[0].request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/a?b=1");
  EXPECT_EQ(request.body.view(), "hello");
  EXPECT_EQ(*request.header("X-Vault-Token"), "t");
  EXPECT_EQ(*request.header("Host"), "here");
  EXPECT_EQ(pair.session.body_bytes(), 5u);
  Response response = Response::text(404, "application/json", "{}");
  response.headers.push_back({"X-Odd", "a\r\nb"});
  pair.session.answer(id, std::move(response), "a date", pair.now);
  pair.pump();
  EXPECT_EQ(pair.answers[id].status, "404");
  EXPECT_EQ(pair.answers[id].body, "{}");
  EXPECT_TRUE(pair.answers[id].ended);
  EXPECT_EQ(pair.answers[id].fields["content-length"], "2");
  EXPECT_EQ(pair.answers[id].fields["date"], "a date");
  EXPECT_EQ(pair.answers[id].fields["x-odd"], "a  b");
  EXPECT_EQ(pair.session.body_bytes(), 0u);
  EXPECT_TRUE(pair.session.idle());
}

TEST(Http2, AnswersInAnyOrderAndWithoutABodyWhereNoneBelongs) {
  Pair pair;
  const auto first = pair.get("/1"), second = pair.get("/2");
  const auto head = pair.ask({{":method", "HEAD"}, {":path", "/"}, {":scheme", "https"}, {":authority", "here"}});
  pair.pump();
  ASSERT_EQ(pair.arrivals().size(), 3u);
  pair.answer(head, "four");
  pair.answer(second, "", 204);
  pair.pump();
  EXPECT_EQ(pair.answers[head].fields["content-length"], "4");
  EXPECT_EQ(pair.answers[head].body, "");
  EXPECT_FALSE(pair.answers[second].fields.contains("content-length"));
  EXPECT_FALSE(pair.answers[first].ended);
  pair.answer(first);
  pair.answer(first, "twice");
  pair.pump();
  EXPECT_EQ(pair.answers[first].body, "ok");
}

TEST(Http2, LimitsWhatOneMessageIs) {
  Pair pair;
  const auto long_path = pair.get("/" + std::string(limits::path_bytes > 4000 ? 3000 : 100, 'a'));
  const auto large_head = pair.post("/", "", true, {{"a", std::string(4096, 'a')}});
  const auto promised = pair.post("/", "", false, {{"content-length", "100001"}});
  const auto grown = pair.post("/", std::string(100'001, 'x'));
  const auto odd = pair.get("/a b");
  const auto star = pair.get("nowhere");
  pair.pump();
  EXPECT_EQ(pair.answers[large_head].status, "431");
  EXPECT_EQ(pair.answers[promised].status, "413");
  EXPECT_EQ(pair.answers[promised].reset, 0u) << "curl would show the reset and not the answer";
  EXPECT_EQ(pair.answers[grown].status, "413");
  EXPECT_NE(pair.answers[odd].status, "200");
  EXPECT_NE(pair.answers[star].status, "200");
  EXPECT_FALSE(pair.goaway) << "the other streams go on";
  const auto arrived = pair.arrivals();
  ASSERT_EQ(arrived.size(), 1u);
  EXPECT_EQ(arrived[0].stream, long_path);
  EXPECT_EQ(pair.session.body_bytes(), 0u);
}

TEST(Http2, WhoIsAnsweredBeforeHeHasSentAllIsGivenTimeToSeeIt) {
  Pair pair;
  const auto silent = pair.post("/", "", false, {{"content-length", "100001"}});
  const auto stubborn = pair.post("/", "", false, {{"content-length", "100001"}});
  const auto ends = pair.post("/", "", false, {{"a", std::string(4096, 'a')}});
  pair.pump();
  const auto send = [&](StreamId id, std::size_t size, bool end) {
    pair.bodies[id] = {std::string(size, 'x'), end};
    nghttp2_session_resume_data(pair.client, id);
    pair.pump();
  };
  send(ends, 10, true);
  send(stubborn, 100'000, false);
  EXPECT_EQ(pair.answers[stubborn].reset, 0u);
  send(stubborn, 1, false);
  EXPECT_EQ(pair.answers[stubborn].reset, NGHTTP2_NO_ERROR + 1) << "it sends without end";
  EXPECT_EQ(pair.session.body_bytes(), 0u);
  EXPECT_FALSE(pair.session.idle());
  pair.now += 2000;
  pair.session.expire(pair.now);
  pair.pump();
  EXPECT_EQ(pair.answers[silent].reset, NGHTTP2_NO_ERROR + 1) << "it need not send on";
  EXPECT_EQ(pair.answers[ends].reset, 0u);
  EXPECT_TRUE(pair.session.idle());
}

TEST(Http2, ManyFieldsAreTooMany) {
  Pair pair;
  Fields many;
  for (std::size_t i = 0; i < limits::header_count + 1; ++i) many.emplace_back("a", "1");
  const auto id = pair.post("/", "", true, many);
  pair.pump();
  EXPECT_EQ(pair.answers[id].status, "431");
}

TEST(Http2, TellsToGoOnWhenItIsAsked) {
  Pair pair;
  const auto id = pair.post("/", "", false, {{"expect", "100-continue"}});
  pair.pump();
  EXPECT_EQ(pair.answers[id].status, "100");
  pair.bodies[id] = {"late", true};
  nghttp2_session_resume_data(pair.client, id);
  pair.pump();
  ASSERT_EQ(pair.arrivals().size(), 1u);
  pair.answer(id);
  pair.pump();
  EXPECT_EQ(pair.answers[id].status, "100,200");
}

TEST(Http2, HandsOutNoMoreThanItMay) {
  Pair pair;
  std::vector<StreamId> ids;
  for (int i = 0; i < 8; ++i) ids.push_back(pair.get("/" + std::to_string(i)));
  pair.pump();
  EXPECT_EQ(pair.arrivals().size(), 4u);
  pair.answer(ids[0]);
  EXPECT_EQ(pair.arrivals().size(), 1u);
}

TEST(Http2, AClientThatTakesNoAnswersGetsNoMoreServed) {
  auto limits = test_limits();
  limits.out_bytes = 1000;
  Pair pair(limits, 10);
  const auto first = pair.get("/1");
  pair.pump();
  ASSERT_EQ(pair.arrivals().size(), 1u);
  pair.answer(first, std::string(5000, 'x'));
  const auto second = pair.get("/2");
  pair.pump();
  EXPECT_EQ(pair.arrivals().size(), 0u);
  pair.now += 1000 + 5000 * 1000 / 16384 + 1;
  EXPECT_GE(pair.now, pair.session.earliest_deadline());
  pair.session.expire(pair.now);
  pair.pump();
  EXPECT_EQ(pair.answers[first].reset, NGHTTP2_CANCEL + 1);
  EXPECT_EQ(pair.answers[second].status, "504") << "its time was over as well";
}

TEST(Http2, EndsStreamsWhoseTimeIsOver) {
  Pair pair;
  const auto slow = pair.post("/", "a", false);
  const auto served = pair.get("/");
  pair.pump();
  ASSERT_EQ(pair.arrivals().size(), 1u);
  pair.session.expire(pair.now + 999);
  pair.pump();
  EXPECT_EQ(pair.answers[slow].status, "");
  pair.now += 1000;
  pair.session.expire(pair.now);
  pair.pump();
  EXPECT_EQ(pair.answers[slow].status, "408");
  EXPECT_EQ(pair.answers[served].status, "504");
  EXPECT_FALSE(pair.session.idle()) << "the core still works on one";
  pair.answer(served, "late");
  pair.pump();
  EXPECT_EQ(pair.answers[served].status, "504");
  pair.now += 2000;
  pair.session.expire(pair.now);
  pair.pump();
  EXPECT_TRUE(pair.session.idle());
  EXPECT_EQ(pair.session.earliest_deadline() <= pair.now, false);
}

TEST(Http2, AResetStreamIsForgottenAndCountsUntilItIsServed) {
  Pair pair;
  std::vector<StreamId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(pair.post("/", "12345"));
  pair.pump();
  ASSERT_EQ(pair.arrivals().size(), 4u);
  for (const auto id : ids) nghttp2_submit_rst_stream(pair.client, 0, id, NGHTTP2_CANCEL);
  const auto next = pair.get("/next");
  pair.pump();
  EXPECT_EQ(pair.arrivals().size(), 0u) << "four are still in the core's hands";
  EXPECT_EQ(pair.session.body_bytes(), 20u);
  for (const auto id : ids) pair.answer(id);
  EXPECT_EQ(pair.session.body_bytes(), 0u);
  const auto arrived = pair.arrivals();
  ASSERT_EQ(arrived.size(), 1u);
  EXPECT_EQ(arrived[0].stream, next);
}

TEST(Http2, RapidResetEndsTheConnection) {
  Http2Session session(test_limits());
  ASSERT_TRUE(session.feed(hello, 1));
  std::size_t served = 0;
  Buffer out;
  ASSERT_TRUE(session.feed(frame(1, 5, 1, smallest_get), 1));
  ASSERT_TRUE(session.next_request(1)) << "without the reset it is a request";
  session.answer(1, Response(), {}, 1);
  for (std::uint32_t i = 1; i < 2000 && !session.done(); ++i) {
    session.feed(frame(1, 5, 2 * i + 1, smallest_get) + frame(3, 0, 2 * i + 1, std::string("\0\0\0\x08", 4)), 1);
    while (session.next_request(1)) ++served;
    session.produce(out, 1 << 20);
  }
  EXPECT_TRUE(session.done());
  EXPECT_EQ(served, 0u) << "what was given up before it was looked at is not served";
}

TEST(Http2, FloodsEndTheConnection) {
  const std::pair<const char*, std::string> floods[] = {
      {"ping", frame(6, 0, 0, "12345678")},
      {"settings", frame(4, 0, 0, "")},
      {"priority", frame(2, 0, 1, std::string("\0\0\0\x03\x10", 5))},
      {"window update", frame(8, 0, 0, std::string("\0\0\0\x01", 4))},
  };
  for (const auto& [name, bytes] : floods) {
    Http2Session session(test_limits());
    ASSERT_TRUE(session.feed(hello, 1));
    bool sound = true;
    Buffer out;
    int count = 0;
    for (; count < 20'000 && sound && !session.done(); ++count) {
      sound = session.feed(bytes, 1);
      session.produce(out, 1 << 20);
    }
    EXPECT_LT(count, 10'000) << name;
  }
}

TEST(Http2, EmptyDataIsAFloodToo) {
  Http2Session session(test_limits());
  ASSERT_TRUE(session.feed(hello + frame(1, 4, 1, smallest_post), 1));
  int count = 0;
  Buffer out;
  for (; count < 20'000 && !session.done(); ++count) {
    if (!session.feed(frame(0, 0, 1, ""), 1)) break;
    session.produce(out, 1 << 20);
  }
  EXPECT_LT(count, 10'000);
}

TEST(Http2, AHeadWithoutEndIsCutOff) {
  Http2Session session(test_limits());
  ASSERT_TRUE(session.feed(hello + frame(1, 0, 1, smallest_get), 1));
  int count = 0;
  Buffer out;
  for (; count < 1000 && !session.done(); ++count) {
    if (!session.feed(frame(9, 0, 1, "\x10\x01" "a" "\x01" "b"), 1)) break;
    session.produce(out, 1 << 20);
  }
  EXPECT_LT(count, 100);
}

TEST(Http2, WhatIsNoHttp2IsRefused) {
  Http2Session session(test_limits());
  EXPECT_FALSE(session.feed("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1));
}

TEST(Http2, ItsBytesMayComeOneByOne) {
  Http2Session session(test_limits());
  const auto bytes = hello + frame(1, 4, 1, smallest_post) + frame(0, 1, 1, "body");
  for (const char c : bytes) ASSERT_TRUE(session.feed({&c, 1}, 1));
  const auto arrived = session.next_request(1);
  ASSERT_TRUE(arrived);
  EXPECT_EQ(arrived->request.method, "POST");
  EXPECT_EQ(arrived->request.body.view(), "body");
}

TEST(Http2, ShutsDownBehindTheLastAnswer) {
  Pair pair;
  const auto id = pair.get("/");
  pair.pump();
  ASSERT_EQ(pair.arrivals().size(), 1u);
  pair.session.shut_down();
  pair.pump();
  EXPECT_EQ(pair.goaway, std::uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_FALSE(pair.session.done());
  pair.answer(id);
  pair.pump();
  EXPECT_EQ(pair.answers[id].body, "ok");
  EXPECT_TRUE(pair.session.done());
}

TEST(Http2, BodiesThatAreTooMuchTogetherAreRefused) {
  Pair pair;
  const auto coming = pair.post("/", std::string(1000, 'x'), false);
  const auto whole = pair.post("/", std::string(1000, 'x'));
  pair.pump();
  EXPECT_EQ(pair.session.body_bytes(), 2000u);
  pair.session.refuse_bodies(Response::text(503, "text/plain", "full"), pair.now);
  pair.pump();
  EXPECT_EQ(pair.answers[coming].status, "503");
  EXPECT_EQ(pair.session.body_bytes(), 1000u);
  ASSERT_EQ(pair.arrivals().size(), 1u);
  pair.answer(whole);
  EXPECT_EQ(pair.session.body_bytes(), 0u);
}

// ---- bodies that go piece by piece ------------------------------------------------------------------------------------------
Http2Limits streaming_limits() {
  auto limits = test_limits();
  limits.upload_time = 100'000;
  limits.message.streams_body = [](const Request& head) { return head.target == "/stream"; };
  return limits;
}

TEST(Http2, HandsABodyOnAsItComes) {
  Pair pair(streaming_limits());
  const auto stream = pair.post("/stream", std::string(900'000, 'b'), false);  // many times what a body may have
  pair.pump();
  auto arrived = pair.arrivals();
  ASSERT_EQ(arrived.size(), 1u);
  auto upload = arrived.front().request.upload;
  ASSERT_TRUE(upload);
  std::size_t got = 0;
  for (; got < 900'000; pair.pump()) got += upload->next()->size();
  EXPECT_FALSE(pair.session.has_full_upload());
  pair.bodies[stream] = {std::string(200'000, 'c'), true};
  nghttp2_session_resume_data(pair.client, stream);
  pair.pump();
  for (auto piece = upload->next(); piece && !piece->empty(); piece = upload->next()) got += piece->size();
  EXPECT_EQ(got, 1'100'000u);
  pair.session.answer(stream, Response::text(204, "", ""), "", 0);
  pair.pump();
  EXPECT_EQ(pair.answers[stream].status, "204");
}

TEST(Http2, AnUploadThatNobodyReadsIsFull) {
  Pair pair(streaming_limits());
  pair.post("/stream", std::string(3'000'000, 'b'), false);
  pair.pump();
  EXPECT_TRUE(pair.session.has_full_upload());  // the connection reads no more
}

TEST(Http2, AnUploadThatBreaksOffSaysSo) {
  for (const bool answered : {false, true}) {
    Pair pair(streaming_limits());
    const auto stream = pair.post("/stream", "begin", false);
    pair.pump();
    auto arrived = pair.arrivals();
    ASSERT_EQ(arrived.size(), 1u);
    if (answered) pair.session.answer(stream, Response::text(403, "", ""), "", 0);
    else nghttp2_submit_rst_stream(pair.client, 0, stream, NGHTTP2_CANCEL);
    pair.pump();
    Result<Buffer> piece = Buffer();
    for (int i = 0; i < 3 && piece; ++i) piece = arrived.front().request.upload->next();
    EXPECT_FALSE(piece);
  }
}

TEST(Http2, AnswersPieceByPiece) {
  struct Nothing final : Download { void pull(std::move_only_function<void(Result<Buffer>)>) override {} };
  for (const bool breaks : {false, true}) {
    Pair pair(streaming_limits());
    const auto stream = pair.get("/file");
    pair.pump();
    ASSERT_EQ(pair.arrivals().size(), 1u);
    Response response = Response::text(200, "application/gzip", "");
    response.download = std::make_shared<Nothing>();
    pair.session.answer(stream, std::move(response), "", 0);
    pair.pump();
    for (int i = 0; i < 5; ++i) {
      const auto hungry = pair.session.next_hungry();
      ASSERT_TRUE(hungry);
      EXPECT_EQ(hungry->stream, stream);
      EXPECT_FALSE(pair.session.next_hungry());
      pair.session.give_piece(stream, Buffer(std::string(100'000, 'x')), 0);
      pair.pump();
    }
    ASSERT_TRUE(pair.session.next_hungry());
    if (breaks) pair.session.give_piece(stream, fail(Code::internal, "no"), 0);
    else pair.session.give_piece(stream, Buffer(), 0);
    pair.pump();
    EXPECT_EQ(pair.answers[stream].body.size(), 500'000u);
    EXPECT_EQ(pair.answers[stream].fields.contains("content-length"), false);
    EXPECT_EQ(pair.answers[stream].ended, !breaks);
    EXPECT_EQ(pair.answers[stream].reset, breaks ? NGHTTP2_INTERNAL_ERROR + 1u : 0u);
  }
}

}  // namespace
}  // namespace sr::http
