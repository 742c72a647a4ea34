// A log in a file of the system: a regular file, a FIFO, a terminal or /dev/null; or standard output. A regular file is locked, so
// that no second device writes to it, and a line that does not fit is taken back. A stream cannot take back: there the rest of a line is told to
// the device, which marks it. A file that was deleted while it was written to has not taken the lines: they go to the next one.
#pragma once
#include <optional>
#include <string>
#include <sys/stat.h>
#include <vector>
#include "audit/sink.h"

namespace sr::audit {

class FileSink final : public Sink {
 public:
  struct Options {
    std::string path;                 // "" is standard output
    std::optional<mode_t> mode;       // nothing: as the file has it, or 0600
    std::vector<std::string> folders{};            // where it may lie, or below; empty: anywhere but in
    std::vector<std::string> forbidden_folders{};  // these, those of the system, and hidden ones
  };
  explicit FileSink(Options options) : options_(std::move(options)) {}
  ~FileSink() override;

  Result<Opened> open(const LogEnd& known) override;
  Place place() override;
  Written append(std::span<const iovec> pieces, Deadline deadline) override;
  bool is_prompt() const override { return regular_; }

 private:
  Result<void> judge_folder(const std::string& folder) const;
  struct Folder { int descriptor; std::string real; };
  Result<Folder> open_folder() const;
  Result<int> open_path() const;
  Result<void> judge(int file) const;
  Result<Opened> examine(int file, const LogEnd& known) const;

  const Options options_;
  int file_ = -1;
  bool regular_ = false;
  bool waits_ = false;  // a blocking stream: written in pieces that a poll has room for
  off_t size_ = 0;      // of a regular file, as this sink left it
};

}  // namespace sr::audit
