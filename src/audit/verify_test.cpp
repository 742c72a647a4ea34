#include "audit/audit_test_kit.h"

namespace sr::audit {
namespace {

using testing::HasSubstr;
using Lines = std::vector<std::string>;

// start, checkpoint, five entries, checkpoint, two entries, checkpoint.
struct VerifyTest : testing::Test {
  VerifyTest() {
    auto setup = kit.setup();
    setup.checkpoint_lines = 5;
    setup.checkpoint_interval = 1h;
    setup.check_interval = 1h;
    {
      const auto device = *ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(sink));
      for (int i = 0; i < 7; ++i) EXPECT_TRUE(write_and_wait(*device, entries(i)));
    }
    lines = split_lines(sink.text);
  }
  AuditReport verify(const Lines& all, const AuditVerifyOptions& options = {}) { return kit.verify(join_lines(all), options); }
  // The first finding, as "line: text".
  std::string first_problem(const Lines& all, const AuditVerifyOptions& options = {}) {
    const AuditReport report = verify(all, options);
    return report.ok() ? "" : std::to_string(report.problems[0].line) + ": " + report.problems[0].text;
  }
  // The chain made anew from `first` on, as anybody can who does not have the key.
  static Lines rechained(Lines all, std::size_t first) {
    LogEnd end = first == 0 ? LogEnd{} : read_tail(all[first - 1])->end;
    for (std::size_t i = first; i < all.size(); ++i) {
      const auto tail = read_tail(all[i]);
      Buffer line(tail->covered.substr(0, tail->covered.rfind(",\"seq\":")));
      close_line(line, 0, end);
      all[i] = std::string(line.view().substr(0, line.size() - 1));
    }
    return all;
  }

  Kit kit;
  FakeSink sink;
  Lines lines;
};

TEST_F(VerifyTest, AgreesWithWhatWasWritten) {
  const AuditReport report = verify(lines, {.public_keys = {kit.kept->public_key}, .last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(report.lines, 11u);
  EXPECT_EQ(report.checkpoints, 3u);
  EXPECT_EQ(report.text(), "11 lines, seq 1 to 11, 3 good checkpoints\nsigned with the key " + kit.kept->public_key +
                             "\nsigned up to seq 10; the 1 line behind that only the chain covers\nthe log is as it was written\n");
}

TEST_F(VerifyTest, EveryChangedByteIsSeen) {
  std::string text = join_lines(lines);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char flip = i % 3 == 0 ? 0x01 : i % 3 == 1 ? 0x20 : 0x40;
    text[i] = static_cast<char>(text[i] ^ flip);
    const AuditReport report = kit.verify(text);
    // The very last line feed makes an unfinished line, which a crash could leave too: said, and not wrong by itself.
    ASSERT_TRUE(!report.ok() || (i + 1 == text.size() && report.notes.size() == 1)) << i << '\n' << text << report.text();
    const auto line = static_cast<std::uint64_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(i), '\n')) + 1;
    ASSERT_TRUE(report.ok() || report.problems[0].line <= line + 1) << i << report.text();
    text[i] = static_cast<char>(text[i] ^ flip);
  }
}

