#include "server/written_secret.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include "base/concat.h"

namespace sr::server {
namespace {

constexpr std::size_t file_bytes = 1024;  // the longest that a key is written is 64 digits; tokens are shorter than this, too

std::unexpected<Error> unreadable(std::string_view path, int why) { return fail(Code::invalid, concat("error reading file at ", path, ": ", std::strerror(why))); }

Result<Secret> read_file(const std::string& path, Log& log) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return unreadable(path, errno);
  struct stat info {};
  if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 0077) != 0)
    log.warn("server", "the file with a secret of the seal is open to others than its owner: chmod 600", {{"file", path}});
  Secret bytes = Secret::of_size(file_bytes);
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < file_bytes && ((got = ::read(file, bytes.data() + size, file_bytes - size)) > 0 || (got < 0 && errno == EINTR))) size += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
  const int why = errno;
  ::close(file);
  if (got < 0) return unreadable(path, why);
  return Secret(bytes.reveal().substr(0, size));
}

}  // namespace

Result<Secret> resolve_secret(std::string_view written, Log& log) {
  if (written.starts_with("file://")) return read_file(std::string(written.substr(7)), log);
  if (written.starts_with("env://")) {
    const std::string name(written.substr(6));
    const char* value = std::getenv(name.c_str());
    if (!value) return fail(Code::invalid, concat("environment variable ", name, " unset"));
    return Secret(value);
  }
  return Secret(written);
}

bool is_written_out(std::string_view written) { return !written.starts_with("file://") && !written.starts_with("env://"); }

}  // namespace sr::server
