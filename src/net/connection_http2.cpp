// A connection that speaks HTTP/2: many requests at a time, answered in whatever order they are done.
#include "net/connection.h"

namespace sr::net {
namespace {

constexpr std::size_t out_bytes_at_once = 64 * 1024;

}  // namespace

void Connection::begin_http2() {
  const auto& deadlines = terms_.options.deadlines;
  http2_ = std::make_unique<http::Http2Session>(http::Http2Limits{.message = terms_.options.limits,
                                                                  .head_time = deadlines.head.count(),
                                                                  .body_time = deadlines.body.count(),
                                                                  .service_time = deadlines.service.count(),
                                                                  .upload_time = std::chrono::milliseconds(limits::upload_duration).count(),
                                                                  .write_time = deadlines.write.count(),
                                                                  .write_bytes_per_second = deadlines.write_bytes_per_second});
  ticket_ = loop_.issue_ticket(slot_);
  if (terms_.crowd.stopping) http2_->shut_down();
}

// One round. False when there is nothing more to do for now, or no connection any more.
bool Connection::work_http2() {
  serve_http2();
  http2_->produce(out_, out_bytes_at_once);
  pull_http2();
  const bool produced = !out_.empty();
  if (gathering_ && produced) return true;
  if (!flush()) return false;
  if (last_ || http2_->done()) {
    if (produced) return true;  // there may be more
    last_ = true;
    say_goodbye();
    return true;
  }
  if (!produced && http2_->has_full_upload()) {
    wait_http2();  // whoever reads it wakes us
    return false;
  }
  return produced || read();
}

void Connection::pull_http2() {
  while (auto hungry = http2_->next_hungry())
    hungry->download->pull([loop = &loop_, ticket = ticket_, stream = hungry->stream](Result<Buffer> piece) {
      loop->post([loop, ticket, stream, piece = std::move(piece)]() mutable {
        auto* connection = static_cast<Connection*>(loop->holder(ticket));
        if (!connection) return;
        connection->http2_->give_piece(stream, std::move(piece), loop->now());
        loop->ask_turn(connection->slot_);
      });
    });
}

void Connection::serve_http2() {
  charge(http2_->body_bytes());
  while (auto arrived = http2_->next_request(loop_.now())) {
    fresh_ = false;
    arrived->request.peer = peer_;
    if (arrived->request.upload) arrived->request.upload->set_wake(wake_up());
    terms_.service.serve(loop_, std::move(arrived->request), [loop = &loop_, ticket = ticket_, stream = arrived->stream](http::Response response) {
      if (auto* holder = loop->holder(ticket)) static_cast<Connection*>(holder)->answer_http2(stream, std::move(response));
    });
  }
}

void Connection::answer_http2(http::Http2Session::StreamId stream, http::Response response) {
  if (terms_.crowd.stopping.load(std::memory_order_relaxed)) response.close = true;
  http2_->answer(stream, std::move(response), loop_.date(), loop_.now());
  if (!advancing_) loop_.ask_turn(slot_);
}

// Streams have times of their own. Without any, the connection is idle, and pings do not keep it.
void Connection::wait_http2() {
  charge(http2_->body_bytes());
  if (http2_->idle()) {
    const auto what = fresh_ ? Wait::head : Wait::idle;
    if (wait_ != what) wait(what);
    return;
  }
  wait_ = Wait::service;
  const auto earliest = http2_->earliest_deadline();
  loop_.set_deadline(slot_, earliest == http::Http2Session::never ? never : earliest);
}

}  // namespace sr::net
