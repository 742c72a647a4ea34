// Whatever frames come: what is under way stays within its bounds, every request can be answered, and the books are even in the end.
#include <cstdlib>
#include "http/http2.h"

namespace {

using sr::http::Http2Session;

void require(bool holds) {
  if (!holds) std::abort();
}

void play(std::string_view bytes, std::size_t piece) {
  sr::http::Http2Limits limits;
  limits.message = {.head_bytes = 512, .header_count = 8, .target_bytes = 100, .body_bytes = 300};
  limits.streams = 4;
  limits.served = 2;
  limits.head_time = limits.body_time = limits.service_time = limits.write_time = 100;
  Http2Session session(limits);
  std::vector<Http2Session::StreamId> served;
  sr::Buffer out;
  Http2Session::Time now = 1;
  bool sound = session.feed(sr::http::http2_preface, now);
  while (sound && !bytes.empty() && !session.done()) {
    sound = session.feed(bytes.substr(0, piece), ++now);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (auto arrived = session.next_request(now)) {
      require(arrived->request.body.size() <= 300 && arrived->request.target.size() <= 100);
      served.push_back(arrived->stream);
    }
    require(served.size() <= 2);
    if (now % 3 == 0 && !served.empty()) {
      session.answer(served.back(), sr::http::Response::text(200, "text/plain", "answer"), "a date", now);
      served.pop_back();
    }
    if (now % 7 == 0) session.expire(now + 50);
    session.produce(out, out.size() + 4096);
    if (out.size() > 1 << 20) out = sr::Buffer();
  }
  for (const auto stream : served) session.answer(stream, sr::http::Response::text(200, "text/plain", "late"), {}, now);
  session.expire(now + 1000);
  session.produce(out, out.size() + (1 << 20));
  require(session.body_bytes() <= 4 * 300);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  play(bytes, std::max<std::size_t>(size, 1));
  play(bytes, 5);
  return 0;
}
