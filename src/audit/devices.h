// The kinds of audit devices: what a log is written to. All are a ChainedDevice on a sink of their own.
//
// Options of all: format ("json"), log_raw, hmac_accessor, elide_list_responses, skip_test (of no effect: a device that cannot write is
// never enabled). Anything else is refused: an option that is ignored is a promise that is not kept.
#pragma once
#include <memory>
#include "audit/device_setup.h"

namespace sr {

// Code::invalid names the option, or the file or address, and what is wrong with it.
using OpenAuditDevice = Result<std::unique_ptr<AuditDevice>>(AuditDeviceParts);

// A regular file, a FIFO, standard output, or nowhere. Options: file_path (or `path`; a path, "stdout" or "discard") and mode (octal, "0600";
// "0000" keeps the file's). `prefix` is refused whatever the rules say, since with it a caller chooses what a file on this machine begins
// with (CVE-2025-6000).
OpenAuditDevice open_file_device;

// The system's log daemon, as Go's log/syslog writes to it (RFC 3164). Options: facility ("AUTH"), tag ("vault"), prefix.
OpenAuditDevice open_syslog_device;

// Another program: lines over TCP or a Unix socket, or one line a datagram over UDP. Options: address ("host:port" or a path),
// socket_type ("tcp"), write_timeout ("2s"), prefix.
OpenAuditDevice open_socket_device;

}  // namespace sr
