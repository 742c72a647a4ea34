#include "audit/audit_test_kit.h"

namespace sr::audit {
namespace {

using testing::HasSubstr;

TEST(ChainedDevice, WritesAChainThatAgrees) {
  Kit kit;
  FakeSink sink;
  {
    const auto device = kit.on(sink);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(write_and_wait(*device, entries(2 * i, 2)));
    EXPECT_TRUE(device->state().healthy);
  }
  const AuditReport report = kit.verify(sink.text, {.public_keys = {kit.kept->public_key}, .last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(report.first_seq, 1u);
  EXPECT_EQ(report.last_seq, kit.kept->seq);
  EXPECT_EQ(report.signed_seq + 1, report.last_seq);  // a device that ends signs first
  EXPECT_THAT(split_lines(sink.text).front(), HasSubstr(R"(,"type":"start","device":"device-1","public_key":")"));
}

TEST(ChainedDevice, FailedWriteIsAnErrorAndLeavesNoGap) {
  Kit kit;
  FakeSink sink;
  auto device = kit.on(sink);
  ASSERT_TRUE(write_and_wait(*device, entries(1)));
  sink.set(10);
  const auto refused = write_and_wait(*device, entries(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "audit device file/: no room");
  EXPECT_FALSE(device->state().healthy);
  sink.set(SIZE_MAX);
  EXPECT_TRUE(write_and_wait(*device, entries(3)));
  EXPECT_TRUE(device->state().healthy);
  device.reset();
  const AuditReport report = kit.verify(sink.text);
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_EQ(sink.text.find("\"n\":2"), std::string::npos);
  EXPECT_THAT(read_file(kit.log_file), testing::AllOf(HasSubstr("entries cannot be written"), HasSubstr("device=file/"), HasSubstr("the device works again")));
}

// A stream cannot take back: wherever it stops, whole lines count, the piece is marked, and the log goes on.
TEST(ChainedDevice, StreamsMayStopAnywhere) {
  for (std::size_t room = 0; room < 600; ++room) {
    Kit kit;
    FakeSink sink;
    sink.takes_back = false;
    auto device = kit.on(sink);
    sink.set(room);
    std::vector<std::future<Result<void>>> answers;
    sink.block(true);
    for (int i = 0; i < 3; ++i) {
      auto promise = std::make_shared<std::promise<Result<void>>>();
      answers.push_back(promise->get_future());
      device->write(entries(10 * i, 2), [promise](const AuditOutcome& outcome) { promise->set_value(result_of(outcome)); });
    }
    sink.block(false);
    std::vector<bool> written;
    for (auto& answer : answers) written.push_back(answer.get().has_value());
    for (const std::size_t again : {room * 7 % 311, room * 5 % 13}) {
      sink.set(again);
      static_cast<void>(write_and_wait(*device, entries(50)));
    }
    sink.set(SIZE_MAX);
    ASSERT_TRUE(write_and_wait(*device, entries(100)));
    device.reset();
    const AuditReport report = kit.verify(sink.text, {.last = kit.kept});
    ASSERT_TRUE(report.ok()) << room << '\n' << report.text() << sink.text;
    for (std::size_t i = 0; i < written.size(); ++i)
      ASSERT_TRUE(!written[i] || sink.text.find("\"n\":" + std::to_string(10 * i + 1) + ",") != std::string::npos) << room;
  }
}

// What a loop has read in one round comes as one call: each of its requests hears whether its own lines are there.
TEST(ChainedDevice, OfManyEntriesTheFirstOnesMayBeWritten) {
  for (std::size_t room = 0; room < 2000; room += 7) {
    Kit kit;
    FakeSink sink;
    sink.takes_back = false;
    auto device = kit.on(sink);
    AuditLines lines;
    for (int i = 0; i < 8; ++i) {
      lines.text() += "{\"time\":\"2024-01-01T00:00:00Z\",\"type\":\"request\",\"n\":" + std::to_string(i);
      lines.end_line();
      if (i % 2 == 1) lines.end_entry();
    }
    sink.set(room);
    std::promise<AuditOutcome> answer;
    device->write(std::move(lines), [&](AuditOutcome outcome) { answer.set_value(std::move(outcome)); });
    const AuditOutcome outcome = answer.get_future().get();
    EXPECT_EQ(outcome.problem.message.empty(), outcome.written == 4) << room;
    EXPECT_EQ(device->state().refused, 4 - outcome.written) << room;
    sink.set(SIZE_MAX);
    ASSERT_TRUE(write_and_wait(*device, entries(100)));
    device.reset();
    const AuditReport report = kit.verify(sink.text, {.last = kit.kept});
    ASSERT_TRUE(report.ok()) << room << '\n' << report.text() << sink.text;
    for (std::size_t i = 0; i < 8; ++i) {
      const bool is_there = sink.text.find("\"n\":" + std::to_string(i) + ",\"seq\"") != std::string::npos;
      EXPECT_TRUE(is_there || i >= 2 * outcome.written) << room;
    }
  }
}

TEST(ChainedDevice, StuckSinkIsAnsweredByTheWatcher) {
  Kit kit;
  FakeSink sink;
  auto setup = kit.setup();
  setup.deadline = 50ms;
  auto device = *ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(sink));
  sink.block(true);
  const auto late = write_and_wait(*device, entries(1));      // the sink holds this one
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("in time"));
  EXPECT_FALSE(write_and_wait(*device, entries(2)));           // and this one never left the queue
  EXPECT_FALSE(device->state().healthy);
  sink.block(false);
  Result<void> outcome = fail(Code::internal, "");
  while (!outcome) outcome = write_and_wait(*device, entries(3));
  EXPECT_TRUE(device->state().healthy);
  device.reset();
  EXPECT_EQ(sink.text.find("\"n\":2,"), std::string::npos);
  EXPECT_TRUE(kit.verify(sink.text).ok());
}

TEST(ChainedDevice, QueueHasABound) {
  Kit kit;
  FakeSink sink;
  auto setup = kit.setup();
  setup.entries_max = 3;
  auto device = *ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(sink));
  sink.block(true);
  std::atomic<int> good = 0, refused = 0;
  for (int i = 0; i < 20; ++i) device->write(entries(i), [&](const AuditOutcome& outcome) { ++(outcome.written == 1 ? good : refused); });
  EXPECT_GE(refused, 20 - 2 * 3);
  sink.block(false);
  device.reset();  // answers what waits
  EXPECT_EQ(good + refused, 20);
  EXPECT_GE(good, 3);
  EXPECT_TRUE(kit.verify(sink.text).ok());
}

TEST(ChainedDevice, WhoMayWaitWritesOnHisOwnThreadToWhatIsPrompt) {
  Kit kit;
  FakeSink slow, prompt;
  prompt.prompt = true;
  auto to_slow = kit.on(slow), to_prompt = kit.on(prompt);
  EXPECT_NE(writer_of(*to_slow, entries(1)), std::this_thread::get_id());
  EXPECT_EQ(writer_of(*to_prompt, entries(1)), std::this_thread::get_id());
  EXPECT_TRUE(write_and_wait(*to_prompt, entries(2)));
  EXPECT_TRUE(write_and_wait(*to_prompt, entries(3), &AuditDevice::write_now));
  prompt.set(0);
  EXPECT_THAT(write_and_wait(*to_prompt, entries(4), &AuditDevice::write_now).error().message, HasSubstr("no room"));
  EXPECT_FALSE(to_prompt->state().healthy);
  prompt.set(SIZE_MAX);
  EXPECT_TRUE(write_and_wait(*to_prompt, entries(5), &AuditDevice::write_now));
  EXPECT_TRUE(to_prompt->state().healthy);
  EXPECT_EQ(to_prompt->state().refused, 1u);
  to_prompt->retire();
  EXPECT_THAT(write_and_wait(*to_prompt, entries(6), &AuditDevice::write_now).error().message, HasSubstr("disabled"));
  to_prompt.reset();
  EXPECT_TRUE(kit.verify(prompt.text).ok());
  EXPECT_EQ(prompt.text.find("\"n\":4,"), std::string::npos);
}

TEST(ChainedDevice, WhoWaitsTooLongIsAnsweredByTheWatcherAndThenByTheThread) {
  Kit kit;
  FakeSink sink;
  sink.prompt = true;
  auto setup = kit.setup();
  setup.deadline = 300ms;
  setup.prompt_again = 1h;
  auto device = *ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(sink));
  sink.block(true);
  std::promise<std::pair<std::thread::id, Result<void>>> late;
  std::thread caller([&] {
    device->write_now(entries(1), [&](const AuditOutcome& outcome) { late.set_value({std::this_thread::get_id(), result_of(outcome)}); });
  });
  const auto [answerer, answer] = late.get_future().get();
  EXPECT_NE(answerer, caller.get_id());
  EXPECT_THAT(answer.error().message, HasSubstr("in time"));
  EXPECT_FALSE(write_and_wait(*device, entries(2), &AuditDevice::write_now));  // whoever comes now waits for nobody
  sink.block(false);
  caller.join();
  Result<void> outcome = fail(Code::internal, "");
  while (!outcome) outcome = write_and_wait(*device, entries(3));
  EXPECT_NE(writer_of(*device, entries(4)), std::this_thread::get_id());  // once slow, slow for a while
  EXPECT_TRUE(device->state().healthy);
  device.reset();
  EXPECT_TRUE(kit.verify(sink.text).ok());
}

TEST(ChainedDevice, SixtyFourThreadsGetOneOrder) {
  Kit kit;
  FakeSink sink;
  sink.prompt = true;
  auto device = kit.on(sink);
  std::vector<std::thread> threads;
  for (int t = 0; t < 64; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) ASSERT_TRUE(write_and_wait(*device, entries(1000 * t + 2 * i, 2), (i + t) % 2 ? &AuditDevice::write : &AuditDevice::write_now));
    });
  for (std::thread& thread : threads) thread.join();
  device.reset();
  const AuditReport report = kit.verify(sink.text, {.last = kit.kept});
  EXPECT_TRUE(report.ok()) << report.text();
  EXPECT_GE(report.lines, 64u * 100);
  EXPECT_GE(report.checkpoints, 6u);  // one for each 1,000 lines
  std::map<int, int> last;            // the two lines of an entry stand together, and each thread's in its order
  int open = -1;
  for (const std::string& line : split_lines(sink.text)) {
    const std::size_t at = line.find("\"n\":");
    if (at == std::string::npos) continue;
    const int n = std::stoi(line.substr(at + 4));
    if (open >= 0) {
      ASSERT_EQ(n, open + 1);
      open = -1;
      continue;
    }
    open = n;
    auto& before = last.try_emplace(n / 1000, -1).first->second;
    ASSERT_GT(n, before);
    before = n;
  }
}

