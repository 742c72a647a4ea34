// The options of a device as they are given: texts by name. Pure functions; an error names the option.
#pragma once
#include <span>
#include "audit/chained_device.h"
#include "audit/device_setup.h"

namespace sr::audit {

// Are all of them options of every device or among `own`, and those of every device well formed?
Result<void> check_options(const AuditDeviceParts& parts, std::span<const std::string_view> own);

std::string option(const AuditDevice::Options& options, std::string_view name, std::string_view otherwise);
Result<bool> flag_option(const AuditDevice::Options& options, std::string_view name, bool otherwise);
// The text before each line, for sinks that are no files.
Result<std::string> prefix_option(const AuditDeviceParts& parts);
Result<AuditFormat> format_of(const AuditDeviceParts& parts);

// Puts the device together. `place` is what it writes to, for errors: "file/ (/var/log/audit.log)".
Result<std::unique_ptr<AuditDevice>> open_on(std::unique_ptr<Sink> sink, AuditDeviceParts parts, std::string type, const std::string& place);

}  // namespace sr::audit
