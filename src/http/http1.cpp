#include "http/http1.h"
#include <charconv>
#include <ctime>
#include "text/trim.h"

namespace sr::http {
namespace {

enum : std::uint8_t { token = 1, in_value = 2, in_target = 4 };
constexpr auto classes = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool visible = c > 0x20 && c != 0x7f;  // VCHAR, and obs-text from 0x80 on
    if (letter || (c != 0 && std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c)))) table[c] |= token;
    if (visible || c == ' ' || c == '\t') table[c] |= in_value;
    if (visible) table[c] |= in_target;
  }
  return table;
}();
constexpr bool is(char c, std::uint8_t what) { return classes[static_cast<unsigned char>(c)] & what; }
constexpr bool all(std::string_view text, std::uint8_t what) {
  for (char c : text)
    if (!is(c, what)) return false;
  return true;
}
constexpr std::string_view white_space = " \t";  // OWS of RFC 9110

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::size_t method_bytes = 32;
constexpr std::uint32_t chunk_line_bytes = 256;
constexpr std::uint64_t chunk_bytes = std::uint64_t{1} << 40;  // of a body that is handed on as it comes
constexpr std::size_t large_body = 256 * 1024;
constexpr std::size_t body_at_first = 64 * 1024;  // a promised length reserves no more than this

struct Field { std::string_view name, value; };

// The field of one line, which comes without its CRLF; nothing when it is not one. A folded line starts with a space and
// has no name, so it is none.
std::optional<Field> parse_field(std::string_view line) {
  std::size_t colon = 0;
  while (colon < line.size() && is(line[colon], token)) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') return std::nullopt;
  const auto value = trimmed(line.substr(colon + 1), white_space);
  if (!all(value, in_value)) return std::nullopt;
  return Field{line.substr(0, colon), value};
}

// Takes the next line, without its CRLF, off the front of a head whose line ends are known to be whole.
std::string_view take_line(std::string_view& head) {
  const auto end = head.find('\n');
  const auto line = head.substr(0, end - 1);
  head.remove_prefix(end + 1);
  return line;
}

}  // namespace

// What the head says about the rest of the message.
struct RequestParser::Head {
  std::string_view length;
  std::string_view coding;
  int lengths = 0, codings = 0, hosts = 0;
  bool expects = false, expects_else = false, close = false, keep_alive = false, malformed = false;

  void note(const Field& field) {
    switch (field.name.size()) {
      case 4:
        if (same_name(field.name, "host")) ++hosts;
        break;
      case 6:
        if (same_name(field.name, "expect")) (same_name(field.value, "100-continue") ? expects : expects_else) = true;
        break;
      case 10:
        if (same_name(field.name, "connection")) note_connection(field.value);
        break;
      case 14:
        if (same_name(field.name, "content-length")) length = field.value, ++lengths;
        break;
      case 17:
        if (same_name(field.name, "transfer-encoding")) coding = field.value, ++codings;
        break;
      default: break;
    }
  }
  void note_connection(std::string_view list) {
    while (true) {
      const auto comma = list.find(',');
      const auto option = trimmed(list.substr(0, comma), white_space);
      close = close || same_name(option, "close");
      keep_alive = keep_alive || same_name(option, "keep-alive");
      malformed = malformed || !all(option, token);
      if (comma == std::string_view::npos) return;
      list.remove_prefix(comma + 1);
    }
  }
};

RequestParser::State RequestParser::feed(std::string_view& bytes) {
  if (state_ == State::head) feed_head(bytes);
  if (state_ == State::body) feed_body(bytes);
  return state_;
}

bool RequestParser::refuse(int status, std::string_view reason) {
  state_ = State::failed;
  refusal_status_ = status;
  refusal_reason_ = reason;
  wants_continue_ = false;
  return false;
}

void RequestParser::forget_head() {
  wipe(head_.data(), head_.size());
  head_.clear();
  searched_ = line_start_ = lines_ = head_end_ = 0;
}

