// What every kind of audit device is made from.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>
#include "base/limits.h"
#include "base/log.h"
#include "crypto/ed25519.h"
#include "logical/audit_device.h"

namespace sr {

// What the operator of this machine lets devices do, whoever enables them.
struct AuditRules {
  std::vector<std::string> folders{};            // files lie in one of these or below; empty: anywhere but in the forbidden ones and in hidden ones
  std::vector<std::string> forbidden_folders{};  // the store's, the plugins': beside those of the system, which are always forbidden
  bool prefix = false;                           // the option `prefix`; never for a file, since a caller would choose what it begins with
  std::vector<std::string> syslog_sockets{"/dev/log", "/var/run/syslog", "/var/run/log"};
};

struct AuditDeviceParts {
  std::string name;                   // its mount path, "file/": names it in errors and in the log
  std::string id;                     // a uuid; the same for as long as the device is enabled
  AuditDevice::Options options;
  Secret salt;                        // of the hashes; at least 32 random bytes
  Ed25519Key key;                     // signs the checkpoints
  std::optional<AuditCheckpoint> last{};         // what the core kept
  std::function<void(const AuditCheckpoint&)> on_checkpoint{};  // on the device's thread; must not wait
  AuditRules rules{};
  // When a device is enabled, what cannot be opened is an error. At unseal the device exists all the same, refuses every entry, and
  // tries again with each: one lost file must not keep the server sealed.
  bool must_open = true;
  std::chrono::milliseconds deadline = limits::audit_deadline;
  const Clock& clock;
  Log& log;
};

}  // namespace sr
