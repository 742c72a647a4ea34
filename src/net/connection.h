// One client's connection: reads, has each request served, writes its answer, then goes on to the next. What a client can
// make it do is bounded: it reads no more while an answer is owed or not taken, and every wait has its deadline.
#pragma once
#include <condition_variable>
#include "http/http2.h"
#include "http/upload.h"
#include "net/event_loop.h"
#include "net/server.h"
#include "net/stream.h"

namespace sr::net {

// All connections of one server, on all loops.
struct Crowd {
  Crowd(std::size_t connections, std::size_t bodies_bytes) : max(connections), bodies_max(bodies_bytes) {}
  const std::size_t max;
  const std::size_t bodies_max;
  std::atomic<std::size_t> bodies = 0;  // bytes of all bodies, from the first one read to the answer
  std::atomic<bool> stopping = false;
  std::mutex mutex;  // guards `open`
  std::condition_variable left;
  std::size_t open = 0;

  bool enter();  // false when it is full
  void leave();
};

// What the connections of one listener share; outlives them.
struct Terms {
  http::Service& service;
  Log& log;
  Crowd& crowd;
  const ListenerOptions options;
  std::unique_ptr<TlsContext> tls;  // or null
};

class Connection final : public Watched {
 public:
  // Begins one on `loop`, which is the thread's own. It has entered the crowd.
  static void begin(EventLoop& loop, const Terms& terms, Socket socket, http::Peer peer);
  Connection(EventLoop& loop, const Terms& terms, Socket socket, TlsSession session, http::Peer peer);
  ~Connection() override;

  const Crowd& crowd() const { return terms_.crowd; }
  // Ends it when nothing is under way, or else behind the answer; `now`: ends it.
  enum class Stop { gently, now };
  void stop(Stop how);

  void on_ready(std::uint32_t events) override;
  void on_turn() override;
  void on_deadline() override;

 private:
  enum class Phase : std::uint8_t { proxy, handshake, open, lingering, gone };
  enum class Wait : std::uint8_t { none, handshake, head, body, idle, write, linger, service, upload, live };

  void advance();
  void work();
  bool sniff(std::string_view bytes);
  bool read_proxy_header();
  bool shake_hands();
  bool read();
  void consume(std::string_view& bytes);
  void consume_ahead();
  void take_whole();
  bool charge(std::size_t body_bytes);
  void serve(http::Request request);
  void answer(http::Response response);
  std::function<void()> wake_up();
  void take_streamed();
  bool takes_body() const { return upload_ && upload_->has_room(); }
  void pull();
  void print_piece(const Result<Buffer>& piece);
  void refuse(const http::Response& refusal);
  Buffer& out() { return large_.empty() ? out_ : large_; }  // what is written next goes there
  std::size_t unwritten() const { return out_.size() + large_.size() - written_; }
  bool flush();
  void say_goodbye();
  void linger();
  void end();
  void wait(Wait what);
  void wait_for_request();
  bool serving() const { return ticket_ != 0 && !http2_; }

  // connection_http2.cpp
  void begin_http2();
  bool work_http2();
  void serve_http2();
  void wait_http2();
  void answer_http2(http::Http2Session::StreamId stream, http::Response response);
  void pull_http2();

  EventLoop& loop_;
  const Terms& terms_;
  EventLoop::Slot slot_ = 0;
  Phase phase_ = Phase::handshake;
  Wait wait_ = Wait::none;
  bool advancing_ = false;
  bool gathering_ = false;        // other connections may have requests to read before this one's is served, or its answer written
  bool held_ = false;             // until its turn, the request that the parser has whole
  bool fresh_ = true;             // no request has come yet
  bool sniffing_ = true;          // the first bytes tell whether it speaks HTTP/2
  bool last_ = false;             // what is in out_ ends the connection
  http::Framing framing_;         // of the request that is served
  Ticket ticket_ = 0;             // of its reply; of HTTP/2, of all replies
  std::shared_ptr<http::Upload> upload_;      // of the request that is served, while its body comes in
  std::shared_ptr<http::Download> download_;  // of its answer, while that is made
  bool streamed_ = false;         // the request that is served came, or comes, as an upload: it may take long
  bool pulling_ = false;          // a piece of it is on its way
  std::size_t answers_ = 0;       // in out_
  std::size_t charged_ = 0;       // to the crowd, for the body of the request under way
  std::size_t discarded_ = 0;     // while lingering
  std::size_t written_ = 0;       // of out_
  std::size_t ahead_taken_ = 0;   // of ahead_
  Buffer out_;
  Buffer large_;                  // behind out_: a large answer, as it was made
  Buffer ahead_;                  // read, but behind a request that is served
  http::Peer peer_;
  http::RequestParser parser_;
  std::unique_ptr<http::Http2Session> http2_;  // null while it speaks HTTP/1.1
  Stream stream_;
};

}  // namespace sr::net
