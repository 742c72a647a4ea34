#include "audit/verify.h"
#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include "audit/chain.h"
#include "base/limits.h"

namespace sr {
namespace {

using namespace audit;

std::string count(std::uint64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + ' ' + std::string(number == 1 ? one : many);
}
std::string seq_range(std::uint64_t first, std::uint64_t last) {
  return first == last ? "seq " + std::to_string(first) : "seq " + std::to_string(first) + " to " + std::to_string(last);
}

class Verifier {
 public:
  Verifier(AuditReport& report, const AuditVerifyOptions& options) : report_(report), options_(options) {}

  void begin_file(std::string name) {
    file_ = std::move(name);
    line_ = checkpoint_line_ = 0;
  }

  void line(std::string_view text) {
    ++report_.lines, ++line_;
    const auto tail = read_tail(text);
    if (!tail) return odd_line(text);
    if (!begun_) begin(text, *tail);
    else next(text, *tail);
    report_.last_seq = end_.seq;
    after_checkpoint_ = checkpoint_line_ == line_;
  }

  // What lies behind the last line feed of a file.
  void rest(std::string_view text, bool of_the_last_file) {
    ++report_.lines, ++line_;
    if (odd_lines_ == 0 && of_the_last_file) note(line_, "an unfinished line of " + count(text.size(), "byte", "bytes") + " at the end: not yet marked by a server that went on");
    else odd_line(text);
  }

  void finish() {
    if (report_.lines == 0) return problem(0, "the file is empty");
    if (!begun_) return problem(1, "not one line of an audit log with a chain");
    if (odd_lines_ > 0) problem(odd_first_, "changed: " + count(odd_lines_, "line that is none", "lines that are none") + " of this log");
    if (options_.last && report_.last_seq < options_.last->seq)
      problem(line_, "the end is missing: the server's last checkpoint is seq " + std::to_string(options_.last->seq) + ", the file ends with " + std::to_string(report_.last_seq));
  }

 private:
  void problem(std::uint64_t number, std::string text) {
    if (report_.problems.size() < AuditReport::problems_max) report_.problems.push_back({file_, number, std::move(text)});
  }
  void note(std::uint64_t number, std::string text) {
    if (report_.notes.size() < AuditReport::problems_max) report_.notes.push_back({file_, number, std::move(text)});
  }

  // A line that has no chain: of another program before the log, what a crash left, or what a line was changed into.
  void odd_line(std::string_view text) {
    if (odd_lines_++ == 0) odd_first_ = line_;
    odd_.add(text);
    odd_without_feed_ = odd_;
    odd_.add("\n");
  }

  void begin(std::string_view text, const LineTail& tail) {
    begun_ = true;
    report_.first_seq = tail.end.seq;
    if (type_of(text) != "start") {
      problem(line_, "the beginning is missing: the first line of the log is seq " + std::to_string(tail.end.seq) + " and no start line");
      end_ = tail.end;
      return;
    }
    if (odd_lines_ > 0) note(1, count(odd_lines_, "line that another program wrote", "lines that other programs wrote") + " before the log: nothing is known about them");
    odd_ = {};
    odd_lines_ = 0;
    const auto start = read_start(text);
    if (!start) return problem(line_, "changed: " + start.error().message), end_ = tail.end, void();
    if (start->previous.seq > 0) note(line_, "goes on from an older file that ended with seq " + std::to_string(start->previous.seq));
    end_ = start->previous;
    follow(text, tail);
  }

  void next(std::string_view text, const LineTail& tail) {
    if (odd_lines_ > 0) settle_odd_lines(text);
    const auto other = new_device(text);
    if (other) note(line_, "another device goes on from here, " + *other + "; the one before it ended with seq " + std::to_string(end_.seq) +
                                       (after_checkpoint_ ? ", signed" : ", its last lines not signed"));
    if (other && tail.end.seq == 1 && tail.follows(LogEnd{})) {  // with a chain of its own
      end_ = {};
      other_end_.reset();
    }
    follow(text, tail);
  }