TEST_F(VerifyTest, NamesTheLineAndWhatHappened) {
  const auto changed = [&](auto change) {
    Lines all = lines;
    change(all);
    return first_problem(all);
  };
  EXPECT_EQ(changed([](Lines& all) { all[3].replace(all[3].find("\"n\":1"), 5, "\"n\":7"); }), "4: changed: the line and its chain do not agree (seq 4)");
  EXPECT_EQ(changed([](Lines& all) { all.erase(all.begin() + 4); }), "5: 1 line is missing before it (seq 5)");
  EXPECT_EQ(changed([](Lines& all) { all.erase(all.begin() + 3, all.begin() + 6); }), "4: 3 lines are missing before it (seq 4 to 6)");
  EXPECT_EQ(changed([](Lines& all) { all.insert(all.begin() + 4, all[3]); }), "5: repeated or out of order: seq 4 comes behind seq 4");
  EXPECT_EQ(changed([](Lines& all) { all.insert(all.begin() + 4, "{\"time\":\"x\"}"); }), "5: changed: 1 line that is none of this log");
  EXPECT_EQ(changed([](Lines& all) { all.erase(all.begin()); }), "1: the beginning is missing: the first line of the log is seq 2 and no start line");
  EXPECT_EQ(changed([](Lines& all) { all.assign(1, "hello"); }), "1: not one line of an audit log with a chain");
  EXPECT_EQ(changed([](Lines& all) { all.clear(); }), "0: the file is empty");
  Lines swapped = lines;
  std::swap(swapped[4], swapped[5]);
  const AuditReport report = verify(swapped);
  ASSERT_EQ(report.problems.size(), 2u) << report.text();
  EXPECT_EQ(report.problems[0].line, 5u);
  EXPECT_EQ(report.problems[1].text, "repeated or out of order: seq 5 comes behind seq 6");
}

TEST_F(VerifyTest, EveryMissingSwappedAndRepeatedLineIsSeen) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Lines gone = lines, twice = lines;
    gone.erase(gone.begin() + static_cast<std::ptrdiff_t>(i));
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_EQ(verify(gone, {.last = kit.kept}).ok(), false) << i;
    EXPECT_EQ(verify(twice).ok(), false) << i;
    for (std::size_t j = i + 1; j < lines.size(); ++j) {
      Lines swapped = lines;
      std::swap(swapped[i], swapped[j]);
      EXPECT_FALSE(verify(swapped).ok()) << i << ' ' << j;
    }
  }
}

// Behind the last line of a cut nothing speaks for the rest, save the checkpoint that the server keeps.
TEST_F(VerifyTest, ACutIsSeenByTheCheckpointThatTheServerKeeps) {
  for (std::size_t size = 1; size < lines.size(); ++size) {
    const Lines cut(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(verify(cut).ok());
    EXPECT_THAT(first_problem(cut, {.last = kit.kept}), HasSubstr("the end is missing: the server's last checkpoint is seq 11"));
  }
}

TEST_F(VerifyTest, WhoMakesTheChainAnewLacksTheKey) {
  Lines forged = lines;
  forged[3].replace(forged[3].find("\"n\":1"), 5, "\"n\":7");
  forged = rechained(forged, 3);
  EXPECT_EQ(first_problem(forged), "8: changed: the checkpoint's signature does not fit: something in lines 3 to 8 was changed by somebody who does not have the key");
  // With a line taken out, and the checkpoints with it, nothing is signed any more, and the server's checkpoint disagrees.
  Lines unsigned_lines;
  for (const std::string& line : forged)
    if (type_of(line) != "checkpoint") unsigned_lines.push_back(line);
  unsigned_lines = rechained(unsigned_lines, 0);
  EXPECT_THAT(verify(unsigned_lines).text(), HasSubstr("nothing is signed"));
  EXPECT_FALSE(verify(unsigned_lines, {.last = kit.kept}).ok());
}

TEST_F(VerifyTest, ALogSignedBySomebodyElse) {
  Kit other;
  FakeSink others;
  auto setup = other.setup();
  setup.id = "device-2";
  setup.key = test_key('x');
  ASSERT_TRUE(write_and_wait(**ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(others)), entries(1)));
  EXPECT_TRUE(kit.verify(others.text).ok());  // it agrees with itself
  const AuditReport report = kit.verify(others.text, {.public_keys = {kit.kept->public_key}});
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.problems[0].text, HasSubstr("a key that is not expected: " + other.kept->public_key));
  // Behind the true one it may be a device that was enabled later, which the report says; an expected key settles it.
  const std::string both = join_lines(lines) + others.text;
  const AuditReport unsettled = kit.verify(both);
  EXPECT_TRUE(unsettled.ok());
  EXPECT_THAT(unsettled.text(), HasSubstr("another device goes on from here, device-2; the one before it ended with seq 11, signed"));
  EXPECT_THAT(unsettled.text(), HasSubstr(other.kept->public_key));
  EXPECT_FALSE(kit.verify(both, {.public_keys = {kit.kept->public_key}}).ok());
  // The lines of one device have one key: here somebody took over its name.
  FakeSink again;
  auto impostor = other.setup();
  impostor.key = test_key('x');
  impostor.last = kit.kept;
  ASSERT_TRUE(write_and_wait(**ChainedDevice::open(std::move(impostor), std::make_unique<SharedSink>(again)), entries(1)));
  EXPECT_THAT(kit.verify(join_lines(lines) + again.text).text(), HasSubstr("another key than the lines before"));
  EXPECT_TRUE(kit.verify(both, {.public_keys = {kit.kept->public_key, other.kept->public_key}}).ok());
}

