#include "audit/chained_device.h"
#include <signal.h>
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include "text/base64.h"

namespace sr::audit {

// What the two threads work on.
class ChainedDevice::Work {
 public:
  Work(Setup setup, std::unique_ptr<Sink> sink);
  Result<void> open();
  void write_until_closed();
  void watch_until_finished();
  void write(AuditLines lines, Done done);
  void write_now(AuditLines lines, Done done);
  void reopen();
  void close(bool on_its_own);
  void wait_until_finished();
  State state() const;
  std::optional<AuditCheckpoint> last_checkpoint() const;
  const Setup& setup() const { return setup_; }
  const Identity& identity() const { return identity_; }

 private:
  using Steady = std::chrono::steady_clock;
  struct Group {  // what one call brought
    AuditLines lines;
    Done done;
    Steady::time_point since;
    std::size_t written = 0;  // of its lines
  };
  struct Batch;  // what goes to the sink in one go

  void wait_for_work();
  std::vector<Group> take();
  struct Answers {
    std::vector<Done> dones;
    std::vector<AuditOutcome> outcomes;
    void give();
  };
  Answers write_groups(std::span<Group> groups);
  bool may_write_now() const;
  bool begin_now(Group& group);
  Result<void> attempt(std::span<Group> groups);
  Result<void> write_some(std::span<Group>& groups, Deadline deadline);
  Batch begin();
  void add(Batch& batch, std::string_view line) const;
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

  std::mutex pen_;  // guards what follows: the writer's own. Taken before mutex_
  std::unique_ptr<Sink> sink_;
  LogEnd end_;
  bool open_ = false;
  std::string why_not_open_ = "it is not open";
  enum class Opening : std::uint8_t { none, start, resume } opening_ = Opening::none;  // the line that the next batch begins with
  Torn torn_{};                     // what lies behind the last line, for a resume line to mark,
  bool line_open_ = false;          // and whether it ends inside a line
  std::size_t unsigned_lines_ = 0;  // since the last checkpoint
  Buffer spare_;                    // of the last batch, for the next
  Steady::time_point signed_at_{}, looked_at_{}, opens_again_at_{}, prompt_again_at_{};

  mutable std::mutex mutex_;        // guards what follows
  std::condition_variable wake_writer_, wake_watcher_;
  struct Size {
    std::size_t entries = 0, bytes = 0;
    Size& operator+=(const AuditLines& lines) { return entries += lines.entries(), bytes += lines.bytes(), *this; }
    Size& operator-=(const AuditLines& lines) { return entries -= lines.entries(), bytes -= lines.bytes(), *this; }
  };
  std::deque<Group> waiting_;
  std::vector<Done> writing_;       // of what the sink has; empty when the watcher has answered
  Steady::time_point writing_since_{};
  Size waiting_size_{}, writing_size_{};
  bool stuck_ = false;              // the watcher has answered, and the sink still holds the batch
  bool reopen_asked_ = false;
  bool closed_ = false, finished_ = false;
  State state_;
  std::optional<AuditCheckpoint> last_;
  bool on_its_own_ = false;         // nobody is there any more to keep checkpoints
};

struct ChainedDevice::Work::Batch {
  struct Mark {  // how things stand behind a line
    std::size_t bytes;
    LogEnd end;
    std::size_t unsigned_lines;
  };
  LogEnd end{};
  std::size_t unsigned_lines = 0;
  Buffer text{};
  std::size_t first_line = 0;  // where it begins: behind a line feed, if one is open
  std::vector<Mark> marks{};
  std::optional<AuditCheckpoint> checkpoint{};
  std::size_t checkpoint_end = 0;

  std::vector<iovec> pieces() {
    std::vector<iovec> pieces;
    pieces.reserve(marks.size() + 1);
    if (first_line > 0) pieces.push_back({text.data(), first_line});
    std::size_t at = first_line;
    for (const Mark& mark : marks) pieces.push_back({text.data() + at, mark.bytes - at}), at = mark.bytes;
    return pieces;
  }
};

namespace {

LogEnd end_of(const std::optional<AuditCheckpoint>& last) {
  if (!last) return {};
  const auto chain = parse_chain(last->chain);
  return chain ? LogEnd{last->seq, *chain} : LogEnd{};
}

}  // namespace

// ---- the device ---------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<ChainedDevice>> ChainedDevice::open(Setup setup, std::unique_ptr<Sink> sink) {
  auto work = std::make_shared<Work>(std::move(setup), std::move(sink));
  TRY(work->open());
  return std::unique_ptr<ChainedDevice>(new ChainedDevice(std::move(work)));
}

