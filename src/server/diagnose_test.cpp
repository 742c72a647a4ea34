#include "server/diagnose.h"
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include "net/listener.h"
#include "server/dev_tls.h"

namespace sr::server {
namespace {

namespace fs = std::filesystem;
using Status = Diagnosis::Status;

class Diagnose : public testing::Test {
 protected:
  Diagnose() {
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
    config_.storage = StorageConfig{.type = "rocksdb", .path = folder_ / "store"};
    config_.listeners.resize(1);
    config_.listeners[0].net.address = "127.0.0.1:0";
    config_.disable_mlock = true;
  }
  ~Diagnose() override { fs::remove_all(folder_); }

  // The line of the text that names `check`.
  static std::string line(const Diagnosis& found, std::string_view check) {
    const std::string text = found.text(false);
    const std::size_t at = text.find(check);
    if (at == std::string::npos) return "nothing says " + std::string(check) + ":\n" + text;
    const std::size_t begin = text.rfind('[', at);
    return text.substr(begin, text.find('\n', at) - begin);
  }
  Diagnosis listeners(Time now) { return diagnose_listeners(config_, now); }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("diagnose-" + std::to_string(getpid()));
  const Time now_ = SystemClock().now();
  Config config_;
};

TEST_F(Diagnose, FindsNothingWhereNothingIsWrong) {
  const Diagnosis found = diagnose_storage(config_);
  EXPECT_TRUE(line(found, "Check Storage Folder").starts_with("[ success ]")) << found.text(false);
  EXPECT_NE(line(found, "Check Storage Folder").find("the first start makes it"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "store"));  // looking makes nothing
  EXPECT_EQ(listeners(now_).exit_code(), 0) << listeners(now_).text(false);
}

TEST_F(Diagnose, FindsAFolderThatIsNoStore) {
  fs::create_directory(folder_ / "store");
  std::ofstream(folder_ / "store" / "letter.txt") << "dear";
  EXPECT_EQ(diagnose_storage(config_).exit_code(), 1);
  EXPECT_NE(line(diagnose_storage(config_), "Check Storage Files").find("they are no store"), std::string::npos);
  std::ofstream(folder_ / "store" / "CURRENT") << "MANIFEST-1";
  fs::permissions(folder_ / "store", fs::perms::owner_all | fs::perms::others_read);
  EXPECT_TRUE(line(diagnose_storage(config_), "Check Storage Files").starts_with("[ success ]"));
  EXPECT_TRUE(line(diagnose_storage(config_), "Check Storage Folder").starts_with("[ warning ]"));
  config_.storage->path = folder_ / "store" / "CURRENT";
  EXPECT_NE(line(diagnose_storage(config_), "Check Storage Folder").find("is no folder"), std::string::npos);
}

TEST_F(Diagnose, FindsTheServerThatHoldsTheStore) {
  fs::create_directory(folder_ / "store");
  for (const char* name : {"CURRENT", "LOCK"}) std::ofstream(folder_ / "store" / name) << "x";
  const pid_t other = fork();
  ASSERT_GE(other, 0);
  if (other == 0) {
    const int file = open((folder_ / "store" / "LOCK").c_str(), O_RDWR);
    struct flock lock{.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0};
    fcntl(file, F_SETLK, &lock);
    std::ofstream(folder_ / "held") << "x";
    for (;;) pause();
  }
  while (!fs::exists(folder_ / "held")) usleep(1000);
  EXPECT_NE(line(diagnose_storage(config_), "Check Storage Files").find("in use by process " + std::to_string(other)), std::string::npos) << diagnose_storage(config_).text(false);
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
}

TEST_F(Diagnose, FindsAnAddressThatIsTaken) {
  const auto taken = net::listen_on(config_.listeners[0].net);
  ASSERT_TRUE(taken);
  config_.listeners[0].net.address = taken->address;
  EXPECT_EQ(listeners(now_).exit_code(), 1);
  EXPECT_NE(line(listeners(now_), "Check Address").find("already in use"), std::string::npos) << listeners(now_).text(false);
  config_.listeners[0].net.address = "192.0.2.1:0";
  EXPECT_TRUE(line(listeners(now_), "Check TLS").starts_with("[ warning ]"));
  config_.listeners[0].net.address = taken->address;
  const Diagnosis skipped = diagnose(std::move(config_), {.skip = {"listener", "storage"}, .now = now_});
  EXPECT_TRUE(line(skipped, "Check Listeners").starts_with("[ skipped ]"));
  EXPECT_NE(skipped.exit_code(), 1) << skipped.text(false);
}

TEST_F(Diagnose, FindsCertificatesThatAreNotGood) {
  fs::create_directory(folder_ / "tls");
  const auto files = DevTlsFiles::make(folder_ / "tls", {});
  ASSERT_TRUE(files) << files.error().message;
  config_.listeners[0].net.tls = net::TlsOptions{.cert_file = files->folder() + "/vault-cert.pem", .key_file = files->folder() + "/vault-key.pem"};
  const auto at = [&](Time time) { return line(listeners(time), "Check TLS"); };
  ASSERT_TRUE(at(now_).starts_with("[ success ]") || at(now_).starts_with("[ warning ]")) << at(now_);
  net::TlsContext context(*config_.listeners[0].net.tls);
  ASSERT_TRUE(context.load());
  const auto dates = context.dates();
  EXPECT_NE(at(dates.not_after - std::chrono::hours(24)).find("expires soon"), std::string::npos);
  EXPECT_NE(at(dates.not_after).find("has expired"), std::string::npos);
  EXPECT_NE(at(dates.not_before - std::chrono::seconds(1)).find("is not good before"), std::string::npos);
  fs::permissions(files->folder() + "/vault-key.pem", fs::perms::owner_read | fs::perms::others_read);
  EXPECT_NE(listeners(now_).text(false).find("is open to other users"), std::string::npos);
  std::ofstream(files->folder() + "/vault-key.pem") << "no key";
  EXPECT_TRUE(at(now_).starts_with("[ failure ]"));
}

TEST(Diagnosis, TellsPeopleAndProgramsTheSame) {
  Diagnosis all{.name = "All"};
  all.add("One").message = "well";
  all.add("Two").skip("not wanted");
  EXPECT_EQ(all.exit_code(), 0);
  all.add("Three").warn("odd");
  EXPECT_EQ(all.exit_code(), 2);
  all.add("Four").fail("broken", "mend it");
  EXPECT_EQ(all.exit_code(), 1);
  EXPECT_EQ(all.text(false), "[ failure ] All\n  [ success ] One: well\n  [ skipped ] Two: not wanted\n  [ warning ] Three: odd\n  [ failure ] Four: broken\n    mend it\n");
  EXPECT_EQ(all.json(), R"({"children":[{"message":"well","name":"One","status":"ok"},{"message":"not wanted","name":"Two","status":"skipped"},)"
                        R"({"name":"Three","status":"warn","warnings":["odd"]},{"advice":"mend it","message":"broken","name":"Four","status":"fail"}],"name":"All","status":"fail"})");
}

TEST(Diagnosis, OfAConfigurationThatCannotBeRead) {
  const Diagnosis found = diagnose(fail(Code::invalid, "a.hcl: line 3: what"), {});
  EXPECT_EQ(found.exit_code(), 1);
  EXPECT_EQ(found.text(false), "[ failure ] Strongroom Diagnose\n  [ failure ] Parse Configuration: a.hcl: line 3: what\n");
}

}  // namespace
}  // namespace sr::server