// Looks for the empty line behind `head`, going on where it stopped before; sets head_end_ behind it. False when there is
// none yet, or when the state is `failed`.
bool RequestParser::find_end(std::string_view head) {
  const auto bounded = head.substr(0, limits_.head_bytes);
  while (const void* found = std::memchr(bounded.data() + searched_, '\n', bounded.size() - searched_)) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bounded.data());
    if (at == 0 || bounded[at - 1] != '\r') return refuse(400, "line without carriage return");
    searched_ = at + 1;
    if (at - 1 == line_start_) {
      head_end_ = at + 1;
      return true;
    }
    line_start_ = at + 1;
    if (++lines_ > limits_.header_count + 1) return refuse(431, "too many header fields");
  }
  searched_ = bounded.size();
  if (bounded.size() < limits_.head_bytes) return false;
  return lines_ == 0 ? refuse(414, "request target too long") : refuse(431, "header fields too large");
}

bool RequestParser::feed_head(std::string_view& bytes) {
  while (!bytes.empty()) {
    const std::size_t before = head_.size();
    if (before > 0) head_.append(bytes.substr(0, limits_.head_bytes - before));
    const auto head = before > 0 ? head_.view() : bytes;
    if (!find_end(head)) {
      if (state_ == State::failed) return false;
      if (before == 0) head_.append(bytes);
      bytes = {};
      return true;
    }
    bytes.remove_prefix(head_end_ - before);
    const bool blank = head_end_ == 2;
    if (!blank) {
      const bool parsed = parse_head(head.substr(0, head_end_ - 2));
      forget_head();
      return parsed;
    }
    // RFC 9112, 2.2: at least one empty line before a request should be ignored. One is.
    forget_head();
    if (std::exchange(blank_seen_, true)) return refuse(400, "malformed request line");
  }
  return true;
}

bool RequestParser::parse_head(std::string_view head) {
  blank_seen_ = false;
  const auto line = take_line(head);
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse(400, "malformed request line");
  const auto method = line.substr(0, first), version = line.substr(last + 1);
  auto target = line.substr(first + 1, last - first - 1);

  if (method.empty() || method.size() > method_bytes || !all(method, token)) return refuse(400, "malformed method");
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' ? refuse(505, "unsupported protocol version")
                                                                                     : refuse(400, "malformed request line");
  if (target.size() > limits_.target_bytes) return refuse(414, "request target too long");
  if (!all(target, in_target)) return refuse(400, "invalid character in request target");

  // RFC 9112, 3.2.2: the absolute form must be understood; its authority says no more than Host does.
  bool rooted = true;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() <= scheme.size() || !same_name(target.substr(0, scheme.size()), scheme)) continue;
    const auto path = target.find_first_of("/?", scheme.size());
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    rooted = target.front() == '/';
    break;
  }
  if (rooted && target.front() != '/' && target != "*") return refuse(400, "malformed request target");

  request_.method.assign(method);
  request_.target.assign(rooted ? "" : "/").append(target);
  request_.headers.reserve(lines_ - 1);

  Head said;
  while (!head.empty()) {
    const auto field = parse_field(take_line(head));
    if (!field) return refuse(400, "malformed header field");
    said.note(*field);
    request_.headers.push_back({std::string(field->name), std::string(field->value)});
  }
  framing_.version_1_0 = version == "HTTP/1.0";
  framing_.head_only = method == "HEAD";
  framing_.keep_alive = !said.close && (!framing_.version_1_0 || said.keep_alive);
  return begin_body(said);
}

bool RequestParser::begin_body(const Head& head) {
  if (head.malformed) return refuse(400, "malformed header field");
  if (head.hosts > 1) return refuse(400, "too many host headers");
  if (head.hosts == 0 && !framing_.version_1_0) return refuse(400, "missing required host header");
  if (head.codings > 0 && head.lengths > 0) return refuse(400, "both content length and transfer encoding");
  if (head.lengths > 1 || head.codings > 1) return refuse(400, "more than one body length");
  if (head.codings > 0 && framing_.version_1_0) return refuse(400, "transfer encoding in http/1.0");
  if (head.codings > 0 && !same_name(head.coding, "chunked")) return refuse(501, "unsupported transfer encoding");
  if (head.expects_else) return refuse(417, "unsupported expectation");

  body_left_ = 0;
  streams_body_ = limits_.streams_body && limits_.streams_body(request_);
  if (head.lengths > 0) {
    const auto [end, problem] = std::from_chars(head.length.data(), head.length.data() + head.length.size(), body_left_);
    if (end != head.length.data() + head.length.size() || (problem != std::errc() && problem != std::errc::result_out_of_range))
      return refuse(400, "malformed content length");
    if (problem != std::errc() || (body_left_ > limits_.body_bytes && !streams_body_)) return refuse(413, "http: request body too large");
  }
  chunk_ = head.codings > 0 ? Chunk::size : Chunk::none;
  chunk_line_ = 0;
  if (chunk_ == Chunk::none && body_left_ == 0) {
    streams_body_ = false;  // it is whole
    state_ = State::complete;
    return true;
  }
  wants_continue_ = head.expects && !framing_.version_1_0;
  large_ = chunk_ != Chunk::none || body_left_ > large_body;
  request_.body.reserve(std::min<std::size_t>(body_left_, body_at_first));
  state_ = State::body;
  return true;
}