TEST_F(VerifyTest, ACheckpointOfAnotherPlaceOrDeviceDoesNotFit) {
  Lines moved = lines;
  moved[7] = moved[10];
  EXPECT_FALSE(verify(rechained(moved, 7)).ok());
  Lines renamed = lines;
  renamed[10].replace(renamed[10].find("device-1"), 8, "device-2");
  EXPECT_THAT(first_problem(rechained(renamed, 10)), HasSubstr("signature does not fit"));
}

TEST_F(VerifyTest, AFileThatIsNotThereIsAnError) {
  const auto report = verify_audit_log(kit.folder / "nothing");
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("No such file"));
}

// A log that was moved on twice: each file by itself, all of them, one missing, two swapped, one changed.
TEST_F(VerifyTest, AChainGoesOnOverSeveralFiles) {
  Kit other;
  const std::string path = other.folder / "a.log";
  std::vector<std::string> files{path + ".2", path + ".1", path};
  {
    const auto device = *other.file(path);
    for (std::size_t i = 0; i < files.size(); ++i) {
      ASSERT_TRUE(write_and_wait(*device, entries(10 * static_cast<int>(i), 3)));
      if (files[i] == path) break;
      fs::rename(path, files[i]);
      device->reopen();
    }
  }
  const auto verify_all = [&](const std::vector<std::string>& of) { return *verify_audit_logs(of, {.last = other.kept}); };
  const AuditReport good = verify_all(files);
  EXPECT_TRUE(good.ok()) << good.text();
  EXPECT_TRUE(good.notes.empty()) << good.text();
  for (const std::string& file : files) EXPECT_TRUE(verify_audit_log(file)->ok()) << verify_audit_log(file)->text();
  const AuditReport without = verify_all({files[0], files[2]});
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.problems[0].file, files[2]);
  EXPECT_EQ(without.problems[0].line, 1u);
  EXPECT_THAT(without.problems[0].text, HasSubstr("lines are missing before it (seq 7 to "));
  const AuditReport swapped = verify_all({files[1], files[0], files[2]});
  ASSERT_FALSE(swapped.ok());
  EXPECT_EQ(swapped.problems[0].file, files[0]);
  EXPECT_THAT(swapped.problems[0].text, HasSubstr("out of order"));
  std::string text = read_file(files[1]);
  text[text.find("\"n\":11") + 4] = '7';
  write_file(files[1], text);
  const AuditReport changed = verify_all(files);
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.problems[0].file, files[1]);
  EXPECT_EQ(changed.problems[0].line, 4u);
  EXPECT_THAT(changed.text(), HasSubstr(files[1] + ": line 4: changed"));
  // A file that was cut and is not the last one has lost lines.
  write_file(files[1], read_file(files[1]).substr(0, text.size() / 2));
  EXPECT_FALSE(verify_all(files).ok());
}

}  // namespace
}  // namespace sr::audit
