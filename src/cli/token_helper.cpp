#include "cli/token_helper.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include "cli/environment.h"
#include "cli/go_text.h"
#include "cli/ui.h"

namespace sr::cli {
namespace {

constexpr std::size_t token_bytes = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view blank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blank);
  return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// The value of `token_helper = "..."`, the one setting that ~/.vault knows.
std::string helper_setting(std::string_view config) {
  while (!config.empty()) {
    const std::size_t end = std::min(config.find('\n'), config.size());
    std::string_view line = trimmed(config.substr(0, end));
    config.remove_prefix(std::min(end + 1, config.size()));
    if (!line.starts_with("token_helper")) continue;
    line = trimmed(line.substr(12));
    if (!line.starts_with("=")) continue;
    line = trimmed(line.substr(1));
    if (line.size() >= 2 && line.front() == '"' && line.back() == '"') return std::string(line.substr(1, line.size() - 2));
  }
  return "";
}

// Runs `program operation` with a shell, as such helpers are made for. Its output; an error with what it says when it fails.
Result<std::string> run(const std::string& program, const char* operation, std::string_view input, const std::string& address) {
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) != 0) return fail(Code::internal, "cannot start the token helper");
  if (pipe2(from, O_CLOEXEC) != 0) {
    close(to[0]);
    close(to[1]);
    return fail(Code::internal, "cannot start the token helper");
  }
  const std::string script = program + " " + operation;
  const pid_t child = fork();
  if (child == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    for (const char* name : {"STRONGROOM_ADDR", "BAO_ADDR", "VAULT_ADDR"}) setenv(name, address.c_str(), 1);
    execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  if (child > 0 && !input.empty()) static_cast<void>(!write(to[1], input.data(), input.size()));
  close(to[1]);
  std::string output;
  char block[4096];
  for (ssize_t got = 0; child > 0 && output.size() < token_bytes && (got = read(from[0], block, sizeof block)) > 0;) output.append(block, static_cast<std::size_t>(got));
  close(from[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Code::internal, "token helper " + program + " failed to " + operation + " the token");
  return output;
}

}  // namespace

Result<TokenHelper> TokenHelper::open(std::string address) {
  TokenHelper helper;
  helper.address_ = std::move(address);
  const std::string config = variable("CONFIG_PATH");
  if (const auto content = read_file(config.empty() ? home_folder() + "/.vault" : expand_home(config))) {
    const std::string program = helper_setting(*content);
    if (!program.empty()) {
      char* absolute = realpath(program.c_str(), nullptr);
      if (absolute == nullptr) return fail(Code::invalid, "unknown error getting the external helper path");
      helper.program_ = absolute;
      free(absolute);
      return helper;
    }
  } else if (!config.empty()) {
    return std::unexpected(content.error());
  }
  helper.file_ = variable("TOKEN_PATH");
  if (helper.file_.empty()) {
    const std::string home = home_folder();
    if (home.empty()) return fail(Code::invalid, "could not expand home directory: HOME is not set");
    helper.file_ = home + "/.vault-token";
  }
  return helper;
}

Result<Secret> TokenHelper::load() const {
  if (!program_.empty()) return Secret(TRY(run(program_, "get", "", address_)));
  const auto content = read_file(file_);
  if (!content) {
    if (access(file_.c_str(), F_OK) != 0 && errno == ENOENT) return Secret();
    return std::unexpected(content.error());
  }
  return Secret(trimmed(*content));
}

Result<void> TokenHelper::store(std::string_view token) const {
  if (!program_.empty()) {
    TRY(run(program_, "store", token, address_));
    return {};
  }
  // Written beside and moved: a reader never sees half a token, and the file's owner and mode are ours whatever was there.
  const std::string beside = file_ + ".tmp";
  const int file = ::open(beside.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fail(Code::internal, "open " + beside + ": " + strerror(errno));
  bool written = fchmod(file, 0600) == 0 && write(file, token.data(), token.size()) == static_cast<ssize_t>(token.size());
  written = close(file) == 0 && written;
  if (!written || rename(beside.c_str(), file_.c_str()) != 0) {
    const std::string why = strerror(errno);
    unlink(beside.c_str());
    return fail(Code::internal, "write " + file_ + ": " + why);
  }
  return {};
}

Result<void> TokenHelper::erase() const {
  if (!program_.empty()) {
    TRY(run(program_, "erase", "", address_));
    return {};
  }
  if (unlink(file_.c_str()) != 0 && errno != ENOENT) return fail(Code::internal, "remove " + file_ + ": " + strerror(errno));
  return {};
}

}  // namespace sr::cli
