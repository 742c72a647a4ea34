// Reads an audit log from its first line to its last and says whether it is as it was written: every line's `seq` and
// `chain`, every checkpoint's signature. Needs nothing but the file; streams, so that size does not matter. A log that was
// moved on from file to file is read as one, the oldest file first.
//
// What it cannot see by itself: that whole lines behind the last checkpoint were cut off at the end and that no server ever knew of
// them; and, without an expected public key, that somebody wrote a whole new log, or one behind this one as a device does that is enabled
// again, and signed it with a key of his own. The report names every device and key.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include "base/result.h"
#include "logical/audit_device.h"

namespace sr {

struct AuditVerifyOptions {
  std::vector<std::string> public_keys{};  // base64; each checkpoint must be signed by one of them. Empty: all of a device by the same key
  std::optional<AuditCheckpoint> last{};   // what the server's store kept: the log must reach it
  std::function<void(std::uint64_t bytes)> reached{};  // told now and then how far the reading is
};

struct AuditReport {
  struct Finding {
    std::string file{};                    // of several; empty when there is one
    std::uint64_t line = 0;                // of the file, counted from 1
    std::string text{};                    // "changed: ...", "3 lines are missing before it (seq 4 to 6)", ...
  };
  std::vector<Finding> problems{};         // the first ones, at most `problems_max`
  std::vector<Finding> notes{};            // what is odd but in order: a torn tail that the server marked, a new start
  static constexpr std::size_t problems_max = 16;

  std::uint64_t lines = 0;                 // of all files
  std::uint64_t first_seq = 0, last_seq = 0;
  std::uint64_t checkpoints = 0;           // with a good signature
  std::uint64_t signed_seq = 0;            // up to here a signature covers; behind it the chain alone
  std::vector<std::string> public_keys{};  // that signed, base64
  std::vector<std::string> devices{};      // ids

  bool ok() const { return problems.empty(); }
  std::string text() const;                // for people: several lines, each with its end of line
};

// An error only when the file cannot be read.
Result<AuditReport> verify_audit_logs(std::span<const std::string> files, const AuditVerifyOptions& options = {});
inline Result<AuditReport> verify_audit_log(const std::string& file, const AuditVerifyOptions& options = {}) { return verify_audit_logs({&file, 1}, options); }

}  // namespace sr
