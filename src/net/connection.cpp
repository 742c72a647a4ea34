#include "net/connection.h"
#include <sys/epoll.h>
#include "base/assert.h"

namespace sr::net {
namespace {

constexpr int rounds_of_a_turn = 16;                    // reads in a row, before others have theirs
constexpr std::size_t out_bytes_before_flush = 64 * 1024;
constexpr std::size_t large_answer = 64 * 1024;            // is not copied behind its head
constexpr std::size_t out_bytes_kept = 4 * 1024;        // between two answers
// Behind a last answer the client may still be sending; a close under its hands would take the answer away from it.
constexpr Milliseconds linger_time = 10'000;
constexpr std::size_t linger_bytes = 2 * limits::body_bytes;

}  // namespace

bool Crowd::enter() {
  std::lock_guard lock(mutex);
  if (open >= max) return false;
  ++open;
  return true;
}
void Crowd::leave() {
  std::lock_guard lock(mutex);
  --open;
  if (open == 0) left.notify_all();
}

void Connection::begin(EventLoop& loop, const Terms& terms, Socket socket, http::Peer peer) {
  const auto& proxy = terms.options.proxy;
  if (proxy && proxy->from == ProxyRules::From::only && !trusts(*proxy, peer)) return terms.crowd.leave();
  const int descriptor = socket.descriptor();
  auto session = terms.tls ? terms.tls->new_session() : nullptr;
  if (terms.tls && !session) return terms.crowd.leave();  // never plain where TLS was meant
  auto made = std::make_unique<Connection>(loop, terms, std::move(socket), std::move(session), std::move(peer));
  auto& connection = *made;
  connection.slot_ = loop.add(descriptor, std::move(made));
  if (terms.crowd.stopping) connection.end();
  else connection.wait(terms.tls || proxy ? Wait::handshake : Wait::head);
}

Connection::Connection(EventLoop& loop, const Terms& terms, Socket socket, TlsSession session, http::Peer peer)
    : loop_(loop), terms_(terms), phase_(session ? Phase::handshake : Phase::open), peer_(std::move(peer)), parser_(terms.options.limits),
      stream_(std::move(socket), std::move(session)) {
  peer_.tls = terms.tls != nullptr;
  if (terms.options.proxy) phase_ = Phase::proxy;
}
Connection::~Connection() {
  if (upload_) upload_->end(http::Upload::End::broken);
  charge(0);
  terms_.crowd.leave();
}

void Connection::on_ready(std::uint32_t events) {
  if (events & (EPOLLERR | EPOLLHUP)) return end();
  if ((events & EPOLLRDHUP) && download_ && download_->is_live()) return end();  // who follows something says that he goes, or nothing
  if (events & (EPOLLIN | EPOLLRDHUP)) stream_.note_events(events & EPOLLRDHUP);
  gathering_ = true;
  advance();
  gathering_ = false;
}

// What one round of events brought goes in three steps, each taken for all connections before the next: requests are read, served, and
// answered. So neither the code of one step nor what it works with drives that of another out of the cache at every request, and a client
// that shares the machine is woken once instead of for each answer.
void Connection::on_turn() {
  if (!std::exchange(held_, false)) return advance();
  advancing_ = true;
  serve(parser_.take());
  advancing_ = false;
  loop_.ask_turn(slot_);
}

// Goes on as far as it can without waiting.
void Connection::advance() {
  advancing_ = true;
  work();
  advancing_ = false;
}

void Connection::work() {
  for (int round = 0; round < rounds_of_a_turn; ++round) {
    if (phase_ == Phase::lingering) return linger();
    if (phase_ == Phase::proxy && !read_proxy_header()) return;
    if (phase_ == Phase::handshake && !shake_hands()) return;
    if (http2_) {
      if (!work_http2()) return;
      if (gathering_ && !out_.empty()) break;
      continue;
    }
    if (!sniffing_) consume_ahead();
    if (held_) break;
    if (upload_ && upload_->is_read() && parser_.wants_continue()) out() += http::continue_line;
    if (!flush()) return;
    if (download_) {
      pull();
      return wait(!pulling_ ? Wait::write : download_->is_live() ? Wait::live : Wait::service);
    } else if (last_) {
      say_goodbye();
    } else if (serving() && !takes_body()) {
      return wait(streamed_ ? Wait::upload : Wait::service);
    } else if ((ahead_.empty() || sniffing_) && !read()) {
      return;
    }
    if (held_ || (gathering_ && !out_.empty())) break;
  }
  loop_.ask_turn(slot_);
}

// False when it is not whole yet, or there is no connection any more.
bool Connection::read_proxy_header() {
  const auto scratch = loop_.scratch().first(proxy_header_bytes);
  const auto seen = stream_.peek(scratch);
  if (seen.status == Stream::Status::blocked) return false;
  if (seen.status != Stream::Status::ok) return end(), false;
  auto header = parse_proxy_header({scratch.data(), seen.bytes});
  wipe(scratch.data(), seen.bytes);
  if (!header) return end(), false;
  if (!*header) return false;
  if (!stream_.skip((*header)->bytes)) return end(), false;
  if (auto& client = (*header)->client; client && trusts(*terms_.options.proxy, peer_)) peer_.address = std::move(client->address), peer_.port = client->port;
  phase_ = terms_.tls ? Phase::handshake : Phase::open;
  if (!terms_.tls) wait(Wait::head);
  return true;
}

bool Connection::shake_hands() {
  switch (stream_.handshake()) {
    case Stream::Status::ok: break;
    case Stream::Status::blocked: return false;
    case Stream::Status::ended:
    case Stream::Status::broken: return end(), false;
  }
  phase_ = Phase::open;
  peer_.certificate = stream_.peer_certificate();
  sniffing_ = false;
  if (stream_.chose_http2()) begin_http2();
  return true;
}

// Whether the first bytes are those of HTTP/2. True when they were kept: it is yet to be seen, or it is HTTP/2.
bool Connection::sniff(std::string_view bytes) {
  constexpr std::string_view short_method = "PRI";  // what POST and PUT do not begin with, so that nearly every first read decides
  if (ahead_.empty() && !short_method.starts_with(bytes.substr(0, short_method.size()))) {
    sniffing_ = false;
    return false;
  }
  ahead_.append(bytes);
  const auto begun = ahead_.view().substr(0, http::http2_preface.size());
  const bool like = http::http2_preface.starts_with(begun);
  if (like && begun.size() < http::http2_preface.size()) return true;
  sniffing_ = false;
  if (!like) return true;  // they are ahead
  begin_http2();
  const Buffer first = std::exchange(ahead_, Buffer());
  if (!http2_->feed(first.view(), loop_.now())) last_ = true;
  return true;
}

// Reads once. False when there is nothing to read for now, or no connection any more.
bool Connection::read() {
  const auto scratch = loop_.scratch();
  const auto body_room = http2_ ? std::span<char>() : parser_.body_room(scratch.size());
  const auto moved = stream_.read(body_room.empty() ? scratch : body_room);
  switch (moved.status) {
    case Stream::Status::ok: break;
    case Stream::Status::blocked: return http2_ ? wait_http2() : upload_ ? wait(upload_->is_read() ? Wait::body : Wait::upload) : wait_for_request(), false;
    case Stream::Status::ended:
    case Stream::Status::broken: return end(), false;
  }
  if (!body_room.empty()) {
    if (parser_.body_filled(moved.bytes) == http::RequestParser::State::complete) take_whole();
    else charge(parser_.body_bytes());
    return true;
  }
  std::string_view bytes(scratch.data(), moved.bytes);
  if (http2_) {
    if (!http2_->feed(bytes, loop_.now())) last_ = true;
  } else if (!sniffing_ || !sniff(bytes)) {
    consume(bytes);
    if (!last_) ahead_.append(bytes);
  }
  wipe(scratch.data(), moved.bytes);
  return true;
}

void Connection::consume_ahead() {
  if (ahead_.empty()) return;
  auto bytes = ahead_.view().substr(ahead_taken_);
  consume(bytes);
  ahead_taken_ = ahead_.size() - bytes.size();
  if (!bytes.empty() && !last_) return;
  ahead_ = Buffer();
  ahead_taken_ = 0;
}

// Serves the requests in `bytes`, until one is not answered at once or there is enough to write.
void Connection::consume(std::string_view& bytes) {
  while (!bytes.empty() && !held_ && (!serving() || takes_body()) && !last_ && answers_ < limits::pipelined_requests && unwritten() < out_bytes_before_flush) {
    switch (parser_.feed(bytes)) {
      case http::RequestParser::State::head: break;
      case http::RequestParser::State::body:
        if (parser_.streams_body()) {
          take_streamed();
          break;
        }
        if (const auto* head = parser_.large_head())
          if (auto refusal = terms_.service.refuse_by_head(*head)) {
            refusal->close = true;
            refuse(*refusal);
            break;
          }
        if (!charge(parser_.body_bytes())) break;
        if (parser_.wants_continue()) out() += http::continue_line;
        break;
      case http::RequestParser::State::complete:
        if (parser_.streams_body()) {
          take_streamed();
          break;
        }
        take_whole();
        break;
      case http::RequestParser::State::failed: refuse(parser_.refusal()); break;
    }
  }
}

// A request of which the whole has come.
void Connection::take_whole() {
  if (!charge(parser_.body_bytes())) return;
  if (gathering_) held_ = true;
  else serve(parser_.take());
}

// Notes how large the body has grown. False, and the request refused, when all bodies together are too large: a limit for
// each alone would still let a thousand senders take all memory. Few large ones that come slowly leave room for the small.
bool Connection::charge(std::size_t body_bytes) {
  if (body_bytes == charged_) return true;
  const auto added = body_bytes - charged_;  // modulo 2^64, so that it can take away
  const auto before = terms_.crowd.bodies.fetch_add(added, std::memory_order_relaxed);
  const bool grown = body_bytes > charged_;
  charged_ = body_bytes;
  const std::size_t most = terms_.crowd.bodies_max, room = body_bytes <= limits::small_body_bytes ? most : most - most / 4;
  if (!grown || before + added <= room) return true;
  auto refusal = http::Response::text(503, "application/json", "{\"errors\":[\"too many large requests under way\"]}\n");
  refusal.headers.push_back({"Retry-After", "1"});
  if (http2_) http2_->refuse_bodies(refusal, loop_.now());
  else refuse(refusal);
  return false;
}

// What a handler's thread does to have the connection look again, if it is the same request still.
std::function<void()> Connection::wake_up() {
  return [loop = &loop_, ticket = ticket_] {
    loop->post([loop, ticket] {
      if (auto* holder = loop->holder(ticket)) holder->on_turn();
    });
  };
}

// A request whose body is handed on as it comes in: it is served when its head is there.
void Connection::take_streamed() {
  if (!upload_) {
    auto request = parser_.take_head();
    Buffer first = std::exchange(request.body, Buffer());
    upload_ = request.upload = std::make_shared<http::Upload>();
    upload_->push(first.view());
    streamed_ = true;
    serve(std::move(request));
  } else {
    upload_->push(parser_.take_body().view());
    wait_ = Wait::none;  // it comes on
  }
  if (parser_.state() != http::RequestParser::State::complete) return;
  static_cast<void>(parser_.take());
  if (auto whole = std::exchange(upload_, nullptr)) whole->end(http::Upload::End::whole);
}

void Connection::serve(http::Request request) {
  request.peer = peer_;
  framing_ = parser_.framing();
  fresh_ = false;
  wait_ = Wait::none;
  ticket_ = loop_.issue_ticket(slot_);
  if (upload_) upload_->set_wake(wake_up());
  // The ticket is worth nothing once the request is answered or the connection gone: a late reply falls on the floor.
  terms_.service.serve(loop_, std::move(request), [loop = &loop_, ticket = ticket_](http::Response response) {
    if (auto* holder = loop->holder(ticket)) static_cast<Connection*>(holder)->answer(std::move(response));
  });
}

void Connection::answer(http::Response response) {
  ticket_ = 0;
  loop_.revoke_ticket(slot_);
  charge(0);
  if (terms_.crowd.stopping.load(std::memory_order_relaxed)) response.close = true;
  streamed_ = false;
  // Who is answered before all of his body has come goes on sending it: what comes is no request.
  if (auto unread = std::exchange(upload_, nullptr)) unread->end(http::Upload::End::broken), response.close = true;
  framing_.date = loop_.date();
  if (large_.empty() && response.body.size() >= large_answer && http::has_body(response, framing_)) {
    http::print_head(out_, response, framing_);
    large_ = std::move(response.body);
  } else {
    http::print(out(), response, framing_);
  }
  ++answers_;
  last_ = response.close || !framing_.keep_alive;
  if (response.download && !framing_.head_only) {
    download_ = std::move(response.download);
    last_ = last_ || framing_.version_1_0;
    ticket_ = loop_.issue_ticket(slot_);  // of its pieces
  }
  if (!advancing_) loop_.ask_turn(slot_);
}

// Asks for the next piece, when the client has taken those before.
void Connection::pull() {
  if (std::exchange(pulling_, true)) return;
  download_->pull([loop = &loop_, ticket = ticket_](Result<Buffer> piece) {
    loop->post([loop, ticket, piece = std::move(piece)] {
      if (auto* holder = loop->holder(ticket)) static_cast<Connection*>(holder)->print_piece(piece);
    });
  });
}

// One that cannot be made ends the connection: the client sees that it has not all of it.
void Connection::print_piece(const Result<Buffer>& piece) {
  pulling_ = false;
  if (!piece) return end();
  http::print_piece(out(), piece->view(), framing_);
  wait_ = Wait::none;
  if (piece->empty()) {
    download_.reset();
    ticket_ = 0;
    loop_.revoke_ticket(slot_);
    last_ = last_ || terms_.crowd.stopping.load(std::memory_order_relaxed);
  }
  loop_.ask_turn(slot_);
}

void Connection::refuse(const http::Response& refusal) {
  http::print(out(), refusal, {.keep_alive = false, .date = loop_.date()});
  last_ = true;
  static_cast<void>(parser_.take_body());  // what has come of it takes no room from others while the client is still sending
  charge(0);
}

// False when not all could be written now, or there is no connection any more.
bool Connection::flush() {
  while (unwritten() > 0) {
    if (written_ == out_.size()) out_ = std::exchange(large_, Buffer()), written_ = 0;
    const auto moved = stream_.write(out_.view().substr(written_));
    switch (moved.status) {
      case Stream::Status::ok: written_ += moved.bytes; break;
      case Stream::Status::blocked: return wait(Wait::write), false;
      case Stream::Status::ended:
      case Stream::Status::broken: return end(), false;
    }
  }
  if (out_.empty()) return true;
  if (out_.capacity() > out_bytes_kept) out_ = Buffer();
  else wipe(out_.data(), out_.size()), out_.clear();
  written_ = answers_ = 0;
  return true;
}

void Connection::say_goodbye() {
  stream_.finish();
  phase_ = Phase::lingering;
  wait(Wait::linger);
}

// Reads and drops what still comes, until the client has heard and closes.
void Connection::linger() {
  for (int round = 0; round < rounds_of_a_turn; ++round) {
    const auto moved = stream_.discard(loop_.scratch());
    discarded_ += moved.bytes;
    if (moved.status == Stream::Status::blocked) return;
    wipe(loop_.scratch().data(), moved.bytes);
    if (moved.status != Stream::Status::ok || discarded_ > linger_bytes) return end();
  }
  loop_.ask_turn(slot_);
}

void Connection::end() {
  if (phase_ == Phase::gone) return;
  phase_ = Phase::gone;
  loop_.remove(slot_);
}

void Connection::stop(Stop how) {
  if (how == Stop::now || phase_ == Phase::proxy || phase_ == Phase::handshake) return end();
  const bool idle = phase_ == Phase::open && !serving() && out_.empty() && ahead_.empty() && parser_.idle();
  if (http2_ && phase_ == Phase::open) {
    http2_->shut_down();
    return loop_.ask_turn(slot_);
  }
  if (!idle) return;  // answer() will see that all stops
  stream_.finish();
  end();
}

void Connection::wait_for_request() {
  if (parser_.state() == http::RequestParser::State::body) wait(Wait::body);
  else wait(parser_.idle() && !fresh_ ? Wait::idle : Wait::head);
}

// Only the idle time begins anew when there is a sign of life; the others would let a slow sender stay for ever.
void Connection::wait(Wait what) {
  if (what == wait_ && what != Wait::idle) return;
  wait_ = what;
  const auto& deadlines = terms_.options.deadlines;
  const auto within = [&]() -> Milliseconds {
    switch (what) {
      case Wait::handshake: return deadlines.handshake.count();
      case Wait::head: return deadlines.head.count();
      case Wait::body: return deadlines.body.count();
      case Wait::idle: return deadlines.idle.count();
      case Wait::write: return deadlines.write.count() + static_cast<Milliseconds>(unwritten() * 1000 / deadlines.write_bytes_per_second);
      case Wait::linger: return linger_time;
      case Wait::service: return deadlines.service.count();
      case Wait::upload: return std::chrono::milliseconds(limits::upload_duration).count();
      case Wait::live:
      case Wait::none: break;
    }
    return never;
  }();
  loop_.set_deadline(slot_, within == never ? never : loop_.now() + within);
}

void Connection::on_deadline() {
  if (held_) return;  // it was in time
  if (http2_ && phase_ == Phase::open && wait_ != Wait::write) {
    http2_->expire(loop_.now());
    if (http2_->idle()) http2_->shut_down();
    return advance();
  }
  if (download_) return end();
  if (serving()) {  // what it works on may still happen; its answer will find nobody
    auto late = http::Response::text(504, "application/json", "{\"errors\":[\"context deadline exceeded\"]}\n");
    late.close = true;
    return answer(std::move(late));
  }
  const Wait awaited = wait_;
  if (phase_ != Phase::open || (awaited != Wait::head && awaited != Wait::body)) return end();
  // What lies at the socket has come in time: others may have kept the loop busy, or the whole process stood still.
  stream_.note_events(false);
  advance();
  if (phase_ != Phase::open || wait_ != awaited || loop_.has_deadline(slot_)) return;
  if (stream_.may_have_more()) return loop_.set_deadline(slot_, loop_.now());  // behind its next turn
  if (parser_.idle()) return end();
  refuse(http::Response::text(408, "text/plain; charset=utf-8", "408 Request Timeout"));
  advance();
}

}  // namespace sr::net
