// A log that goes to the system's log daemon, one message a line, in the words of Go's log/syslog for a local daemon:
//     <priority>Jan _2 15:04:05 tag[pid]: line
#pragma once
#include <vector>
#include "audit/connection.h"
#include "base/clock.h"

namespace sr::audit {

// The number of a facility of RFC 3164 by its name ("AUTH", "LOCAL0"); letters in any case.
Result<int> parse_facility(std::string_view name);

class SyslogSink final : public Sink {
 public:
  struct Options {
    int facility = 4;
    std::string tag{};
    std::string prefix{};
    std::vector<std::string> sockets{};  // where the daemon may listen: the first one that takes connections
    const Clock& clock;
  };
  explicit SyslogSink(Options options) : options_(std::move(options)) {}

  Result<Opened> open(const LogEnd& known) override;
  Place place() override { return connection_ && !connection_->lost() ? Place::same : Place::lost; }
  Written append(std::span<const iovec> pieces, Deadline deadline) override;
  std::string_view kind() const override { return "connection to syslog"; }

 private:
  std::string header() const;

  const Options options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace sr::audit