bool RequestParser::feed_body(std::string_view& bytes) {
  if (bytes.empty()) return true;
  wants_continue_ = false;  // it did not wait
  if (chunk_ != Chunk::none) return feed_chunks(bytes);
  append_body(bytes);
  if (body_left_ == 0) state_ = State::complete;
  return true;
}

bool RequestParser::append_body(std::string_view& bytes) {
  const auto part = bytes.substr(0, body_left_);
  make_room(part.size());
  request_.body.append(part);
  body_left_ -= part.size();
  bytes.remove_prefix(part.size());
  return true;
}

// Of what is promised a room that what has come is a fair part of: a large one moves seldom, and nobody holds memory by promises.
void RequestParser::make_room(std::size_t part) {
  Buffer& body = request_.body;
  if (body.spare().size() < part) body.reserve(body.size() + std::min<std::size_t>(body_left_, std::max(3 * body.size(), part)));
}

std::span<char> RequestParser::body_room(std::size_t at_most) {
  constexpr std::size_t worth_it = 16 * 1024;  // with less of it left the end of the body and the next request come in one read
  if (state_ != State::body || chunk_ != Chunk::none || streams_body_ || body_left_ < worth_it) return {};
  make_room(worth_it);
  const auto spare = request_.body.spare();
  return spare.first(std::min<std::size_t>({spare.size(), body_left_, at_most}));
}

RequestParser::State RequestParser::body_filled(std::size_t bytes) {
  wants_continue_ = false;
  request_.body.add_filled(bytes);
  body_left_ -= bytes;
  if (body_left_ == 0) state_ = State::complete;
  return state_;
}

// chunk = size [";" extension] CRLF data CRLF; the last has size 0 and the trailer in the place of data.
bool RequestParser::feed_chunks(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (chunk_ == Chunk::trailer) return feed_trailer(bytes);
    if (chunk_ == Chunk::data) {
      append_body(bytes);
      if (body_left_ == 0) chunk_ = Chunk::data_cr;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (++chunk_line_ > chunk_line_bytes) return refuse(400, "chunk header too long");
    switch (chunk_) {
      case Chunk::size:
        if (const int digit = hex_digit(c); digit >= 0) {
          body_left_ = body_left_ * 16 + static_cast<unsigned>(digit);
          if (body_left_ > (streams_body_ ? chunk_bytes : limits_.body_bytes - request_.body.size())) return refuse(413, "http: request body too large");
          break;
        }
        if (chunk_line_ == 1) return refuse(400, "malformed chunk");
        if (c == ';') chunk_ = Chunk::extension;
        else if (c == '\r') chunk_ = Chunk::size_end;
        else return refuse(400, "malformed chunk");
        break;
      case Chunk::extension:
        if (c == '\r') chunk_ = Chunk::size_end;
        else if (!is(c, in_value)) return refuse(400, "malformed chunk");
        break;
      case Chunk::size_end:
        if (c != '\n') return refuse(400, "malformed chunk");
        chunk_ = body_left_ == 0 ? Chunk::trailer : Chunk::data;
        break;
      case Chunk::data_cr:
        if (c != '\r') return refuse(400, "malformed chunk");
        chunk_ = Chunk::data_lf;
        break;
      case Chunk::data_lf:
        if (c != '\n') return refuse(400, "malformed chunk");
        chunk_ = Chunk::size;
        chunk_line_ = 0;
        break;
      case Chunk::none:
      case Chunk::data:
      case Chunk::trailer: break;
    }
  }
  return true;
}

