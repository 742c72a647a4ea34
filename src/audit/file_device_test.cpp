#include "audit/audit_test_kit.h"
#include <signal.h>
#include <sys/resource.h>
#include "audit/file_sink.h"

namespace sr::audit {
namespace {

using testing::HasSubstr;

TEST(FileDevice, OptionsAreJudged) {
  Kit kit;
  const std::string path = kit.folder / "a.log";
  const auto refused = [&](AuditDevice::Options options) {
    const auto device = open_file_device(kit.file_setup(std::move(options)));
    return device ? "" : device.error().message;
  };
  EXPECT_EQ(refused({}), "file_path is required");
  EXPECT_THAT(refused({{"file_path", path}, {"format", "jsonx"}}), HasSubstr("jsonx formatting has been removed"));
  EXPECT_EQ(refused({{"file_path", path}, {"format", "xml"}}), "unknown format type \"xml\"");
  EXPECT_EQ(refused({{"file_path", path}, {"prefix", "#!/bin/sh\n"}}), "audit log prefixing is not allowed");
  EXPECT_THAT(refused({{"path", path}, {"mode", "0755"}}), HasSubstr("executable"));
  EXPECT_THAT(refused({{"file_path", path}, {"mode", "4600"}}), HasSubstr("regular file"));
  EXPECT_THAT(refused({{"file_path", path}, {"mode", "rw"}}), HasSubstr("octal"));
  EXPECT_THAT(refused({{"file_path", path}, {"log_raw", "maybe"}}), HasSubstr("log_raw"));
  EXPECT_THAT(refused({{"file_path", path}, {"filter", "mount_type == kv"}}), HasSubstr("unknown option filter"));
  EXPECT_THAT(refused({{"file_path", path}, {"path", "/elsewhere"}}), HasSubstr("differ"));
  EXPECT_FALSE(fs::exists(path));

  const auto device = *open_file_device(kit.file_setup({{"path", path}, {"mode", "0640"}, {"log_raw", "T"}, {"hmac_accessor", "0"}, {"prefix", ""}}));
  EXPECT_EQ(fs::status(path).permissions(), fs::perms(0640));
  EXPECT_TRUE(device->format().log_raw);
  EXPECT_FALSE(device->format().hmac_accessor);
  EXPECT_EQ(device->type(), "file");
  EXPECT_EQ(device->options().at("mode"), "0640");
  EXPECT_EQ(device->format().hash("bar"), AuditFormat{.hmac = HmacSha256("salt")}.hash("bar"));
  for (const std::string nowhere : {"discard", "DISCARD", "/dev/null"}) EXPECT_TRUE(write_and_wait(**kit.file(nowhere), entries(1))) << nowhere;
}

// CVE-2025-6000 and its family: the log must not become a program or a part of one.
TEST(FileDevice, PlacesThatAreRefused) {
  Kit kit;
  const auto refused = [&](const std::string& path) {
    auto setup = kit.file_setup({{"file_path", path}});
    setup.rules.forbidden_folders = {kit.folder / "plugins", kit.folder / "not-there"};
    const auto device = open_file_device(std::move(setup));
    return device ? "" : device.error().message;
  };
  fs::create_directory(kit.folder / "plugins");
  fs::create_directory_symlink(kit.folder / "plugins", kit.folder / "by-link");
  fs::create_symlink(kit.folder / "elsewhere", kit.folder / "link.log");
  write_file(kit.folder / "script", "#!/bin/sh\n");
  write_file(kit.folder / "keep.sh", "{");
  fs::permissions(kit.folder / "keep.sh", fs::perms(0755));
  EXPECT_THAT(refused(kit.folder / "plugins/x"), HasSubstr("folder of programs"));
  EXPECT_THAT(refused(kit.folder / "plugins/deep/x"), HasSubstr("folder of programs"));
  EXPECT_THAT(refused(kit.folder / "by-link/x"), HasSubstr("folder of programs"));
  EXPECT_THAT(refused(kit.folder / "plugins/../plugins/x"), HasSubstr("folder of programs"));
  EXPECT_THAT(refused(kit.folder / "not-there/x"), HasSubstr("folder of programs"));
  EXPECT_THAT(refused(kit.folder / "link.log"), HasSubstr("symbolic link"));
  EXPECT_FALSE(fs::exists(kit.folder / "elsewhere"));
  EXPECT_THAT(refused(kit.folder / "script"), HasSubstr("something else than an audit log"));
  EXPECT_EQ(read_file(kit.folder / "script"), "#!/bin/sh\n");
  EXPECT_THAT(refused(kit.folder / "plugins"), HasSubstr("sanity check failed; unable to open"));
  EXPECT_THAT(refused(kit.folder / ".profile"), HasSubstr("hidden file"));
  EXPECT_THAT(refused(kit.folder / ".ssh/rc"), HasSubstr("hidden folder"));
  EXPECT_THAT(refused(kit.folder / ".config/deep/x.log"), HasSubstr("hidden folder"));
  fs::create_directory(kit.folder / ".seen");
  fs::create_directory_symlink(kit.folder / ".seen", kit.folder / "seen");
  EXPECT_THAT(refused(kit.folder / "seen/x.log"), HasSubstr("hidden folder"));
  EXPECT_TRUE(fs::is_empty(kit.folder / ".seen"));
  EXPECT_FALSE(fs::exists(kit.folder / ".ssh"));
  EXPECT_THAT(refused("/dev/zero"), HasSubstr("it is a device"));
  auto keeping = open_file_device(kit.file_setup({{"file_path", kit.folder / "keep.sh"}, {"mode", "0000"}}));
  EXPECT_THAT(keeping.error().message, HasSubstr("executable"));
  EXPECT_TRUE(kit.file(kit.folder / "keep.sh"));
  EXPECT_EQ(fs::status(kit.folder / "keep.sh").permissions(), fs::perms(0600));
  EXPECT_TRUE(kit.file(kit.folder / "new/folder/audit.log"));
}

TEST(FileDevice, TwoDevicesNeverShareAFile) {
  Kit kit;
  const auto first = kit.file(kit.folder / "a.log");
  ASSERT_TRUE(first);
  const auto second = kit.file(kit.folder / "a.log");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another audit device writes to it"));
}

TEST(FileDevice, GoesOnAfterARestart) {
  Kit kit;
  const std::string path = kit.folder / "a.log";
  for (int round = 0; round < 3; ++round) ASSERT_TRUE(write_and_wait(**kit.file(path), entries(round)));
  const AuditReport report = *verify_audit_log(path, {.last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(report.devices, std::vector<std::string>{"device-1"});
  EXPECT_TRUE(report.notes.empty()) << report.text();
}

// A crash may leave any prefix of the last batch; the last checkpoint that the core kept may be older than that.
TEST(FileDevice, GoesOnAfterACrashAnywhere) {
  Kit kit;
  const std::string path = kit.folder / "a.log";
  std::optional<AuditCheckpoint> kept;
  std::size_t kept_size = 0;
  {
    const auto device = *kit.file(path);
    kept = device->last_checkpoint();
    kept_size = fs::file_size(path);
    ASSERT_TRUE(write_and_wait(*device, entries(1, 3)));
  }
  const std::string whole = read_file(path);
  for (std::size_t size = kept_size; size <= whole.size(); ++size) {
    const bool at_an_edge = whole.substr(size - 2, 4).find('\n') != std::string::npos;
    if (!at_an_edge && size % 11 != 0) continue;
    write_file(path, whole.substr(0, size));
    kit.kept = kept;
    ASSERT_TRUE(write_and_wait(**kit.file(path), entries(10)));
    const AuditReport report = *verify_audit_log(path, {.last = kit.kept});
    ASSERT_TRUE(report.ok()) << size << '\n' << report.text();
    ASSERT_EQ(report.notes.empty(), size == kept_size || whole[size - 1] == '\n' || whole[size] == '\n') << size << '\n' << report.text();
    ASSERT_EQ(report.signed_seq + 1, report.last_seq);
  }
}

// The server must not put its signature under what somebody wrote while it was down.
TEST(FileDevice, DoesNotAdoptAForgedLog) {
  Kit kit;
  const std::string path = kit.folder / "a.log";
  ASSERT_TRUE(write_and_wait(**kit.file(path), entries(1, 3)));
  Kit forger;
  ASSERT_TRUE(write_and_wait(**forger.file(path + ".forged"), entries(50, 9)));
  for (const std::string& forged : {read_file(path + ".forged"), std::string("{}\n"), read_file(path).substr(0, 700)}) {
    write_file(path, forged);
    ASSERT_TRUE(write_and_wait(**kit.file(path), entries(10)));
    EXPECT_FALSE(verify_audit_log(path)->ok());
    EXPECT_THAT(read_file(kit.log_file), HasSubstr("does not reach the last checkpoint"));
  }
}

TEST(FileDevice, AnotherProgramsLogIsContinued) {
  Kit kit;
  const std::string path = kit.folder / "a.log";
  write_file(path, "{\"time\":\"2023\",\"type\":\"request\"}\n{\"time\":\"20");
  ASSERT_TRUE(write_and_wait(**kit.file(path), entries(1)));
  const AuditReport report = *verify_audit_log(path);
  EXPECT_TRUE(report.ok()) << report.text();
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_THAT(report.notes[0].text, HasSubstr("2 lines that other programs wrote"));
}

TEST(FileDevice, AMovedFileEndsSignedAndANewOneGoesOn) {
  Kit kit;
  const std::string path = kit.folder / "a.log", old = kit.folder / "a.log.1";
  {
    const auto device = *kit.file(path);
    ASSERT_TRUE(write_and_wait(*device, entries(1)));
    fs::rename(path, old);
    device->reopen();
    ASSERT_TRUE(write_and_wait(*device, entries(2)));
    device->reopen();  // nothing moved: nothing happens
    ASSERT_TRUE(write_and_wait(*device, entries(3)));
  }
  const AuditReport first = *verify_audit_log(old), second = *verify_audit_log(path, {.last = kit.kept});
  EXPECT_TRUE(first.ok()) << first.text();
  EXPECT_TRUE(second.ok()) << second.text();
  EXPECT_EQ(first.signed_seq + 1, first.last_seq);
  EXPECT_EQ(second.first_seq, first.last_seq + 1);
  EXPECT_EQ(split_lines(read_file(path)).size(), 5u);  // start, checkpoint, two entries, checkpoint
  // Put together again they are one log.
  const AuditReport both = kit.verify(read_file(old) + read_file(path));
  EXPECT_TRUE(both.ok()) << both.text();
}

TEST(FileDevice, NoticesThatTheFileIsGoneOrCut) {
  Kit kit;
  const std::string path = kit.folder / "a.log";
  auto setup = kit.setup();
  setup.check_interval = 1ms;
  auto device = *ChainedDevice::open(std::move(setup), std::make_unique<FileSink>(FileSink::Options{.path = path, .mode = 0600}));
  ASSERT_TRUE(write_and_wait(*device, entries(1)));
  fs::remove(path);
  while (!fs::exists(path) || fs::file_size(path) == 0) std::this_thread::yield();
  ASSERT_TRUE(write_and_wait(*device, entries(2)));
  EXPECT_TRUE(verify_audit_log(path)->ok()) << verify_audit_log(path)->text();
  EXPECT_THAT(read_file(kit.log_file), HasSubstr("the file was deleted"));
  // As logrotate's copytruncate does.
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  while (fs::file_size(path) == 0) std::this_thread::yield();
  ASSERT_TRUE(write_and_wait(*device, entries(3)));
  // Somebody else's line is no line of the log.
  std::ofstream(path, std::ios::app) << "{\"time\":\"x\"}\n";
  while (read_file(path).find("resume") == std::string::npos) std::this_thread::yield();
  device.reset();
  const AuditReport report = *verify_audit_log(path, {.last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
  ASSERT_EQ(report.notes.size(), 2u) << report.text();
  EXPECT_THAT(read_file(kit.log_file), HasSubstr("changed by somebody else"));
}

// Without the look that is taken once a second: a line that was acknowledged lies in a file that has a name.
TEST(FileDevice, NoLineIsAcknowledgedIntoADeletedFile) {
  Kit kit;
  const std::string path = kit.folder / "a.log", other = kit.folder / "other";
  auto setup = kit.setup();
  setup.check_interval = 1h;
  auto device = *ChainedDevice::open(std::move(setup), std::make_unique<FileSink>(FileSink::Options{.path = path, .mode = 0600}));
  for (int i = 0; i < 20; ++i) {
    if (i % 2 == 0) fs::remove(path);
    else write_file(other, ""), fs::rename(other, path);  // replaced
    ASSERT_TRUE(write_and_wait(*device, entries(10 * i, 2)));
    EXPECT_THAT(read_file(path), testing::AllOf(HasSubstr("\"n\":" + std::to_string(10 * i) + ","), HasSubstr("\"n\":" + std::to_string(10 * i + 1) + ",")));
    EXPECT_TRUE(verify_audit_log(path)->ok()) << verify_audit_log(path)->text();
  }
  EXPECT_EQ(device->state().lost, 20u);
  EXPECT_TRUE(device->state().healthy);
  // What took its place is something else: nothing is written to it, and nothing is acknowledged.
  write_file(other, "#!/bin/sh\n");
  fs::rename(other, path);
  const auto refused = write_and_wait(*device, entries(999));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("something else than an audit log"));
  EXPECT_EQ(read_file(path), "#!/bin/sh\n");
}

TEST(FileDevice, StaysInItsFolders) {
  Kit kit;
  fs::create_directory(kit.folder / "logs");
  fs::create_directory(kit.folder / "elsewhere");
  fs::create_directory_symlink(kit.folder / "elsewhere", kit.folder / "logs/out");
  const auto refused = [&](const std::string& path) {
    auto parts = kit.file_setup({{"file_path", path}});
    parts.rules.folders = {kit.folder / "logs"};
    const auto device = open_file_device(std::move(parts));
    return device ? "" : device.error().message;
  };
  EXPECT_EQ(refused(kit.folder / "logs/a.log"), "");
  EXPECT_EQ(refused(kit.folder / "logs/deep/a.log"), "");
  EXPECT_EQ(refused("stdout"), "");
  EXPECT_EQ(refused("/dev/null"), "");
  for (const std::string path : {"a.log", "logs/../a.log", "logs/out/a.log", "logs/out/new/a.log", "logs-too/a.log", "logs/.."}) EXPECT_THAT(refused(kit.folder / path), HasSubstr("sanity check failed")) << path;
  EXPECT_THAT(refused(kit.folder / "logs/.hidden/a.log"), HasSubstr("outside of the folders"));
  EXPECT_THAT(refused(kit.folder / "logs/.bashrc"), HasSubstr("hidden file"));
  EXPECT_TRUE(fs::is_empty(kit.folder / "elsewhere"));
  EXPECT_FALSE(fs::exists(kit.folder / "logs-too"));
  auto hidden = kit.file_setup({{"file_path", kit.folder / ".state/audit.log"}});
  hidden.rules.folders = {kit.folder / ".state"};
  EXPECT_TRUE(open_file_device(std::move(hidden))) << "the operator has named it";
  const auto anywhere = [&](const std::string& path) { return kit.file(path).error().message; };
  for (const std::string path : {"/etc/strongroom-test.log", "/proc/self/audit.log", "/usr/bin/strongroom-test", "/sys/kernel/audit.log", "/usr/../etc/strongroom-test.log"})
    EXPECT_THAT(anywhere(path), HasSubstr("folder of the system")) << path;
  EXPECT_THAT(anywhere("/dev/strongroom-test"), HasSubstr("No such file"));
  write_file(kit.folder / "one", "");
  fs::create_hard_link(kit.folder / "one", kit.folder / "two");
  EXPECT_THAT(anywhere(kit.folder / "two"), HasSubstr("another name"));
}

TEST(FileDevice, AFifoIsWrittenToWhileSomebodyReads) {
  Kit kit;
  const std::string path = kit.folder / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto nobody = kit.file(path);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().message, HasSubstr("nobody reads from it"));

  auto setup = kit.file_setup({{"file_path", path}});
  setup.must_open = false;
  setup.deadline = 100ms;
  auto device = *open_file_device(std::move(setup));
  EXPECT_FALSE(write_and_wait(*device, entries(1)));
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_TRUE(write_and_wait(*device, entries(2)));
  // A reader that stops reading: the pipe fills up, the entries get errors, the server goes on.
  std::size_t refused = 0;
  for (int i = 0; refused == 0; ++i) {
    ASSERT_LT(i, 10'000);
    if (!write_and_wait(*device, entries(i, 20))) ++refused;
  }
  EXPECT_FALSE(device->state().healthy);
  std::string text;
  char block[65536];
  for (ssize_t got; (got = ::read(reader, block, sizeof block)) > 0;) text.append(block, static_cast<std::size_t>(got));
  Result<void> outcome = fail(Code::internal, "");
  while (!outcome) outcome = write_and_wait(*device, entries(7777));
  EXPECT_TRUE(device->state().healthy);
  device.reset();
  for (ssize_t got; (got = ::read(reader, block, sizeof block)) > 0;) text.append(block, static_cast<std::size_t>(got));
  ::close(reader);
  const AuditReport report = kit.verify(text, {.last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_THAT(text, HasSubstr("\"n\":7777"));
}

TEST(FileDevice, AReaderThatLeavesIsAnErrorNotASignal) {
  Kit kit;
  const std::string path = kit.folder / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
  auto setup = kit.file_setup({{"file_path", path}});
  setup.deadline = 100ms;
  auto device = *open_file_device(std::move(setup));
  ASSERT_TRUE(write_and_wait(*device, entries(1)));
  ::close(reader);
  const auto outcome = write_and_wait(*device, entries(2));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("Broken pipe"));
}

TEST(FileDevice, AFullDiskFailsClosedAndRecovers) {
  Kit kit;
  const auto full = kit.file("/dev/full");
  ASSERT_FALSE(full);
  EXPECT_THAT(full.error().message, HasSubstr("No space left on device"));
  // A file that may not grow any more, as on a full disk: writes are short first.
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  const std::string path = kit.folder / "a.log";
  auto device = *kit.file(path);
  const rlimit small{.rlim_cur = 20'000, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  int written = 0;
  Result<void> outcome;
  while ((outcome = write_and_wait(*device, entries(written, 3)))) ++written;
  const auto size = fs::file_size(path);
  EXPECT_EQ(read_file(path).back(), '\n');  // what did not fit was taken back
  EXPECT_LE(size, 20'000u);
  EXPECT_FALSE(device->state().healthy);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, ignored);
  EXPECT_TRUE(write_and_wait(*device, entries(9999)));
  EXPECT_TRUE(device->state().healthy);
  device.reset();
  const AuditReport report = *verify_audit_log(path, {.last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_TRUE(report.notes.empty()) << report.text();
}

}  // namespace
}  // namespace sr::audit
