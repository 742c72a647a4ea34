#include "cli/ui.h"
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include "base/limits.h"

namespace sr::cli {
namespace {

constexpr std::size_t typed_bytes = 64 * 1024;

// The words of Go's os package for the errors that people meet.
std::string go_error(int code) {
  std::string text = strerror(code);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

Result<std::string> read_all(int file, const std::string& name) {
  std::string content;
  char block[16 * 1024];
  for (;;) {
    const ssize_t got = read(file, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Code::invalid, "read " + name + ": " + go_error(errno));
    if (got == 0) return content;
    content.append(block, static_cast<std::size_t>(got));
    if (content.size() > limits::body_bytes) return fail(Code::too_large, name + " is larger than a request may be");
  }
}

void write_all(FILE* stream, std::string_view text) { static_cast<void>(fwrite(text.data(), 1, text.size(), stream)); }

}  // namespace

Ui::Ui(Options options) : options_(options) {
  const bool plain = getenv("NO_COLOR") != nullptr || (getenv("TERM") != nullptr && std::string_view(getenv("TERM")) == "dumb");
  out_is_terminal_ = isatty(STDOUT_FILENO) != 0;
  error_is_terminal_ = isatty(STDERR_FILENO) != 0;
  options_.color = options_.color && !plain;
}

void Ui::out(std::string_view line) {
  write_all(stdout, line);
  write_all(stdout, "\n");
}

void Ui::out_text(std::string_view text) { write_all(stdout, text); }

void Ui::out_raw(std::string_view text) {
  write_all(stdout, text);
  if (out_is_terminal_) write_all(stdout, "\n");
}

void Ui::error(std::string_view line) { complain(line, "\033[0;31m"); }
void Ui::advise(std::string_view line) {
  if (!options_.hold_errors) complain(line, "");
}
void Ui::warn(std::string_view line) { complain(line, "\033[0;33m"); }

void Ui::complain(std::string_view line, std::string_view color) {
  if (options_.hold_errors) {
    held_.append(line).append("\n");
    return;
  }
  fflush(stdout);  // in the order in which they were said
  const bool colored = options_.color && error_is_terminal_;
  const bool painted = colored && !color.empty();
  if (painted) write_all(stderr, color);
  write_all(stderr, line);
  write_all(stderr, painted ? "\033[0m\n" : "\n");
}

bool Ui::shows_progress() const {
  const char* kind = getenv("TERM");
  return error_is_terminal_ && !options_.hold_errors && (kind == nullptr || std::string_view(kind) != "dumb");
}

bool Ui::flush() { return fflush(stdout) == 0 && ferror(stdout) == 0; }

bool can_ask() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

bool ask(std::string_view question) {
  fflush(stdout);
  write_all(stderr, question);
  fflush(stderr);
  std::string typed;
  char c = 0;
  while (typed.size() < 16 && read(STDIN_FILENO, &c, 1) == 1 && c != '\n') typed += c;
  if (c != '\n') write_all(stderr, "\n");
  while (!typed.empty() && (typed.back() == ' ' || typed.back() == '\r')) typed.pop_back();
  return typed == "y" || typed == "Y" || typed == "yes" || typed == "Yes" || typed == "YES";
}

Result<std::string> read_standard_input() { return read_all(STDIN_FILENO, "standard input"); }

Result<std::string> read_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(Code::not_found, "open " + path + ": " + go_error(errno));
  auto content = read_all(file, path);
  close(file);
  return content;
}

namespace {

volatile std::sig_atomic_t interrupted = 0;  // by which signal
void note_signal(int signal) { interrupted = signal; }

// The terminal shows nothing of what is typed while this lives. A signal that ends the program waits until it shows again.
class Silence {
 public:
  explicit Silence(const termios& before) : before_(before) {
    interrupted = 0;
    struct sigaction note{};
    note.sa_handler = note_signal;  // without SA_RESTART: read() comes back
    for (std::size_t i = 0; i < std::size(signals); ++i) {
      sigaction(signals[i], nullptr, &former_[i]);
      if (former_[i].sa_handler != SIG_IGN) sigaction(signals[i], &note, nullptr);
    }
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent.c_lflag |= ICANON | ISIG;
    silent.c_cc[VSUSP] = _POSIX_VDISABLE;  // a shell in between would be as silent
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < std::size(signals); ++i) sigaction(signals[i], &former_[i], nullptr);
    write_all(stderr, "\n");
    if (interrupted != 0) raise(interrupted);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  termios before_;
  struct sigaction former_[std::size(signals)];
};

}  // namespace

Result<Secret> read_hidden(std::string_view prompt) {
  termios before{};
  if (tcgetattr(STDIN_FILENO, &before) != 0) return fail(Code::invalid, "file descriptor 0 is not a terminal");
  write_all(stderr, prompt);
  fflush(stderr);
  const Silence silence(before);
  Buffer typed;
  char c = 0;
  while (typed.size() < typed_bytes && interrupted == 0 && read(STDIN_FILENO, &c, 1) == 1 && c != '\n' && c != '\r') typed += c;
  return Secret(typed.view());
}

}  // namespace sr::cli
