// The audit lines of one request or of several, one behind the other in one text, as render() leaves them: what ends a line is its
// device's. An entry is what belongs to one request: all of its lines are written, or it has failed.
//
// A value.
#pragma once
#include <algorithm>
#include <vector>
#include "base/secret.h"

namespace sr {

class AuditLines {
 public:
  // How it is filled: render into text(), end the line; and when a request has all its lines, end the entry.
  Buffer& text() { return text_; }
  void end_line() { line_ends_.push_back(text_.size()); }
  void end_entry() { entry_ends_.push_back(line_ends_.size()); }

  std::size_t lines() const { return line_ends_.size(); }
  std::size_t entries() const { return entry_ends_.size(); }
  std::size_t bytes() const { return text_.size(); }
  std::string_view line(std::size_t number) const {
    const std::size_t begin = number == 0 ? 0 : line_ends_[number - 1];
    return text_.view().substr(begin, line_ends_[number] - begin);
  }
  std::string_view last_line() const { return line(lines() - 1); }
  // How many entries the first `lines` lines complete.
  std::size_t entries_within(std::size_t lines) const {
    return static_cast<std::size_t>(std::ranges::upper_bound(entry_ends_, lines) - entry_ends_.begin());
  }

 private:
  Buffer text_;
  std::vector<std::size_t> line_ends_;   // in bytes
  std::vector<std::size_t> entry_ends_;  // in lines
};

}  // namespace sr
