#include "core/monitors.h"
#include "base/limits.h"

namespace sr {

class Monitors::Stream final : public LiveSource, public LogTap {
 public:
  Stream(Log& log, LogLevel level, LogFormat format) : log_(log), format_(format) { log_.attach(*this, level, format); }
  ~Stream() override { log_.detach(*this); }

  void take(std::string_view line) override {
    std::unique_lock lock(mutex_);
    if (ended_) return;
    if (missed_ > 0 || bytes_.size() + line.size() > limits::monitor_bytes) ++missed_;
    else bytes_.append(line);
    hand_over(lock);
  }
  void pull(Got got) override {
    std::unique_lock lock(mutex_);
    waiting_ = std::move(got);
    hand_over(lock);
  }
  void end() {
    std::unique_lock lock(mutex_);
    ended_ = true;
    hand_over(lock);
  }

 private:
  // What there is, to whoever waits for it.
  void hand_over(std::unique_lock<std::mutex>& lock) {
    if (!waiting_ || (bytes_.empty() && missed_ == 0 && !ended_)) return;
    Buffer piece = std::exchange(bytes_, Buffer());
    if (const auto missed = std::exchange(missed_, 0)) piece.append(Log::print(format_, LogLevel::warn, "log", "lines are missing here: they came faster than they were read", {{"lines", missed}}));
    Got got = std::exchange(waiting_, nullptr);
    lock.unlock();
    got(std::move(piece));
  }

  Log& log_;
  const LogFormat format_;
  std::mutex mutex_;  // guards all below
  Buffer bytes_;
  std::size_t missed_ = 0;  // lines behind these
  bool ended_ = false;
  Got waiting_{};
};

Result<std::shared_ptr<ByteSource>> Monitors::follow(LogLevel level, LogFormat format) {
  std::lock_guard lock(mutex_);
  std::erase_if(streams_, [](const auto& stream) { return stream.expired(); });
  if (stopped_) return fail(Code::busy, "the server is shutting down");
  if (streams_.size() >= limits::monitors) return fail(Code::busy, "too many follow the log already");
  auto stream = std::make_shared<Stream>(log_, level, format);
  streams_.push_back(stream);
  return stream;
}

void Monitors::end_all() {
  std::vector<std::weak_ptr<Stream>> ending;
  {
    std::lock_guard lock(mutex_);
    ending.swap(streams_);
  }
  for (const auto& each : ending)
    if (const auto stream = each.lock()) stream->end();
}

void Monitors::stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  end_all();
}

}  // namespace sr
