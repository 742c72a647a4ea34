#include "audit/syslog_sink.h"
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <ctime>
#include "text/lower.h"

namespace sr::audit {
namespace {

constexpr int informational = 6;
constexpr std::chrono::seconds connect_timeout{2};
constexpr std::array<std::string_view, 24> facilities{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
                                                      "", "", "", "", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"};

}  // namespace

Result<int> parse_facility(std::string_view name) {
  const auto found = name.empty() ? facilities.end() : std::ranges::find(facilities, to_lower(name));
  if (found == facilities.end()) return fail(Code::invalid, "invalid syslog facility: " + std::string(name));
  return static_cast<int>(found - facilities.begin());
}

Result<Sink::Opened> SyslogSink::open(const LogEnd&) {
  connection_.reset();
  for (const bool datagram : {true, false})
    for (const std::string& path : options_.sockets) {
      auto connection = Connection::open({.family = AF_UNIX, .datagram = datagram, .host = path}, std::chrono::steady_clock::now() + connect_timeout);
      if (!connection) continue;
      connection_ = std::move(*connection);
      return Opened{};
    }
  return fail(Code::internal, "no log daemon listens at " + (options_.sockets.empty() ? std::string("any socket") : options_.sockets.front()));
}

std::string SyslogSink::header() const {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(options_.clock.now()));
  std::tm local{};
  ::localtime_r(&now, &local);
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  char stamp[32];
  const int size = std::snprintf(stamp, sizeof stamp, "%.3s %2d %02d:%02d:%02d", months.data() + 3 * local.tm_mon, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec);
  return "<" + std::to_string(options_.facility * 8 + informational) + ">" + std::string(stamp, static_cast<std::size_t>(size)) + " " + options_.tag + "[" + std::to_string(::getpid()) + "]: " + options_.prefix;
}

Sink::Written SyslogSink::append(std::span<const iovec> pieces, Deadline deadline) {
  if (!connection_) return {.bytes = 0, .problem = {Code::internal, "there is no connection"}};
  return connection_->send(pieces, header(), deadline);
}

}  // namespace sr::audit
