// HTTP/2 without I/O, on nghttp2: bytes in, requests out; answers in, bytes out. What a client can make it do is bounded: streams,
// heads, bodies and answers that wait, by the same limits as HTTP/1.1; every stream's time; and frames that ask for work and bring
// no request, by a bucket that fills slowly.
//
// A session belongs to one connection and its thread. Times are milliseconds on the connection's clock.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include "base/limits.h"
#include "http/http1.h"
#include "http/message.h"
#include "http/upload.h"

namespace sr::http {

struct Http2Limits {
  using Time = std::int64_t;
  Http1Limits message{};
  std::uint32_t streams = limits::http2_streams;
  std::size_t served = limits::http2_served;          // at a time; the others stand in line
  std::size_t out_bytes = limits::http2_out_bytes;    // of answers that wait; over it the next request stands in line
  Time head_time{}, body_time{}, service_time{};      // from a stream's begin; from the end of its head; until it is answered
  Time upload_time{};                                 // of a request whose body is handed on: while its handler works
  Time write_time{};                                  // of one answer, beside the time that its size takes at this rate
  std::size_t write_bytes_per_second = 16 * 1024;
};

// What a client that speaks HTTP/2 sends first.
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class Http2Session {
 public:
  using Time = std::int64_t;
  using StreamId = std::int32_t;
  static constexpr Time never = INT64_MAX;
  struct Arrived {
    StreamId stream;
    Request request;
  };

  explicit Http2Session(const Http2Limits& limits);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  // Takes all bytes. False when the client broke the protocol: write what wants to be written, and close.
  bool feed(std::string_view bytes, Time now);
  // The next whole request, in the order of arrival; each has to be answered. None while too much is under way.
  std::optional<Arrived> next_request(Time now);
  // One of those whose body comes in as an upload has no room for more: to feed on would be to keep it.
  bool has_full_upload() const;
  // Falls on the floor when the client has given the stream up, or it was answered before.
  void answer(StreamId stream, Response response, std::string_view date, Time now);
  // The next stream whose answer is still being made and that can take more of it: what is pulled from there goes to give_piece().
  struct Hungry { StreamId stream; std::shared_ptr<Download> download; };
  std::optional<Hungry> next_hungry();
  void give_piece(StreamId stream, Result<Buffer> piece, Time now);  // an empty one is the end, an error breaks the stream off
  // Appends what is to be written, up to about `enough` bytes.
  void produce(Buffer& out, std::size_t enough);

  // No new streams; ends when those under way have been answered.
  void shut_down();
  bool done() const;               // nothing more to read or to write
  bool idle() const;               // no stream, and no request that is served
  std::size_t body_bytes() const;  // of all requests that come in or are served
  void refuse_bodies(const Response& refusal, Time now);  // answers every request whose body is still coming in

  Time earliest_deadline() const;  // no stream's time is over before; `never` when there is none
  void expire(Time now);           // ends the streams whose time is over

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sr::http