TEST(ChainedDevice, WithoutASinkItRefusesUntilThereIsOne) {
  Kit kit;
  FakeSink sink;
  sink.opens = false;
  auto setup = kit.setup();
  EXPECT_FALSE(ChainedDevice::open(kit.setup(), std::make_unique<SharedSink>(sink)));
  setup.must_open = false;
  auto device = *ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(sink));
  EXPECT_FALSE(write_and_wait(*device, entries(1)));
  EXPECT_THAT(device->state().reason, HasSubstr("it does not open"));
  {
    std::lock_guard lock(sink.mutex);
    sink.opens = true;
  }
  EXPECT_TRUE(write_and_wait(*device, entries(2)));
  device.reset();
  EXPECT_TRUE(kit.verify(sink.text).ok());
}

// As a request does that was parked here while its device was disabled.
TEST(ChainedDevice, MayBeLetGoOfByItsOwnThread) {
  Kit kit;
  FakeSink sink;
  auto setup = kit.setup();
  setup.deadline = 30ms;
  std::shared_ptr<ChainedDevice> device = *ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(sink));
  const std::uint64_t first = device->last_checkpoint()->seq;
  std::weak_ptr<ChainedDevice> gone = device;
  std::promise<void> answered;
  ChainedDevice& it = *device;
  it.write(entries(1), [held = std::move(device), &answered](const AuditOutcome&) mutable {
    held.reset();
    answered.set_value();
  });
  answered.get_future().wait();
  EXPECT_TRUE(gone.expired());
  while (kit.verify(sink.now()).checkpoints < 2) std::this_thread::yield();  // it ends as any other, signed
  EXPECT_EQ(kit.kept->seq, first);
  std::this_thread::sleep_for(50ms);  // for the watcher, which looks at the clock of this test
}

TEST(ChainedDevice, SignsByTime) {
  Kit kit;
  FakeSink sink;
  auto setup = kit.setup();
  setup.checkpoint_interval = 5ms;
  auto device = *ChainedDevice::open(std::move(setup), std::make_unique<SharedSink>(sink));
  const std::uint64_t first = device->last_checkpoint()->seq;
  ASSERT_TRUE(write_and_wait(*device, entries(1)));
  while (device->last_checkpoint()->seq == first) std::this_thread::yield();
  const std::size_t quiet = sink.now().size();
  std::this_thread::sleep_for(30ms);
  EXPECT_EQ(sink.now().size(), quiet);  // nothing new, nothing to sign
}

}  // namespace
}  // namespace sr::audit
