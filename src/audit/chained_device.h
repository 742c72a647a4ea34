// An audit device: an ordered, chained log on one sink.
//
// Whoever holds the pen is the writer: a thread of the device's own, or for a write to a file that goes well, the caller of write_now().
//
// Two threads. The writer's takes all that waits, ends each line with `seq` and `chain`, hands it to the sink in as few goes as fit into
// limits::audit_write_bytes and calls back. The watcher does nothing but look at the clock: what has waited for longer than the deadline, in the queue
// or with a writer that the sink holds fast, it answers with an error; while the sink holds it, newcomers are refused at once. A line that
// was not written never was: the next one takes its number.
//
// The answer to an entry may let go of the last reference to its device, on the device's own thread: the threads share what they work on and
// end by themselves then.
#pragma once
#include <memory>
#include <thread>
#include "audit/sink.h"
#include "base/limits.h"
#include "base/log.h"
#include "logical/audit_device.h"

namespace sr::audit {

class ChainedDevice final : public AuditDevice {
 public:
  struct Setup {
    std::string type;       // "file"
    std::string name;       // for errors and the log: "file/ (/var/log/audit.log)"
    std::string id;
    Options options{};
    AuditFormat format;
    Ed25519Key key;
    std::optional<AuditCheckpoint> last{};
    std::function<void(const AuditCheckpoint&)> on_checkpoint{};
    bool must_open = true;
    std::chrono::milliseconds deadline = limits::audit_deadline;
    std::chrono::milliseconds checkpoint_interval = limits::audit_checkpoint_interval;
    std::size_t checkpoint_lines = limits::audit_checkpoint_lines;
    std::chrono::milliseconds checkpoint_pause = limits::audit_checkpoint_pause;
    std::chrono::milliseconds prompt_again = limits::audit_prompt_again;
    std::chrono::milliseconds check_interval = limits::audit_file_check_interval;
    std::size_t entries_max = limits::audit_entries;
    std::size_t bytes_max = limits::audit_queue_bytes;
    const Clock& clock;
    Log& log;
  };
  // Opens the sink and writes the first lines.
  static Result<std::unique_ptr<ChainedDevice>> open(Setup setup, std::unique_ptr<Sink> sink);
  ~ChainedDevice() override;

  void write(AuditLines lines, Done done) override;
  void write_now(AuditLines lines, Done done) override;
  const AuditFormat& format() const override;
  std::string_view type() const override;
  const Options& options() const override;
  std::string public_key() const override;
  void reopen() override;
  void retire() override;
  void wait_until_retired() override;
  State state() const override;
  std::optional<AuditCheckpoint> last_checkpoint() const override;

 private:
  class Work;
  explicit ChainedDevice(std::shared_ptr<Work> work);

  const std::shared_ptr<Work> work_;
  std::thread writer_, watcher_;
};

}  // namespace sr::audit
