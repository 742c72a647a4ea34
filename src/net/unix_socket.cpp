#include "net/unix_socket.h"
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <charconv>
#include <cstring>
#include "base/concat.h"

namespace sr::net {
namespace {

std::unexpected<Error> fail_at(const std::string& path, std::string_view why) { return fail(Code::invalid, concat("listener \"unix\" address \"", path, "\": ", why)); }
std::unexpected<Error> fail_with_errno(const std::string& path) { return fail_at(path, std::strerror(errno)); }

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return fail_at(path, "a path of 1 to 107 bytes is needed");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

template <class Number> std::optional<Number> number(std::string_view text, int base) {
  Number value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What another server left behind when it died. A connect tells it from one that lives.
Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return errno == ENOENT ? Result<void>() : fail_with_errno(path);
  if (!S_ISSOCK(info.st_mode)) return fail_at(path, "a file that is no socket is there; give the listener another address, or move the file away");
  const Socket probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const bool refused = connect(probe.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  if (!refused) return fail_at(path, "another program listens there; end it, or give the listener another address");
  if (unlink(path.c_str()) != 0) return fail_with_errno(path);
  return {};
}

Result<void> give_to(const std::string& path, const UnixSocketOptions& options) {
  uid_t user = static_cast<uid_t>(-1);
  gid_t group = static_cast<gid_t>(-1);
  if (!options.user.empty()) {
    if (const auto id = number<uid_t>(options.user, 10)) user = *id;
    else if (const passwd* entry = getpwnam(options.user.c_str())) user = entry->pw_uid;
    else return fail_at(path, concat("socket_user \"", options.user, "\" is unknown"));
  }
  if (!options.group.empty()) {
    if (const auto id = number<gid_t>(options.group, 10)) group = *id;
    else if (const struct group* entry = getgrnam(options.group.c_str())) group = entry->gr_gid;
    else return fail_at(path, concat("socket_group \"", options.group, "\" is unknown"));
  }
  mode_t mode = 0700;
  if (!options.mode.empty()) {
    const auto given = number<mode_t>(options.mode, 8);
    if (!given || *given > 0777) return fail_at(path, concat("socket_mode \"", options.mode, "\" is no octal mode, such as \"0660\""));
    mode = *given;
  }
  // The owner first: the mode may lock the former one out. Until then it is the server's own, by its umask.
  if (chown(path.c_str(), user, group) != 0 || chmod(path.c_str(), mode) != 0) return fail_with_errno(path);
  return {};
}

}  // namespace

UnixSocketName::UnixSocketName(std::string path) : path_(std::move(path)) {
  struct stat info {};
  if (lstat(path_.c_str(), &info) == 0) device_ = info.st_dev, inode_ = info.st_ino;
}
UnixSocketName::~UnixSocketName() {
  struct stat info {};
  if (!path_.empty() && lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_) unlink(path_.c_str());
}

Result<BoundUnixSocket> listen_on_unix_socket(const std::string& path, const UnixSocketOptions& options) {
  const auto address = TRY(address_of(path));
  TRY(remove_stale(path, address));
  Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const mode_t before = umask(0077);
  const int bound = bind(socket.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  umask(before);
  if (bound != 0) return fail_with_errno(path);
  UnixSocketName name(path);
  TRY(give_to(path, options));
  if (listen(socket.descriptor(), SOMAXCONN) != 0) return fail_with_errno(path);
  return BoundUnixSocket{std::move(socket), std::move(name)};
}

}  // namespace sr::net
