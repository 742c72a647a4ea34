// A listening socket in the file system: its name, who may use it, and what a server that died has left behind.
#pragma once
#include <string>
#include <sys/types.h>
#include "base/result.h"
#include "net/stream.h"

namespace sr::net {

struct UnixSocketOptions {
  std::string mode{};   // octal; empty: 0700, for the server's own user alone
  std::string user{};   // a name or a number; empty: the server's
  std::string group{};
};

// The name of a bound socket, which is taken away at the end, unless another one stands there by then.
class UnixSocketName {
 public:
  UnixSocketName() = default;
  explicit UnixSocketName(std::string path);
  UnixSocketName(UnixSocketName&& other) noexcept : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}
  UnixSocketName& operator=(UnixSocketName&&) = delete;
  ~UnixSocketName();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct BoundUnixSocket {
  Socket socket;
  UnixSocketName name;
};
// Binds and listens. A socket that nobody listens on any more is replaced; any other file is not touched, and is an error.
Result<BoundUnixSocket> listen_on_unix_socket(const std::string& path, const UnixSocketOptions& options);

}  // namespace sr::net
