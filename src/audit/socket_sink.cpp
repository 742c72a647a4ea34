#include "audit/socket_sink.h"

namespace sr::audit {

Result<Sink::Opened> SocketSink::open(const LogEnd&) {
  connection_.reset();
  connection_ = TRY(Connection::open(options_.endpoint, soon()));
  return Opened{};
}

Sink::Written SocketSink::append(std::span<const iovec> pieces, Deadline deadline) {
  if (!connection_) return {.bytes = 0, .problem = {Code::internal, "there is no connection"}};
  return connection_->send(pieces, options_.prefix, std::min(deadline, soon()));
}

}  // namespace sr::audit
