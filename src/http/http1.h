// HTTP/1.1 without I/O: bytes in, requests out; responses in, bytes out.
//
// The parser takes RFC 9112 by its letter and refuses what two readers could understand differently: a bare LF, a folded
// line, a space before the colon, two lengths, a length beside a transfer coding. Every limit holds before the bytes that
// it bounds are kept. How the bytes were cut into pieces changes nothing: same requests, same refusals.
//
// A parser belongs to one connection and its thread.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include "base/limits.h"
#include "http/message.h"

namespace sr::http {

struct Http1Limits {
  std::size_t head_bytes = limits::header_bytes;
  std::size_t header_count = limits::header_count;
  std::size_t target_bytes = limits::path_bytes;
  std::size_t body_bytes = limits::body_bytes;
  // Whether the body of the request with this head is handed on as it comes in, however large it is.
  bool (*streams_body)(const Request& head) = nullptr;
};

// How the answer to a request has to be framed.
struct Framing {
  bool version_1_0 = false;
  bool head_only = false;        // the answer to a HEAD: the length of a body that is not sent
  bool keep_alive = true;
  std::string_view date{};       // "Sun, 06 Nov 1994 08:49:37 GMT"; none is sent when empty
};

// The answer to a message that cannot be understood or is too large; ends the connection.
Response refusal(int status, std::string_view reason);

class RequestParser {
 public:
  enum class State : std::uint8_t { head, body, complete, failed };

  explicit RequestParser(const Http1Limits& limits = {}) : limits_(limits) {}

  // Takes what belongs to the request under way off the front of `bytes`. Returns `complete` with the rest left in `bytes`:
  // take() the request before feeding on. Returns `failed` when there is no going on: send refusal() and close.
  State feed(std::string_view& bytes);

  // The complete request; the parser stands before the next one. framing() speaks of the request taken last.
  Request take();
  Framing framing() const { return framing_; }
  Response refusal() const { return http::refusal(refusal_status_, refusal_reason_); }

  State state() const { return state_; }
  std::size_t body_bytes() const { return request_.body.size(); }  // that have come so far
  bool idle() const { return state_ == State::head && head_.empty(); }  // between two requests
  // A body that is handed on as it comes in: take_head() is the request, and take_body() what has come of the body since. At its end the
  // state is `complete` as ever; what take() then returns is nothing more.
  bool streams_body() const { return streams_body_; }
  Request take_head() { return std::exchange(request_, Request()); }
  Buffer take_body() { return std::exchange(request_.body, Buffer()); }
  // The request whose body is coming in, when that may become large. Once.
  const Request* large_head() { return std::exchange(large_, false) ? &request_ : nullptr; }
  // Where the next bytes of a large body of known length may be read to, past feed(); empty when there is none under way. body_filled() says how
  // many came, as feed() would.
  std::span<char> body_room(std::size_t at_most);
  State body_filled(std::size_t bytes);
  // The client holds its body back until it reads "100 Continue". True once.
  bool wants_continue() { return std::exchange(wants_continue_, false); }

 private:
  enum class Chunk : std::uint8_t { none, size, extension, size_end, data, data_cr, data_lf, trailer };
  struct Head;

  bool feed_head(std::string_view& bytes);
  bool feed_body(std::string_view& bytes);
  bool feed_chunks(std::string_view& bytes);
  bool feed_trailer(std::string_view& bytes);
  bool parse_head(std::string_view head);
  bool begin_body(const Head& head);
  bool append_body(std::string_view& bytes);
  void make_room(std::size_t part);
  bool find_end(std::string_view head);
  bool refuse(int status, std::string_view reason);
  void forget_head();

  Http1Limits limits_;
  State state_ = State::head;
  Chunk chunk_ = Chunk::none;
  bool wants_continue_ = false;
  bool streams_body_ = false;
  bool large_ = false;            // a large body is promised, or one of unknown length
  bool blank_seen_ = false;       // the one empty line that may stand before a request
  Framing framing_;
  Request request_;

  Buffer head_;                   // an incomplete head (or trailer); empty when it came in one piece
  std::size_t searched_ = 0;      // of the head: no end in front of this
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;
  std::size_t head_end_ = 0;      // set by find_end()

  std::uint64_t body_left_ = 0;   // of the body, or of the chunk
  std::uint32_t chunk_line_ = 0;  // bytes of the chunk's size line so far

  int refusal_status_ = 0;
  std::string_view refusal_reason_;
};

inline constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

// Appends the whole answer, head and body, so that it goes out in one write. A control character in a header becomes a
// space, as in Go: no value can start a header of its own.
// Of an answer whose body is still being made it is the head; the pieces follow, then an empty one. A client of HTTP/1.0 reads until
// the connection ends, and cannot tell whether it has read all.
void print(Buffer& out, const Response& response, const Framing& framing);
// Without the body, for which `room_behind` is reserved if it has one.
void print_head(Buffer& out, const Response& response, const Framing& framing, std::size_t room_behind = 0);
bool has_body(const Response& response, const Framing& framing);  // a HEAD and some statuses have none
void print_piece(Buffer& out, std::string_view piece, const Framing& framing);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::int64_t seconds_since_1970);

}  // namespace sr::http
