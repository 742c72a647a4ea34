#include "audit/chained_device.h"
#include <signal.h>
#include <algorithm>
#include "text/base64.h"

namespace sr::audit {

struct ChainedDevice::Batch {
  struct Mark {  // how things stand behind a line
    std::size_t bytes;
    LogEnd end;
    std::size_t unsigned_lines;
  };
  LogEnd end{};
  std::size_t unsigned_lines = 0;
  std::size_t bytes = 0;
  std::vector<iovec> pieces{};
  std::vector<Mark> marks{};
  std::deque<Buffer> own{};  // lines of the device itself; a deque does not move them
  std::optional<AuditCheckpoint> checkpoint{};
  std::size_t checkpoint_end = 0;

  void push(char* text, std::size_t size) {
    pieces.push_back({text, size});
    bytes += size;
  }
};

namespace {

char line_feed[] = "\n";

LogEnd end_of(const std::optional<AuditCheckpoint>& last) {
  if (!last) return {};
  const auto chain = parse_chain(last->chain);
  return chain ? LogEnd{last->seq, *chain} : LogEnd{};
}

}  // namespace

Result<std::unique_ptr<ChainedDevice>> ChainedDevice::open(Setup setup, std::unique_ptr<Sink> sink) {
  std::unique_ptr<ChainedDevice> device(new ChainedDevice(std::move(setup), std::move(sink)));
  Result<void> opened = device->open_sink();
  if (opened) {
    Batch batch = device->begin();
    opened = device->put(batch, Steady::now() + device->setup_.deadline);
  }
  if (!opened && device->setup_.must_open) return std::unexpected(opened.error());
  device->note(opened);
  device->writer_ = std::thread([&it = *device] { it.work(); });
  device->watcher_ = std::thread([&it = *device] { it.watch(); });
  return device;
}

ChainedDevice::ChainedDevice(Setup setup, std::unique_ptr<Sink> sink)
    : setup_(std::move(setup)), identity_{setup_.id, base64::encode(as_text(setup_.key.public_key()))}, sink_(std::move(sink)), end_(end_of(setup_.last)),
      state_{.since = setup_.clock.now()}, last_(setup_.last) {}

ChainedDevice::~ChainedDevice() {
  if (!writer_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    wake_writer_.notify_all();
  }
  writer_.join();  // a sink gives up by the deadline, and the watcher is still there
  {
    std::lock_guard lock(mutex_);
    finished_ = true;
    wake_watcher_.notify_all();
  }
  watcher_.join();
}

void ChainedDevice::write(std::vector<Buffer> lines, Done done) {
  Entry entry{std::move(lines), std::move(done), Steady::now()};
  {
    std::lock_guard lock(mutex_);
    if (!closed_ && waiting_.size() < setup_.entries_max) {
      waiting_.push_back(std::move(entry));
      wake_writer_.notify_one();
      return;
    }
  }
  entry.done(std::unexpected(named({Code::internal, "too many entries wait"})));
}

void ChainedDevice::reopen() {
  std::lock_guard lock(mutex_);
  reopen_asked_ = true;
  wake_writer_.notify_one();
}

AuditDevice::State ChainedDevice::state() const {
  std::lock_guard lock(mutex_);
  return state_;
}

std::optional<AuditCheckpoint> ChainedDevice::last_checkpoint() const {
  std::lock_guard lock(mutex_);
  return last_;
}

// ---- the watcher ----------------------------------------------------------------------------------------------------------

void ChainedDevice::watch() {
  const auto pause = std::clamp<std::chrono::milliseconds>(setup_.deadline / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
  std::unique_lock lock(mutex_);
  while (!finished_) {
    wake_watcher_.wait_for(lock, pause, [this] { return finished_; });
    const auto too_old = Steady::now() - setup_.deadline;
    std::vector<Done> late;
    if (!writing_.empty() && writing_since_ < too_old) late.swap(writing_);  // the lines may still be written; nobody relies on it
    while (!waiting_.empty() && waiting_.front().since < too_old) {
      late.push_back(std::move(waiting_.front().done));
      waiting_.pop_front();
    }
    if (late.empty()) continue;
    lock.unlock();
    const Result<void> outcome = fail(Code::internal, "it did not take the entry in time");
    note(outcome);
    for (Done& done : late) done(std::unexpected(named(outcome.error())));
    lock.lock();
  }
}

// ---- the writer -----------------------------------------------------------------------------------------------------------

void ChainedDevice::work() {
  sigset_t pipe;  // a reader that goes away is an error of the write, not a signal
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  for (;;) {
    std::vector<Entry> entries = take();
    bool asked = false, closed = false;
    {
      std::lock_guard lock(mutex_);
      asked = std::exchange(reopen_asked_, false);
      closed = closed_;
    }
    if (asked || !open_ || Steady::now() - looked_at_ >= setup_.check_interval) look_after_sink(asked);
    if (!entries.empty()) write_entries(std::move(entries));
    else if (closed) break;
    if (open_ && unsigned_lines_ > 0 && checkpoint_is_due())
      if (const Result<void> outcome = put_checkpoint(); !outcome) note(outcome);
  }
  if (open_ && unsigned_lines_ > 0) static_cast<void>(put_checkpoint());
}

std::vector<ChainedDevice::Entry> ChainedDevice::take() {
  std::unique_lock lock(mutex_);
  wake_writer_.wait_for(lock, std::min(setup_.checkpoint_interval, setup_.check_interval), [this] { return closed_ || reopen_asked_ || !waiting_.empty(); });
  std::vector<Entry> entries(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  if (!entries.empty()) writing_since_ = entries.front().since;
  for (Entry& entry : entries) writing_.push_back(std::move(entry.done));
  return entries;
}

void ChainedDevice::write_entries(std::vector<Entry> entries) {
  Batch batch;
  std::vector<std::size_t> ends;  // of each entry, in bytes of the batch
  Result<void> outcome = fail(Code::internal, "it is not open");
  if (open_) {
    batch = begin();
    for (Entry& entry : entries) {
      for (Buffer& line : entry.lines) add(batch, line);
      ends.push_back(batch.bytes);
      if (batch.unsigned_lines >= setup_.checkpoint_lines) add_checkpoint(batch);
    }
    if (batch.unsigned_lines > 0 && checkpoint_is_due()) add_checkpoint(batch);
    outcome = put(batch, entries.front().since + setup_.deadline);
    note(outcome);
  }
  std::vector<Done> dones;
  {
    std::lock_guard lock(mutex_);
    dones.swap(writing_);  // none: the watcher was quicker
  }
  const std::size_t whole = batch.marks.empty() ? 0 : batch.marks.back().bytes;
  for (std::size_t i = 0; i < dones.size(); ++i) {
    if (outcome || (i < ends.size() && ends[i] <= whole)) dones[i]({});  // of a batch that fails, a stream may have taken the first ones
    else dones[i](std::unexpected(named(outcome.error())));
  }
}

// A batch with the line that has to come first, if one has, and its signature: so the core learns at once where this log stands.
ChainedDevice::Batch ChainedDevice::begin() const {
  Batch batch{.end = end_, .unsigned_lines = unsigned_lines_};
  if (opening_ == Opening::none) return batch;
  if (line_open_) batch.push(line_feed, 1);
  Buffer& first = batch.own.emplace_back();
  if (opening_ == Opening::start) print_start(first, setup_.clock.now(), identity_, end_);
  else print_resume(first, setup_.clock.now(), identity_, torn_);
  add(batch, first);
  add_checkpoint(batch);
  return batch;
}

void ChainedDevice::add(Batch& batch, Buffer& line) const {
  close_line(line, batch.end);
  batch.push(line.data(), line.size());
  batch.marks.push_back({batch.bytes, batch.end, ++batch.unsigned_lines});
}

void ChainedDevice::add_checkpoint(Batch& batch) const {
  AuditCheckpoint checkpoint = sign_checkpoint(setup_.clock.now(), identity_, setup_.key, batch.end);
  Buffer& line = batch.own.emplace_back();
  print_checkpoint(line, checkpoint);
  add(batch, line);
  batch.marks.back().unsigned_lines = batch.unsigned_lines = 0;
  checkpoint.seq = batch.end.seq;
  checkpoint.chain = print_hex(batch.end.chain);
  batch.checkpoint = std::move(checkpoint);
  batch.checkpoint_end = batch.bytes;
}

// Leaves in `batch.marks` the lines that were written whole.
Result<void> ChainedDevice::put(Batch& batch, Deadline deadline) {
  if (batch.pieces.empty()) return {};
  const Sink::Written written = sink_->append(batch.pieces, deadline);
  // A line that lacks its line feed only is whole: the next line feed ends it.
  while (!batch.marks.empty() && batch.marks.back().bytes > written.bytes + 1) batch.marks.pop_back();
  std::size_t whole = 0;
  if (!batch.marks.empty()) {
    whole = batch.marks.back().bytes;
    end_ = batch.marks.back().end;
    unsigned_lines_ = batch.marks.back().unsigned_lines;
    torn_ = {};
    line_open_ = whole > written.bytes;
    opening_ = line_open_ ? Opening::resume : Opening::none;
  }
  if (written.bytes > whole) {
    const bool ended_a_line = whole == 0 && line_open_ && torn_.bytes == 0;  // by the line feed that the batch begins with
    if (ended_a_line) line_open_ = false;
    keep_torn(batch, ended_a_line ? 1 : whole, written.bytes);
  }
  if (batch.checkpoint && batch.checkpoint_end <= whole) {
    signed_at_ = Steady::now();
    {
      std::lock_guard lock(mutex_);
      last_ = batch.checkpoint;
    }
    if (setup_.on_checkpoint) setup_.on_checkpoint(*batch.checkpoint);
  }
  if (written.bytes < batch.bytes) return std::unexpected(written.problem);
  return {};
}

// A piece of a line that could not be taken back.
void ChainedDevice::keep_torn(const Batch& batch, std::size_t from, std::size_t to) {
  std::size_t at = 0;
  for (const iovec& piece : batch.pieces) {
    const std::string_view text(static_cast<const char*>(piece.iov_base), piece.iov_len);
    const std::size_t first = std::max(from, at), last = std::min(to, at + text.size());
    if (first < last) {
      torn_.add(text.substr(first - at, last - first));
      line_open_ = text[last - at - 1] != '\n';
    }
    at += text.size();
  }
  if (opening_ == Opening::none) opening_ = Opening::resume;
}

bool ChainedDevice::checkpoint_is_due() const { return Steady::now() - signed_at_ >= setup_.checkpoint_interval; }

Result<void> ChainedDevice::put_checkpoint() {
  Batch batch = begin();
  if (!batch.checkpoint) add_checkpoint(batch);
  return put(batch, Steady::now() + setup_.deadline);
}

Result<void> ChainedDevice::open_sink() {
  open_ = false;
  const Sink::Opened opened = TRY(sink_->open(end_));
  open_ = true;
  torn_ = opened.torn;
  line_open_ = opened.line_open;
  opening_ = opened.found == Sink::Opened::Found::nothing || (opened.found == Sink::Opened::Found::something && end_.seq == 0) ? Opening::start : Opening::resume;
  if (opened.found == Sink::Opened::Found::this_log) end_ = opened.end;
  // Going on from what we know makes the gap plain to the verifier. Going on from what lies there would put our signature under it.
  if (opened.found == Sink::Opened::Found::something && end_.seq > 0)
    setup_.log.error("audit", "the log does not reach the last checkpoint: lines are missing or were changed", {{"device", setup_.name}, {"seq", end_.seq}});
  return {};
}

// Once in a while, and on SIGHUP.
void ChainedDevice::look_after_sink(bool asked) {
  looked_at_ = Steady::now();
  Result<void> outcome;
  if (open_) {
    const Sink::Place place = sink_->place();
    if (place == Sink::Place::same) return;
    if (place == Sink::Place::moved) {
      if (!asked) setup_.log.warn("audit", "the file was moved away: beginning a new one", {{"device", setup_.name}});
      if (unsigned_lines_ > 0) outcome = put_checkpoint();  // the old file ends with a signature
    } else {
      setup_.log.error("audit", place == Sink::Place::lost ? "the file was deleted" : "the file was changed by somebody else", {{"device", setup_.name}});
    }
    outcome = open_sink();
    // Moved away and no new one: better there than nowhere.
    if (!outcome && place == Sink::Place::moved) open_ = true;
  } else {
    outcome = open_sink();
  }
  if (open_ && opening_ != Opening::none) outcome = put_checkpoint();
  if (!outcome) note(outcome);
}

Error ChainedDevice::named(const Error& error) const { return {Code::internal, "audit device " + setup_.name + ": " + error.message}; }

// Keeps the state, and logs when it changes.
void ChainedDevice::note(const Result<void>& outcome) {
  const std::string reason = outcome ? std::string() : named(outcome.error()).message;
  {
    std::lock_guard lock(mutex_);
    if (state_.reason == reason) return;
    if (state_.healthy != outcome.has_value()) state_.since = setup_.clock.now();
    state_.healthy = outcome.has_value();
    state_.reason = reason;
  }
  if (outcome) setup_.log.info("audit", "the device works again", {{"device", setup_.name}});
  else setup_.log.error("audit", "entries cannot be written, their requests fail", {{"device", setup_.name}, {"reason", outcome.error().message}});
}

}  // namespace sr::audit