  // What lies between two lines of the log has to be what the second one says of it.
  void settle_odd_lines(std::string_view text) {
    const auto resume = type_of(text) == "resume" ? read_resume(text) : Result<Resume>(fail(Code::invalid, ""));
    const auto is = [&](const Torn& torn) { return resume && torn.bytes == resume->torn_bytes && print_hex(torn.hash.digest()) == resume->torn_sha256; };
    if (is(odd_) || is(odd_without_feed_)) note(odd_first_, "an unfinished line of " + count(resume->torn_bytes, "byte", "bytes") + ": a write was interrupted, and the server marked it");
    else problem(odd_first_, "changed: " + count(odd_lines_, "line that is none", "lines that are none") + " of this log");
    odd_ = {};
    odd_lines_ = 0;
  }

  void follow(std::string_view text, const LineTail& tail) {
    const LogEnd before = end_;
    const std::uint64_t seq = tail.end.seq;
    if (seq <= end_.seq) return problem(line_, "repeated or out of order: seq " + std::to_string(seq) + " comes behind seq " + std::to_string(end_.seq));
    if (seq > end_.seq + 1) {
      problem(line_, count(seq - end_.seq - 1, "line is", "lines are") + " missing before it (" + seq_range(end_.seq + 1, seq - 1) + ")");
      other_end_.reset();
      end_ = tail.end;
    } else if (tail.follows(end_)) {
      end_ = tail.end;
      other_end_.reset();
    } else if (other_end_ && tail.follows(*other_end_)) {  // of the line before, only its chain had been changed
      end_ = tail.end;
      other_end_.reset();
    } else {
      problem(line_, "changed: the line and its chain do not agree (seq " + std::to_string(seq) + ")");
      other_end_ = {seq, tail.chain_after(end_)};
      end_ = tail.end;
    }
    meet_device(text);
    if (type_of(text) == "checkpoint") check_signature(text, before);
    if (options_.last && seq == options_.last->seq && print_hex(tail.end.chain) != options_.last->chain)
      problem(line_, "changed: the chain here is not the one that the server keeps for seq " + std::to_string(seq));
  }

  // The id of the device that a start or resume line names, if no line before did.
  std::optional<std::string> new_device(std::string_view text) const {
    const auto identity = identity_of(text);
    if (!identity || std::ranges::find(report_.devices, identity->device) != report_.devices.end()) return std::nullopt;
    return identity->device;
  }
  void meet_device(std::string_view text) {
    const auto identity = identity_of(text);
    if (!identity) return;
    if (new_device(text)) report_.devices.push_back(identity->device), key_ = identity->public_key;
  }
  static std::optional<Identity> identity_of(std::string_view text) {
    if (type_of(text) == "start")
      if (const auto start = read_start(text)) return start->identity;
    if (type_of(text) == "resume")
      if (const auto resume = read_resume(text)) return resume->identity;
    return std::nullopt;
  }

  void check_signature(std::string_view text, const LogEnd& before) {
    const auto checkpoint = read_checkpoint(text);
    if (!checkpoint) return problem(line_, "changed: the checkpoint is damaged: " + checkpoint.error().message);
    const std::uint64_t since = std::exchange(checkpoint_line_, line_) + 1;
    if (!has_good_signature(*checkpoint, before)) {
      return problem(line_, "changed: the checkpoint's signature does not fit: something in lines " + std::to_string(since) + " to " +
                                      std::to_string(line_) + " was changed by somebody who does not have the key");
    }
    auto& keys = report_.public_keys;
    if (std::ranges::find(keys, checkpoint->public_key) == keys.end()) keys.push_back(checkpoint->public_key);
    const bool is_other = !key_.empty() && key_ != checkpoint->public_key;
    key_ = checkpoint->public_key;
    if (!options_.public_keys.empty() && std::ranges::find(options_.public_keys, checkpoint->public_key) == options_.public_keys.end())
      return problem(line_, "signed with a key that is not expected: " + checkpoint->public_key);
    if (options_.public_keys.empty() && is_other)
      return problem(line_, "signed with another key than the lines before: " + checkpoint->public_key);
    ++report_.checkpoints;
    report_.signed_seq = before.seq;
  }

