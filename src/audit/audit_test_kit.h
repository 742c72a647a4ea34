// What the tests of this folder share: a folder that goes away, a sink that fails and blocks on request, a device on it.
#pragma once
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include "audit/chained_device.h"
#include "audit/devices.h"
#include "audit/verify.h"
#include "base/random.h"

namespace sr::audit {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/audit_test.XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}
inline void write_file(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

inline std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}
inline std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

// The world under control: keeps what it was given, fails or blocks when told to.
class FakeSink final : public Sink {
 public:
  Result<Opened> open(const LogEnd&) override {
    std::lock_guard lock(mutex);
    if (!opens) return fail(Code::internal, "it does not open");
    return Opened{.line_open = !text.empty() && text.back() != '\n'};
  }
  Place place() override { return Place::same; }
  Written append(std::span<const iovec> pieces, Deadline) override {
    std::unique_lock lock(mutex);
    ++appends;
    changed.wait(lock, [this] { return !blocks; });
    Written written;
    for (const iovec& piece : pieces) {
      const std::size_t taken = std::min(piece.iov_len, room - std::min(room, written.bytes));
      text.append(static_cast<const char*>(piece.iov_base), taken);
      written.bytes += taken;
      if (taken == piece.iov_len) continue;
      written.problem = {Code::internal, "no room"};
      if (takes_back) text.resize(text.size() - std::exchange(written.bytes, 0));
      break;
    }
    return written;
  }
  void set(std::size_t new_room) {
    std::lock_guard lock(mutex);
    room = new_room;
  }
  void block(bool on) {
    std::lock_guard lock(mutex);
    blocks = on;
    changed.notify_all();
  }
  std::string now() {
    std::lock_guard lock(mutex);
    return text;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::string text;
  std::size_t room = SIZE_MAX;  // of one append
  int appends = 0;
  bool takes_back = true, blocks = false, opens = true, prompt = false;
};

// A sink that a device owns and a test keeps.
class SharedSink final : public Sink {
 public:
  explicit SharedSink(FakeSink& sink) : sink_(sink) {}
  Result<Opened> open(const LogEnd& known) override { return sink_.open(known); }
  Place place() override { return sink_.place(); }
  Written append(std::span<const iovec> pieces, Deadline deadline) override { return sink_.append(pieces, deadline); }
  bool is_prompt() const override { return sink_.prompt; }

 private:
  FakeSink& sink_;
};

inline Ed25519Key test_key(char c = 'k') { return *Ed25519Key::from_seed(std::string(32, c)); }

// One entry, of so many lines.
inline AuditLines entries(int first, int count = 1) {
  AuditLines lines;
  for (int i = 0; i < count; ++i) {
    lines.text() += "{\"time\":\"2024-01-01T00:00:00Z\",\"type\":\"request\",\"n\":" + std::to_string(first + i);
    lines.end_line();
  }
  lines.end_entry();
  return lines;
}

// What becomes of a call that brings one entry.
inline Result<void> result_of(const AuditOutcome& outcome) {
  if (outcome.written == 1) return {};
  return std::unexpected(outcome.problem);
}

// Writes and waits for the answer.
inline Result<void> write_and_wait(AuditDevice& device, AuditLines lines, void (AuditDevice::*write)(AuditLines, AuditDevice::Done) = &AuditDevice::write) {
  std::promise<Result<void>> answer;
  (device.*write)(std::move(lines), [&](const AuditOutcome& outcome) { answer.set_value(result_of(outcome)); });
  return answer.get_future().get();
}
// Which thread answers a write_now().
inline std::thread::id writer_of(AuditDevice& device, AuditLines lines) {
  std::promise<std::thread::id> answer;
  device.write_now(std::move(lines), [&](const AuditOutcome&) { answer.set_value(std::this_thread::get_id()); });
  return answer.get_future().get();
}

struct Kit {
  Folder folder;
  FakeClock clock;
  std::string log_file = folder / "server.log";
  Log log{{.level = LogLevel::info, .file = log_file}};
  std::mutex mutex;
  std::optional<AuditCheckpoint> kept;  // what the core would keep

  ChainedDevice::Setup setup() {
    return {.type = "file", .name = "file/", .id = "device-1", .format = {.hmac = HmacSha256("salt")}, .key = test_key(), .last = kept,
            .on_checkpoint = [this](const AuditCheckpoint& checkpoint) { std::lock_guard lock(mutex); kept = checkpoint; }, .checkpoint_pause = {}, .clock = clock, .log = log};
  }
  std::unique_ptr<ChainedDevice> on(FakeSink& sink) { return *ChainedDevice::open(setup(), std::make_unique<SharedSink>(sink)); }

  AuditDeviceParts file_setup(AuditDevice::Options options) {
    return {.name = "file/", .id = "device-1", .options = std::move(options), .salt = Secret("salt"), .key = test_key(), .last = kept,
            .on_checkpoint = [this](const AuditCheckpoint& checkpoint) { std::lock_guard lock(mutex); kept = checkpoint; }, .clock = clock, .log = log};
  }
  Result<std::unique_ptr<AuditDevice>> file(const std::string& path) { return open_file_device(file_setup({{"file_path", path}})); }

  AuditReport verify(std::string_view text, const AuditVerifyOptions& options = {}) {
    write_file(folder / "verify.log", text);
    return *verify_audit_log(folder / "verify.log", options);
  }
};

}  // namespace sr::audit