ChainedDevice::ChainedDevice(std::shared_ptr<Work> work)
    : work_(std::move(work)), writer_([work = work_] { work->write_until_closed(); }), watcher_([work = work_] { work->watch_until_finished(); }) {}

ChainedDevice::~ChainedDevice() {
  const auto here = std::this_thread::get_id();
  const bool from_within = here == writer_.get_id() || here == watcher_.get_id();
  work_->close(from_within);
  for (std::thread* thread : {&writer_, &watcher_}) {
    if (from_within) thread->detach();
    else thread->join();  // a sink gives up by the deadline, and the watcher is still there
  }
}

void ChainedDevice::write(AuditLines lines, Done done) { work_->write(std::move(lines), std::move(done)); }
void ChainedDevice::write_now(AuditLines lines, Done done) { work_->write_now(std::move(lines), std::move(done)); }
const AuditFormat& ChainedDevice::format() const { return work_->setup().format; }
std::string_view ChainedDevice::type() const { return work_->setup().type; }
const AuditDevice::Options& ChainedDevice::options() const { return work_->setup().options; }
std::string ChainedDevice::public_key() const { return work_->identity().public_key; }
void ChainedDevice::reopen() { work_->reopen(); }
void ChainedDevice::retire() { work_->close(true); }
void ChainedDevice::wait_until_retired() { work_->wait_until_finished(); }
AuditDevice::State ChainedDevice::state() const { return work_->state(); }
std::optional<AuditCheckpoint> ChainedDevice::last_checkpoint() const { return work_->last_checkpoint(); }

ChainedDevice::Work::Work(Setup setup, std::unique_ptr<Sink> sink)
    : setup_(std::move(setup)), identity_{setup_.id, base64::encode(as_text(setup_.key.public_key()))}, sink_(std::move(sink)), end_(end_of(setup_.last)),
      state_{.since = setup_.clock.now()}, last_(setup_.last) {}

// Before there are threads.
Result<void> ChainedDevice::Work::open() {
  Result<void> opened = open_sink();
  if (opened) {
    Batch batch = begin();
    opened = put(batch, Steady::now() + setup_.deadline);
  }
  if (!opened && setup_.must_open) return opened;
  note(opened);
  return {};
}

void ChainedDevice::Work::close(bool on_its_own) {
  std::lock_guard lock(mutex_);
  closed_ = true;
  on_its_own_ |= on_its_own;
  wake_writer_.notify_all();
}

void ChainedDevice::Work::wait_until_finished() {
  std::unique_lock lock(mutex_);
  wake_watcher_.wait_for(lock, 2 * setup_.deadline, [this] { return finished_; });
}

void ChainedDevice::Work::write(AuditLines lines, Done done) {
  Group group{std::move(lines), std::move(done), Steady::now()};
  std::string_view why;
  {
    std::lock_guard lock(mutex_);
    const bool is_full = waiting_size_.entries >= setup_.entries_max || (!waiting_.empty() && waiting_size_.bytes + group.lines.bytes() > setup_.bytes_max);
    // Whoever waits for a sink that has not moved within the deadline would wait for as long, in vain.
    why = closed_ ? "it was disabled" : stuck_ ? "it is stuck: what it writes to takes nothing" : is_full ? "too many entries wait" : "";
    if (why.empty()) {
      waiting_size_ += group.lines;
      waiting_.push_back(std::move(group));
      wake_writer_.notify_one();
      return;
    }
    state_.refused += group.lines.entries();
  }
  group.done({0, named({Code::internal, std::string(why)})});
}

void ChainedDevice::Work::write_now(AuditLines lines, Done done) {
  std::unique_lock writing(pen_, std::try_to_lock);
  Group group{std::move(lines), std::move(done), Steady::now()};
  if (!writing || !may_write_now() || !begin_now(group)) {
    if (writing) writing.unlock();
    return write(std::move(group.lines), std::move(group.done));
  }
  Answers answers = write_groups({&group, 1});
  // Whoever waited once would wait again: the thread takes over for a while.
  if (Steady::now() - group.since > limits::audit_prompt_write) prompt_again_at_ = Steady::now() + setup_.prompt_again;
  writing.unlock();
  answers.give();
}

