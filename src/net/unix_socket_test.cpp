#include "net/unix_socket.h"
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include "net/server.h"
#include "net/test_tls.h"

namespace sr::net {
namespace {

using test::Folder;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}
std::string problem(const std::string& path, const UnixSocketOptions& options = {}) {
  const auto bound = listen_on_unix_socket(path, options);
  return bound ? "" : bound.error().message;
}

TEST(UnixSocket, BelongsToTheServerUnlessItIsGivenAway) {
  Folder folder;
  const auto path = folder / "sock";
  {
    const auto bound = listen_on_unix_socket(path, {});
    ASSERT_TRUE(bound);
    EXPECT_EQ(mode_of(path), 0700u);
  }
  EXPECT_FALSE(std::filesystem::exists(path)) << "it goes with the server";
  const auto bound = listen_on_unix_socket(path, {.mode = "0660", .user = std::to_string(getuid()), .group = std::to_string(getgid())});
  ASSERT_TRUE(bound);
  EXPECT_EQ(mode_of(path), 0660u);
}

TEST(UnixSocket, ReplacesOnlyWhatADeadServerLeft) {
  Folder folder;
  const auto path = folder / "sock";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  {
    const Socket dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(bind(dead.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  const auto alive = listen_on_unix_socket(path, {});
  ASSERT_TRUE(alive);
  EXPECT_TRUE(problem(path).contains("another program listens there"));
  EXPECT_TRUE(std::filesystem::exists(path)) << "the living one keeps its name";

  test::write_file(folder / "file", "precious");
  EXPECT_TRUE(problem(folder / "file").contains("a file that is no socket is there"));
  EXPECT_TRUE(std::filesystem::exists(folder / "file"));
}

TEST(UnixSocket, SaysWhatIsWrong) {
  Folder folder;
  EXPECT_TRUE(problem(folder / "a", {.mode = "0999"}).contains("socket_mode \"0999\" is no octal mode"));
  EXPECT_TRUE(problem(folder / "a", {.user = "nobody-of-that-name"}).contains("socket_user \"nobody-of-that-name\" is unknown"));
  EXPECT_TRUE(problem(folder / "a", {.group = "nobody-of-that-name"}).contains("socket_group"));
  EXPECT_TRUE(problem((folder / "") + std::string(200, 'x')).contains("1 to 107 bytes"));
  EXPECT_TRUE(problem(folder / "none/a").contains("No such file"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a")) << "nothing is left behind";
}

TEST(UnixSocket, LeavesAnotherServersNameAlone) {
  Folder folder;
  const auto path = folder / "sock";
  auto first = std::make_unique<Result<BoundUnixSocket>>(listen_on_unix_socket(path, {}));
  ASSERT_TRUE(*first);
  std::filesystem::rename(path, folder / "moved");
  const auto second = listen_on_unix_socket(path, {});
  ASSERT_TRUE(second);
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(path));
}

struct SaysWhoAsks final : http::Service {
  void serve(Loop&, http::Request request, http::Reply reply) override { reply(http::Response::text(200, "text/plain", "from '" + request.peer.address + "'")); }
};

TEST(UnixSocket, IsServedLikeAnyOther) {
  Folder folder;
  const auto path = folder / "sock";
  Log log{{.level = LogLevel::off}};
  Loops loops(1);
  SaysWhoAsks service;
  Server server(loops, service, log, {.listeners = {{.address = path, .unix_socket = UnixSocketOptions{}}}});
  ASSERT_TRUE(server.start());
  EXPECT_EQ(server.addresses()[0], path);
  const Socket client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(connect(client.descriptor(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string_view request = "GET / HTTP/1.0\r\n\r\n";
  ASSERT_EQ(write(client.descriptor(), request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char bytes[1024];
  for (ssize_t got; (got = read(client.descriptor(), bytes, sizeof bytes)) > 0;) answer.append(bytes, static_cast<std::size_t>(got));
  EXPECT_TRUE(answer.ends_with("from ''")) << answer;
  server.stop(std::chrono::milliseconds(0));
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace sr::net
