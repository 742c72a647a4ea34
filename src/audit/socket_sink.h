// A log that goes to another program over a socket. What the system took counts as written, as it does with Vault: how far the
// reader came nobody tells, so lines that were on their way when a connection broke may be missing there, and their `seq` shows it.
#pragma once
#include <vector>
#include "audit/connection.h"

namespace sr::audit {

class SocketSink final : public Sink {
 public:
  struct Options {
    Endpoint endpoint;
    std::string prefix{};
    std::chrono::milliseconds write_timeout{2000};  // of a connect, and of each write
  };
  explicit SocketSink(Options options) : options_(std::move(options)) {}

  Result<Opened> open(const LogEnd& known) override;
  Place place() override { return connection_ && !connection_->lost() ? Place::same : Place::lost; }
  Written append(std::span<const iovec> pieces, Deadline deadline) override;
  std::string_view kind() const override { return "connection"; }

 private:
  Deadline soon() const { return std::chrono::steady_clock::now() + options_.write_timeout; }

  const Options options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sr::audit