bool ChainedDevice::Work::may_write_now() const { return sink_ && open_ && sink_->is_prompt() && Steady::now() >= prompt_again_at_; }

// Not past those who wait.
bool ChainedDevice::Work::begin_now(Group& group) {
  std::lock_guard lock(mutex_);
  if (closed_ || stuck_ || reopen_asked_ || !waiting_.empty()) return false;
  writing_size_ = {};
  writing_size_ += group.lines;
  writing_since_ = group.since;
  writing_.push_back(std::move(group.done));
  return true;
}

void ChainedDevice::Work::reopen() {
  std::lock_guard lock(mutex_);
  reopen_asked_ = true;
  wake_writer_.notify_one();
}

AuditDevice::State ChainedDevice::Work::state() const {
  std::lock_guard lock(mutex_);
  State state = state_;
  state.queue = waiting_size_.entries + writing_size_.entries;
  state.queue_bytes = waiting_size_.bytes + writing_size_.bytes;
  return state;
}

std::optional<AuditCheckpoint> ChainedDevice::Work::last_checkpoint() const {
  std::lock_guard lock(mutex_);
  return last_;
}

// ---- the watcher ----------------------------------------------------------------------------------------------------------

void ChainedDevice::Work::watch_until_finished() {
  const auto pause = std::clamp<std::chrono::milliseconds>(setup_.deadline / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
  std::unique_lock lock(mutex_);
  while (!finished_) {
    wake_watcher_.wait_for(lock, pause, [this] { return finished_; });
    const auto too_old = Steady::now() - setup_.deadline;
    std::vector<Done> late;
    if (!writing_.empty() && writing_since_ < too_old) {  // the lines may still be written; nobody relies on it
      late.swap(writing_);
      state_.refused += writing_size_.entries;
      stuck_ = true;
    }
    while (!waiting_.empty() && (stuck_ || waiting_.front().since < too_old)) {
      late.push_back(std::move(waiting_.front().done));
      state_.refused += waiting_.front().lines.entries();
      waiting_size_ -= waiting_.front().lines;
      waiting_.pop_front();
    }
    if (late.empty()) continue;
    lock.unlock();
    const Result<void> outcome = fail(Code::internal, "it did not take the entry in time");
    note(outcome);
    for (Done& done : late) done({0, named(outcome.error())});
    lock.lock();
  }
}

// ---- the writer -----------------------------------------------------------------------------------------------------------

void ChainedDevice::Work::write_until_closed() {
  sigset_t pipe;  // a reader that goes away is an error of the write, not a signal
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  for (;;) {
    wait_for_work();
    std::unique_lock writing(pen_);
    std::vector<Group> groups = take();
    bool asked = false, closed = false;
    {
      std::lock_guard lock(mutex_);
      asked = std::exchange(reopen_asked_, false);
      closed = closed_ && waiting_.empty();
    }
    if (asked || !open_ || Steady::now() - looked_at_ >= setup_.check_interval) look_after_sink(asked);
    Answers answers;
    if (!groups.empty()) answers = write_groups(groups);
    else if (closed) break;
    else if (open_ && unsigned_lines_ > 0 && checkpoint_is_due())
      if (const Result<void> outcome = put_checkpoint(); !outcome) note(outcome);
    writing.unlock();
    answers.give();
  }
  std::lock_guard writing(pen_);
  if (open_ && unsigned_lines_ > 0) static_cast<void>(put_checkpoint());
  sink_.reset();  // here, not with the last holder of the device: another one may want the file
  std::lock_guard lock(mutex_);
  finished_ = true;
  wake_watcher_.notify_all();
}

void ChainedDevice::Work::wait_for_work() {
  std::unique_lock lock(mutex_);
  wake_writer_.wait_for(lock, std::min(setup_.checkpoint_interval, setup_.check_interval), [this] { return closed_ || reopen_asked_ || !waiting_.empty(); });
}

std::vector<ChainedDevice::Work::Group> ChainedDevice::Work::take() {
  std::lock_guard lock(mutex_);
  std::vector<Group> groups(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
  waiting_.clear();
  writing_size_ = std::exchange(waiting_size_, {});
  if (!groups.empty()) writing_since_ = groups.front().since;
  for (Group& group : groups) writing_.push_back(std::move(group.done));
  return groups;
}

ChainedDevice::Work::Answers ChainedDevice::Work::write_groups(std::span<Group> groups) {
  Result<void> outcome = attempt(groups);
  // The file was deleted meanwhile, or the connection ended: what it did not take goes to the next one, and nobody hears of it.
  if (!outcome && open_ && sink_->place() == Sink::Place::lost) {
    look_after_sink(false);
    outcome = attempt(groups);
  }
  note(outcome);
  Answers answers;  // of a group that fails, a stream may have taken the first entries
  std::uint64_t refused = 0;
  for (const Group& group : groups) {
    const std::size_t written = group.lines.entries_within(group.written), wanted = group.lines.entries();
    refused += wanted - written;
    answers.outcomes.push_back({written, written < wanted ? named(outcome.error()) : Error()});
  }
  std::lock_guard lock(mutex_);
  answers.dones.swap(writing_);  // none: the watcher was quicker
  writing_size_ = {};
  stuck_ = false;
  if (!answers.dones.empty()) state_.refused += refused;
  return answers;
}

// Without the pen: they may have the next thing to write.
void ChainedDevice::Work::Answers::give() {
  for (std::size_t i = 0; i < dones.size(); ++i) dones[i](std::move(outcomes[i]));
}

Result<void> ChainedDevice::Work::attempt(std::span<Group> groups) {
  if (!open_) return std::unexpected(Error{Code::internal, why_not_open_});
  const Deadline deadline = groups.front().since + setup_.deadline;
  while (!groups.empty()) TRY(write_some(groups, deadline));
  return {};
}

// Writes the lines that are not written yet of as many groups as fit into one go, and leaves the others in `groups`.
Result<void> ChainedDevice::Work::write_some(std::span<Group>& groups, Deadline deadline) {
  Batch batch = begin();
  std::vector<std::pair<Group*, std::size_t>> ends;  // of each line, in bytes of the batch
  do {
    Group& group = groups.front();
    groups = groups.subspan(1);
    for (std::size_t i = group.written; i < group.lines.lines(); ++i) {
      add(batch, group.lines.line(i));
      ends.emplace_back(&group, batch.text.size());
    }
    if (batch.unsigned_lines >= setup_.checkpoint_lines && Steady::now() - signed_at_ >= setup_.checkpoint_pause) add_checkpoint(batch);
  } while (!groups.empty() && batch.text.size() + groups.front().lines.bytes() <= limits::audit_write_bytes);
  if (batch.unsigned_lines > 0 && checkpoint_is_due()) add_checkpoint(batch);
  Result<void> outcome = put(batch, deadline);
  const std::size_t whole = batch.marks.empty() ? 0 : batch.marks.back().bytes;
  for (const auto& [group, end] : ends)
    if (end <= whole) ++group->written;
  if (batch.text.capacity() <= limits::audit_write_bytes) spare_ = std::move(batch.text);
  return outcome;
}

// A batch with the line that has to come first, if one has, and its signature: so the core learns at once where this log stands.
ChainedDevice::Work::Batch ChainedDevice::Work::begin() {
  Batch batch{.end = end_, .unsigned_lines = unsigned_lines_, .text = std::exchange(spare_, {})};
  batch.text.clear();
  if (opening_ == Opening::none) return batch;
  if (line_open_) batch.text += '\n', batch.first_line = 1;
  Buffer first;
  if (opening_ == Opening::start) print_start(first, setup_.clock.now(), identity_, end_);
  else print_resume(first, setup_.clock.now(), identity_, torn_);
  add(batch, first);
  add_checkpoint(batch);
  return batch;
}

void ChainedDevice::Work::add(Batch& batch, std::string_view line) const {
  const std::size_t begin = batch.text.size();
  batch.text += line;
  close_line(batch.text, begin, batch.end);
  batch.marks.push_back({batch.text.size(), batch.end, ++batch.unsigned_lines});
}

void ChainedDevice::Work::add_checkpoint(Batch& batch) const {
  AuditCheckpoint checkpoint = sign_checkpoint(setup_.clock.now(), identity_, setup_.key, batch.end);
  Buffer line;
  print_checkpoint(line, checkpoint);
  add(batch, line);
  batch.marks.back().unsigned_lines = batch.unsigned_lines = 0;
  checkpoint.seq = batch.end.seq;
  checkpoint.chain = print_hex(batch.end.chain);
  batch.checkpoint = std::move(checkpoint);
  batch.checkpoint_end = batch.text.size();
}

// Leaves in `batch.marks` the lines that were written whole.
Result<void> ChainedDevice::Work::put(Batch& batch, Deadline deadline) {
  if (batch.text.empty()) return {};
  const Sink::Written written = sink_->append(batch.pieces(), deadline);
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
    bool is_kept = false;
    {
      std::lock_guard lock(mutex_);
      last_ = batch.checkpoint;
      is_kept = setup_.on_checkpoint && !on_its_own_;
    }
    if (is_kept) setup_.on_checkpoint(*batch.checkpoint);
  }
  if (written.bytes < batch.text.size()) return std::unexpected(written.problem);
  return {};
}

// A piece of a line that could not be taken back.
void ChainedDevice::Work::keep_torn(const Batch& batch, std::size_t from, std::size_t to) {
  if (from < to) {
    torn_.add(batch.text.view().substr(from, to - from));
    line_open_ = batch.text.view()[to - 1] != '\n';
  }
  if (opening_ == Opening::none) opening_ = Opening::resume;
}

bool ChainedDevice::Work::checkpoint_is_due() const { return Steady::now() - signed_at_ >= setup_.checkpoint_interval; }

Result<void> ChainedDevice::Work::put_checkpoint() {
  Batch batch = begin();
  if (!batch.checkpoint) add_checkpoint(batch);
  return put(batch, Steady::now() + setup_.deadline);
}

Result<void> ChainedDevice::Work::open_sink() {
  open_ = false;
  const auto began = Steady::now();
  const auto tried = sink_->open(end_);
  if (!tried) {
    // What took long to fail is not tried again for as long: half of the time is left for those who wait to hear of it.
    const auto took = Steady::now() - began;
    opens_again_at_ = took > std::chrono::milliseconds(100) ? Steady::now() + took : Steady::now();
    why_not_open_ = tried.error().message;
    return std::unexpected(tried.error());
  }
  const Sink::Opened& opened = *tried;
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
void ChainedDevice::Work::look_after_sink(bool asked) {
  looked_at_ = Steady::now();
  Result<void> outcome;
  if (open_) {
    const Sink::Place place = sink_->place();
    if (place == Sink::Place::same) return;
    if (place == Sink::Place::moved) {
      if (!asked) setup_.log.warn("audit", "the file was moved away: beginning a new one", {{"device", setup_.name}});
      if (unsigned_lines_ > 0) outcome = put_checkpoint();  // the old file ends with a signature
    } else {
      const std::string what(sink_->kind());
      setup_.log.error("audit", place == Sink::Place::changed ? "the file was changed by somebody else" : what == "file" ? "the file was deleted" : "the " + what + " ended", {{"device", setup_.name}});
      std::lock_guard lock(mutex_);
      ++state_.lost;
    }
    outcome = open_sink();
    // Moved away and no new one: better there than nowhere.
    if (!outcome && place == Sink::Place::moved) open_ = true;
  } else if (looked_at_ >= opens_again_at_) {
    outcome = open_sink();
  } else {
    return;
  }
  if (open_ && opening_ != Opening::none) outcome = put_checkpoint();
  if (!outcome) note(outcome);
}

Error ChainedDevice::Work::named(const Error& error) const { return {Code::internal, "audit device " + setup_.name + ": " + error.message}; }

// Keeps the state, and logs when it changes.
void ChainedDevice::Work::note(const Result<void>& outcome) {
  const std::string reason = outcome ? std::string() : named(outcome.error()).message;
  {
    std::lock_guard lock(mutex_);
    if (state_.reason == reason) return;
    if (state_.healthy != outcome.has_value()) state_.since = setup_.clock.now();
    state_.healthy = outcome.has_value();
    state_.reason = reason;
    if (!outcome) state_.last_error = reason, state_.last_error_at = setup_.clock.now();
  }
  if (outcome) setup_.log.info("audit", "the device works again", {{"device", setup_.name}});
  else setup_.log.error("audit", "entries cannot be written, their requests fail", {{"device", setup_.name}, {"reason", outcome.error().message}});
}

}  // namespace sr::audit
