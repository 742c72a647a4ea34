#include "server/dev_tls.h"
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <filesystem>
#include "server/options.h"

namespace sr::server {
namespace {

TEST(DevTls, WritesItsFilesAndTakesThemAway) {
  std::string folder;
  {
    const auto files = DevTlsFiles::make("", {"vault.example", "192.0.2.1"});
    ASSERT_TRUE(files) << files.error().message;
    folder = files->folder();
    struct stat info {};
    ASSERT_EQ(stat((folder + "/vault-key.pem").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0400u);
    net::TlsContext context({.cert_file = folder + "/vault-cert.pem", .key_file = folder + "/vault-key.pem", .client_ca_file = folder + "/vault-ca.pem"});
    EXPECT_TRUE(context.load());
  }
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(DevTls, LeavesAGivenFolderAndReplacesItsOwnFiles) {
  std::string folder = testing::TempDir() + "/dev-tls-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder.data()));
  ASSERT_TRUE(DevTlsFiles::make(folder, {}));
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  std::filesystem::create_symlink("/proc/version", folder + "/vault-key.pem");
  {
    const auto files = DevTlsFiles::make(folder, {});
    ASSERT_TRUE(files);
    EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(folder + "/vault-key.pem")));
  }
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(DevTlsFiles::make(folder, {}).error().message.contains("make the folder first"));
  EXPECT_TRUE(DevTlsFiles::make("", {"a,IP:1.2.3.4"}).error().message.contains("neither a host nor an address"));
}

TEST(DevTls, IsDevModeByItself) {
  const auto options = parse_options({"-dev-tls", "-dev-tls-san=a,b", "-dev-tls-san", "c", "-dev-tls-cert-dir=/x"});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->dev);
  EXPECT_EQ(options->dev_tls_names, (std::vector<std::string>{"a", "b", "c"}));
  const auto config = read_config(*options);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->listeners[0].net.tls->cert_file, "/x/vault-cert.pem");
}

}  // namespace
}  // namespace sr::server
