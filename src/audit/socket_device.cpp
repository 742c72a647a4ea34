#include "audit/device_options.h"
#include "audit/devices.h"
#include "audit/socket_sink.h"
#include "text/duration.h"

namespace sr {

Result<std::unique_ptr<AuditDevice>> open_socket_device(AuditDeviceParts parts) {
  static constexpr std::string_view own[] = {"address", "socket_type", "write_timeout", "prefix"};
  TRY(audit::check_options(parts, own));
  const std::string address = audit::option(parts.options, "address", "");
  if (address.empty()) return fail(Code::invalid, "address is required");
  const std::string type = audit::option(parts.options, "socket_type", "tcp");
  const auto timeout = parse_duration(audit::option(parts.options, "write_timeout", "2s"));
  if (!timeout || *timeout <= Duration(0)) return fail(Code::invalid, "option write_timeout is no time that a write may take");
  const auto write_timeout = std::min(std::chrono::ceil<std::chrono::milliseconds>(*timeout), parts.deadline);
  auto sink = std::make_unique<audit::SocketSink>(
    audit::SocketSink::Options{.endpoint = TRY(audit::parse_endpoint(type, address)), .prefix = TRY(audit::prefix_option(parts)), .write_timeout = write_timeout});
  return audit::open_on(std::move(sink), std::move(parts), "socket", type + " " + address);
}

}  // namespace sr