  AuditReport& report_;
  const AuditVerifyOptions& options_;
  std::string file_{};
  std::uint64_t line_ = 0;  // of the file
  bool after_checkpoint_ = false;
  bool begun_ = false;
  LogEnd end_{};
  std::optional<LogEnd> other_end_{};  // behind a changed line: as it would be if its chain was what had been changed
  std::uint64_t checkpoint_line_ = 0;
  std::string key_{};  // of the device whose lines these are
  std::uint64_t odd_lines_ = 0, odd_first_ = 0;
  Torn odd_{}, odd_without_feed_{};
};

}  // namespace

namespace {

struct Reading {
  const AuditVerifyOptions& options;
  std::uint64_t bytes = 0;  // of all files so far
};
// Hands the lines of one file on.
Result<void> read_lines(const std::string& file, Verifier& verifier, Reading& reading, bool is_last) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return fail(Code::not_found, "cannot open " + file + ": " + std::strerror(errno));
  std::string text;
  std::vector<char> block(64 * 1024);
  Result<void> outcome;
  std::uint64_t lines = 0;
  for (;;) {
    const ssize_t got = ::read(opened, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) outcome = fail(Code::internal, "cannot read " + file + ": " + std::strerror(errno));
    if (got <= 0) break;
    const std::size_t searched = text.size();
    reading.bytes += static_cast<std::uint64_t>(got);
    if (reading.options.reached) reading.options.reached(reading.bytes);
    text.append(block.data(), static_cast<std::size_t>(got));
    std::size_t at = 0;
    for (std::size_t end = text.find('\n', searched); end != std::string::npos; end = text.find('\n', at)) {
      verifier.line(std::string_view(text).substr(at, end - at));
      at = end + 1;
      ++lines;
    }
    text.erase(0, at);
    if (text.size() > limits::audit_line_bytes) {
      outcome = fail(Code::invalid, "line " + std::to_string(lines + 1) + " of " + file + " is too long for a line of an audit log");
      break;
    }
  }
  ::close(opened);
  TRY(std::move(outcome));
  if (!text.empty()) verifier.rest(text, is_last);
  return {};
}

}  // namespace

Result<AuditReport> verify_audit_logs(std::span<const std::string> files, const AuditVerifyOptions& options) {
  AuditReport report;
  Verifier verifier(report, options);
  Reading reading{options};
  for (const std::string& file : files) {
    verifier.begin_file(files.size() > 1 ? file : std::string());
    TRY(read_lines(file, verifier, reading, &file == &files.back()));
  }
  verifier.finish();
  return report;
}

std::string AuditReport::text() const {
  std::string out;
  const auto add = [&out](const Finding& finding) { out += (finding.file.empty() ? std::string() : finding.file + ": ") + (finding.line > 0 ? "line " + std::to_string(finding.line) + ": " : std::string()) + finding.text + '\n'; };
  for (const Finding& finding : problems) add(finding);
  if (problems.size() == problems_max) out += "(and perhaps more)\n";
  for (const Finding& finding : notes) out += "note: ", add(finding);
  out += count(lines, "line", "lines");
  if (last_seq > 0) out += ", " + seq_range(first_seq, last_seq) + ", " + count(checkpoints, "good checkpoint", "good checkpoints");
  out += '\n';
  for (const std::string& key : public_keys) out += "signed with the key " + key + '\n';
  if (last_seq > signed_seq)
    out += (signed_seq > 0 ? "signed up to seq " + std::to_string(signed_seq) + "; the " : "nothing is signed; the ") + count(last_seq - std::max(signed_seq, first_seq - 1), "line", "lines") +
           " behind that only the chain covers\n";
  out += ok() ? "the log is as it was written\n" : "THE LOG IS NOT AS IT WAS WRITTEN\n";
  return out;
}

}  // namespace sr
