// The "file" audit device: a chained log in a regular file, a FIFO, on standard output, or nowhere.
//
// Options: file_path (or `path`; a path, "stdout" or "discard"), mode (octal, "0600"; "0000" keeps the file's), format ("json"),
// log_raw, hmac_accessor, elide_list_responses, skip_test. Anything else is refused: an option that is ignored is a promise that is not
// kept. So is `prefix`, since with it a caller chooses what a file on this machine begins with (CVE-2025-6000).
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>
#include "base/limits.h"
#include "base/log.h"
#include "crypto/ed25519.h"
#include "logical/audit_device.h"

namespace sr {

struct FileDeviceSetup {
  std::string name;                   // its mount path, "file/": names it in errors and in the log
  std::string id;                     // a uuid; the same for as long as the device is enabled
  AuditDevice::Options options;
  Secret salt;                        // of the hashes; at least 32 random bytes
  Ed25519Key key;                     // signs the checkpoints
  std::optional<AuditCheckpoint> last{};         // what the core kept
  std::function<void(const AuditCheckpoint&)> on_checkpoint{};  // on the device's thread; must not wait
  std::vector<std::string> forbidden_folders{};  // the plugin folder, and whatever else is run
  // When a device is enabled, what cannot be opened is an error. At unseal the device exists all the same, refuses every entry, and
  // tries again with each: one lost file must not keep the server sealed.
  bool must_open = true;
  std::chrono::milliseconds deadline = limits::audit_deadline;
  const Clock& clock;
  Log& log;
};

// Code::invalid names the option or the file and what is wrong with it.
Result<std::unique_ptr<AuditDevice>> open_file_device(FileDeviceSetup setup);

}  // namespace sr
