#include <algorithm>
#include "audit/device_options.h"
#include "audit/devices.h"
#include "audit/syslog_sink.h"

namespace sr {

Result<std::unique_ptr<AuditDevice>> open_syslog_device(AuditDeviceParts parts) {
  static constexpr std::string_view own[] = {"facility", "tag", "prefix"};
  TRY(audit::check_options(parts, own));
  const std::string facility = audit::option(parts.options, "facility", "AUTH"), tag = audit::option(parts.options, "tag", "vault");
  // RFC 3164 ends the tag at what is neither a letter nor a digit; blanks, brackets and colons would make another message of it.
  const auto is_plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f && !std::string_view("[]:<>").contains(c); };
  if (tag.empty() || tag.size() > 64 || !std::ranges::all_of(tag, is_plain)) return fail(Code::invalid, "option tag is no name of a program");
  auto sink = std::make_unique<audit::SyslogSink>(audit::SyslogSink::Options{.facility = TRY(audit::parse_facility(facility)), .tag = tag,
                                                                             .prefix = TRY(audit::prefix_option(parts)), .sockets = parts.rules.syslog_sockets, .clock = parts.clock});
  return audit::open_on(std::move(sink), std::move(parts), "syslog", facility + " " + tag);
}

}  // namespace sr
