#include "cli/token_helper.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include "cli/environment.h"
#include "cli/go_text.h"
#include "cli/ui.h"
#include "text/hcl.h"
#include "text/trim.h"

namespace sr::cli {
namespace {

constexpr std::size_t token_bytes = 64 * 1024;

// The value of `token_helper = "..."`, the one setting that ~/.vault knows.
Result<std::string> helper_setting(std::string_view config) {
  const hcl::Value settings = TRY(hcl::parse(config));
  for (const hcl::Item& item : settings.items)
    if (item.key != "token_helper") return hcl::fail_at(item.line, "invalid key " + go_quote(item.key) + ": \"token_helper\" is the only one");
  const hcl::Item* helper = settings.find("token_helper");
  return helper == nullptr ? Result<std::string>("") : hcl::to_text(*helper);
}

// A file in memory: what the helper reads and writes. Unlike a pipe it is never full, and nobody waits for its other end.
struct MemoryFile {
  int file = memfd_create("token", MFD_CLOEXEC);
  MemoryFile() = default;
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (file >= 0) close(file);
  }
  bool write(std::string_view text) const { return pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()); }
  std::string read() const {
    std::string text(token_bytes, 0);
    const ssize_t got = pread(file, text.data(), text.size(), 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }
};

// Runs `program operation` with a shell, as such helpers are made for. Its output; an error with what it says when it fails.
Result<std::string> run(const std::string& program, const char* operation, std::string_view input, const std::string& address) {
  MemoryFile in, out, err;
  if (in.file < 0 || out.file < 0 || err.file < 0 || !in.write(input)) return fail(Code::internal, "cannot start the token helper");
  const std::string script = program + " " + operation;
  const pid_t child = fork();
  if (child == 0) {
    dup2(in.file, STDIN_FILENO);
    dup2(out.file, STDOUT_FILENO);
    dup2(err.file, STDERR_FILENO);
    for (const char* name : {"STRONGROOM_ADDR", "BAO_ADDR", "VAULT_ADDR"}) setenv(name, address.c_str(), 1);
    execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return fail(Code::internal, "cannot start the token helper");
  const std::string how = WIFEXITED(status) ? "exit status " + std::to_string(WEXITSTATUS(status)) : "signal: " + std::string(strsignal(WTERMSIG(status)));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return fail(Code::internal, go_quote(err.read()) + ": " + how);
  return out.read();
}

}  // namespace

Result<TokenHelper> TokenHelper::open(std::string address) {
  TokenHelper helper;
  helper.address_ = std::move(address);
  const std::string named = variable("CONFIG_PATH"), config = named.empty() ? home_folder() + "/.vault" : expand_home(named);
  if (access(config.c_str(), F_OK) == 0 || errno != ENOENT) {
    const auto program = helper_setting(TRY(read_file(config)));
    if (!program) {
      return fail(Code::invalid, "error parsing config file at " + go_quote(config) + ": " + program.error().message +
                                     "; ensure that the file is valid; Ansible Vault is known to conflict with it.");
    }
    if (!program->empty()) {
      char* absolute = realpath(program->c_str(), nullptr);
      if (absolute == nullptr) return fail(Code::invalid, "unknown error getting the external helper path");
      helper.program_ = absolute;
      free(absolute);
      return helper;
    }
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
  return Secret(trimmed(*content, go_blanks));
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
