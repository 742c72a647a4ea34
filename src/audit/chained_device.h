// An audit device: an ordered, chained log on one sink.
//
// Two threads. The writer takes all that waits, ends each line with `seq` and `chain`, hands everything to the sink in one go and
// calls back. The watcher does nothing but look at the clock: what has waited for longer than the deadline, in the queue
// or with a writer that the sink holds fast, it answers with an error. A line that was not written never was: the next one takes its number.
#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
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
    std::chrono::milliseconds check_interval = limits::audit_file_check_interval;
    std::size_t entries_max = limits::audit_entries;
    const Clock& clock;
    Log& log;
  };
  // Opens the sink and writes the first lines.
  static Result<std::unique_ptr<ChainedDevice>> open(Setup setup, std::unique_ptr<Sink> sink);
  ~ChainedDevice() override;

  void write(std::vector<Buffer> lines, Done done) override;
  const AuditFormat& format() const override { return setup_.format; }
  std::string_view type() const override { return setup_.type; }
  const Options& options() const override { return setup_.options; }
  std::string public_key() const override { return identity_.public_key; }
  void reopen() override;
  State state() const override;
  std::optional<AuditCheckpoint> last_checkpoint() const override;

 private:
  using Steady = std::chrono::steady_clock;
  struct Entry {
    std::vector<Buffer> lines;
    Done done;
    Steady::time_point since;
  };
  struct Batch;  // what goes to the sink in one go

  ChainedDevice(Setup setup, std::unique_ptr<Sink> sink);
  void work();
  void watch();
  std::vector<Entry> take();
  void write_entries(std::vector<Entry> entries);
  Batch begin() const;
  void add(Batch& batch, Buffer& line) const;
  void add_checkpoint(Batch& batch) const;
  Result<void> put(Batch& batch, Deadline deadline);
  void keep_torn(const Batch& batch, std::size_t from, std::size_t to);
  Result<void> open_sink();
  void look_after_sink(bool asked);
  bool checkpoint_is_due() const;
  Result<void> put_checkpoint();
  void note(const Result<void>& outcome);
  Error named(const Error& error) const;

  const Setup setup_;
  const Identity identity_;

  // The writer's own.
  std::unique_ptr<Sink> sink_;
  LogEnd end_;
  bool open_ = false;
  enum class Opening : std::uint8_t { none, start, resume } opening_ = Opening::none;  // the line that the next batch begins with
  Torn torn_{};                     // what lies behind the last line, for a resume line to mark,
  bool line_open_ = false;          // and whether it ends inside a line
  std::size_t unsigned_lines_ = 0;  // since the last checkpoint
  Steady::time_point signed_at_{}, looked_at_{};

  mutable std::mutex mutex_;        // guards what follows
  std::condition_variable wake_writer_, wake_watcher_;
  std::deque<Entry> waiting_;
  std::vector<Done> writing_;       // of the batch that the sink has; empty when the watcher has answered
  Steady::time_point writing_since_{};
  bool reopen_asked_ = false;
  bool closed_ = false, finished_ = false;
  State state_;
  std::optional<AuditCheckpoint> last_;

  std::thread writer_, watcher_;    // last: they use all of the above
};

}  // namespace sr::audit
