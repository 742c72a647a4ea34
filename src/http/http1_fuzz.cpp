// However the bytes are cut, the same requests and the same refusal come out.
#include <cstdlib>
#include "http/http1.h"

namespace {

using sr::http::RequestParser;

std::string reading(std::string_view bytes, std::size_t piece) {
  RequestParser parser({.head_bytes = 512, .header_count = 8, .target_bytes = 100, .body_bytes = 300});
  std::string seen;
  while (!bytes.empty()) {
    auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty()) {
      const auto state = parser.feed(part);
      if (state == RequestParser::State::failed) {
        const auto refusal = parser.refusal();
        return seen.append(refusal.body.view());
      }
      if (state != RequestParser::State::complete) continue;
      const auto request = parser.take();
      seen.append(request.method).append(" ").append(request.target);
      for (const auto& header : request.headers) seen.append("\n").append(header.name).append(":").append(header.value);
      seen.append("\n").append(request.body.view()).append(parser.framing().keep_alive ? "\n+" : "\n-");
    }
  }
  return seen.append(parser.idle() ? "idle" : "waiting");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = reading(bytes, size);
  if (reading(bytes, 1) != whole || reading(bytes, 5) != whole) std::abort();
  return 0;
}
