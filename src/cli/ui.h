// Where a command prints: results to standard output, errors and warnings to standard error, in red and yellow on a terminal.
// Resource; one thread.
#pragma once
#include <string>
#include <string_view>
#include "base/secret.h"
#include "base/result.h"

namespace sr::cli {

class Ui {
 public:
  struct Options {
    bool color = true;       // where the stream is a terminal
    bool hold_errors = false;  // keep them for held_errors(): a printed curl command stands alone
  };
  explicit Ui(Options options);

  void out(std::string_view line);  // with a newline
  void out_text(std::string_view text);  // lines with their ends
  // A value as it is: the newline is added for a person at a terminal only.
  void out_raw(std::string_view text);
  void error(std::string_view line);
  void warn(std::string_view line);
  void advise(std::string_view line);  // an error's second line: what to do about it
  const std::string& held_errors() const { return held_; }
  bool shows_progress() const;  // is there a terminal to draw at, beside the results
  bool flush();  // false when results could not be written

 private:
  void complain(std::string_view line, std::string_view color);

  Options options_;
  bool out_is_terminal_ = false;
  bool error_is_terminal_ = false;
  std::string held_;
};

// Is there somebody to ask: a terminal to type at, and one to see the question on.
bool can_ask();
// A question that a person at the terminal answers with "y" or "yes"; anything else, and the end of the input, is a no.
bool ask(std::string_view question);

// All of standard input; an error when it is longer than a request may be.
Result<std::string> read_standard_input();
Result<std::string> read_file(const std::string& path);
// A line typed at the terminal, not shown. Fails when standard input is no terminal. Who interrupts it ends the program, with the
// terminal as it was.
Result<Secret> read_hidden(std::string_view prompt);

}  // namespace sr::cli