// Fields behind the body are checked like those before it, and dropped: nothing of them may change what the head said.
bool RequestParser::feed_trailer(std::string_view& bytes) {
  const std::size_t before = head_.size();
  head_.append(bytes.substr(0, limits_.head_bytes - before));
  if (!find_end(head_.view())) {
    bytes = {};
    return state_ != State::failed;
  }
  bytes.remove_prefix(head_end_ - before);
  auto fields = head_.view().substr(0, head_end_ - 2);
  Head said;
  while (!fields.empty()) {
    const auto field = parse_field(take_line(fields));
    if (!field) return refuse(400, "malformed trailer field");
    said.note(*field);
  }
  if (said.lengths > 0 || said.codings > 0) return refuse(400, "body length in a trailer");
  forget_head();
  state_ = State::complete;
  return true;
}

Request RequestParser::take() {
  state_ = State::head;
  return std::exchange(request_, Request());
}

Response refusal(int status, std::string_view reason) {
  Response response;
  if (status == 413) {  // in the envelope of the API, where clients look for it
    response = Response::text(413, "application/json", "{\"errors\":[\"");
    response.body.append(reason).append("\"]}\n");
  } else {
    response = Response::text(status, "text/plain; charset=utf-8", "");
    response.body.append_number(status).append(" ").append(reason_phrase(status)).append(": ").append(reason);
  }
  response.headers.push_back({"Cache-Control", "no-store"});
  response.close = true;
  return response;
}

// ---- answers ------------------------------------------------------------------------------------------------------------
namespace {

void append_value(Buffer& out, std::string_view value) {
  if (all(value, in_value)) {
    out += value;
    return;
  }
  for (char c : value) out += is(c, in_value) ? c : ' ';
}

}  // namespace

bool has_body(const Response& response, const Framing& framing) { return response.status != 204 && response.status != 304 && !framing.head_only; }

void print(Buffer& out, const Response& response, const Framing& framing) {
  print_head(out, response, framing, response.body.size());
  if (has_body(response, framing)) out += response.body;
}

void print_head(Buffer& out, const Response& response, const Framing& framing, std::size_t room_behind) {
  const bool bodiless = response.status == 204 || response.status == 304;
  std::size_t size = 192;
  for (const auto headers : {response.common, std::span<const Header>(response.headers)})
    for (const auto& header : headers) size += header.name.size() + header.value.size() + 4;
  if (has_body(response, framing)) size += room_behind;
  // Doubling is kept up, so that many answers into one buffer do not move it each time.
  if (out.capacity() - out.size() < size) out.reserve(std::max(out.size() + size, 2 * out.capacity()));

  if (response.status == 200 && !framing.version_1_0) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += framing.version_1_0 ? "HTTP/1.0 " : "HTTP/1.1 ";
    out.append_number(response.status).append(" ").append(reason_phrase(response.status)).append("\r\n");
  }
  for (const auto& header : response.common) out.append(header.name).append(": ").append(header.value).append("\r\n");
  for (const auto& header : response.headers) {
    append_value(out, header.name);
    out += ": ";
    append_value(out, header.value);
    out += "\r\n";
  }
  if (!framing.date.empty()) out.append("Date: ").append(framing.date).append("\r\n");
  const bool streams = response.download != nullptr && !bodiless;
  if (streams && !framing.version_1_0) out += "Transfer-Encoding: chunked\r\n";
  else if (!bodiless && !streams) out.append("Content-Length: ").append_number(static_cast<std::int64_t>(response.body.size())).append("\r\n");
  const bool keep_alive = framing.keep_alive && !response.close && !(streams && framing.version_1_0);
  if (!keep_alive) out += "Connection: close\r\n";
  else if (framing.version_1_0) out += "Connection: keep-alive\r\n";
  out += "\r\n";
}

void print_piece(Buffer& out, std::string_view piece, const Framing& framing) {
  if (framing.version_1_0) {
    out += piece;
    return;
  }
  char size[24];
  std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  out.append(size).append(piece).append("\r\n");
}

std::string http_date(std::int64_t seconds_since_1970) {
  const std::time_t when = seconds_since_1970;
  std::tm parts{};
  gmtime_r(&when, &parts);
  // Not strftime: names of days do not follow the locale here.
  static constexpr const char *days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
                              *months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[parts.tm_wday], parts.tm_mday, months[parts.tm_mon],
                                 parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace sr::http
