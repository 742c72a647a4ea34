// Stores, seals and audit devices that fail when they are told to.
#pragma once
#include <filesystem>
#include <fstream>
#include <semaphore>
#include <sstream>
#include "core/world.h"
#include "storage/static_seal.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SR_WITHOUT_ROCKSDB  // ThreadSanitizer does not see into the RocksDB of the system
#endif
#endif

namespace sr::test {

// What one thread may close and another one open again.
class Gate {
 public:
  void lock() { free_.acquire(); }
  void unlock() { free_.release(); }

 private:
  std::binary_semaphore free_{1};
};

// A folder of this test's own.
struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "strongroom-test.XXXXXX").string();
    SR_ASSERT(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

// Rows whose medium can be slow or out of order, and that knows what is durable.
class FlakyTable final : public Table {
 public:
  struct Switches {
    std::atomic<int> fail_after{-1};  // so many writes still pass; then one fails; -1: all pass
    std::atomic<Revision> durable{0};
    std::atomic<int> delay_ms{0};
    std::atomic<int> writes{0};
    std::atomic<bool> keeps_its_content{false};  // replacing it fails
    std::function<void()> when_replaced{};       // happens right before
  };
  explicit FlakyTable(Switches& switches, std::unique_ptr<Table> table = memory_table()) : switches_(switches), table_(std::move(table)) {}
  std::unique_ptr<const Snapshot> snapshot() const override { return table_->snapshot(); }
  Result<Revision> revision_of(std::string_view key) const override { return table_->revision_of(key); }
  Revision last_revision() const override { return table_->last_revision(); }
  std::string_view type() const override { return "flaky"; }
  // An audit device keeps its checkpoints when its time has come: no request waits for that.
  static bool is_by_itself(std::string_view key) { return key.contains("audit-checkpoint/"); }

  Result<void> write(std::span<const Change> changes) override {
    if (std::ranges::all_of(changes, is_by_itself, &Change::key)) return table_->write(changes);
    ++switches_.writes;
    std::this_thread::sleep_for(std::chrono::milliseconds(switches_.delay_ms));
    if (switches_.fail_after >= 0 && switches_.fail_after-- == 0) return fail(Code::internal, "store: no space left on device");
    auto written = table_->write(changes);
    if (written) switches_.durable = changes.back().revision;
    return written;
  }
  Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t bytes) override { return table_->begin_replacement(bytes); }
  Result<void> replace(Replacement& replacement, Revision revision) override {
    if (switches_.when_replaced) switches_.when_replaced();
    if (switches_.keeps_its_content) return fail(Code::internal, "store: input/output error");
    return table_->replace(replacement, revision);
  }

 private:
  Switches& switches_;
  const std::unique_ptr<Table> table_;
};

// Rows that outlive the server on them, for the next one.
class KeptTable final : public Table {
 public:
  explicit KeptTable(Table& table) : table_(table) {}
  std::unique_ptr<const Snapshot> snapshot() const override { return table_.snapshot(); }
  Result<Revision> revision_of(std::string_view key) const override { return table_.revision_of(key); }
  Revision last_revision() const override { return table_.last_revision(); }
  std::string_view type() const override { return table_.type(); }
  Result<void> write(std::span<const Change> changes) override { return table_.write(changes); }

 private:
  Table& table_;
};

// A seal that can be out of reach, or keep its callers waiting.
class FakeSeal final : public AutoSeal {
 public:
  FakeSeal() : seal_(*StaticSeal::make({"one", KeySecret(std::string(32, 'k'))})) {}
  mutable std::atomic<int> failures{0};     // so many calls fail
  mutable std::atomic<int> calls{0};
  mutable Gate held;                        // by a test: calls wait

  void change_to(std::unique_ptr<StaticSeal> seal) { seal_ = std::move(seal); }  // while nobody asks

  std::string_view type() const override { return "fake"; }
  Result<std::string> key_id() const override { return seal_->key_id(); }
  Result<WrappedKey> wrap(const KeySecret& key, Random& random) const override {
    TRY(reach());
    return seal_->wrap(key, random);
  }
  Result<KeySecret> unwrap(const WrappedKey& wrapped) const override {
    TRY(reach());
    return seal_->unwrap(wrapped);
  }

 private:
  Result<void> reach() const {
    ++calls;
    { std::lock_guard wait(held); }
    if (failures > 0 && failures-- > 0) return fail(Code::upstream, "fake: out of reach");
    return {};
  }

  std::unique_ptr<StaticSeal> seal_;
};

// A device that writes nothing and says what it is told to say.
class FakeDevice final : public AuditDevice {
 public:
  struct Switches {
    std::atomic<bool> broken{false};
    std::atomic<int> broken_ones{0};  // so many of the next writes fail
    std::atomic<int> stuck{0};        // so many are not answered
    std::atomic<int> good_ones{-1};   // so many of the next writes succeed, and no other; below 0: all
    std::atomic<int> lines{0};
    std::mutex mutex;
    std::string text;
    std::vector<Done> unanswered;
    void answer_the_stuck() {
      for (Done& done : unanswered) done({0, {Code::internal, "fake: late"}});
      unanswered.clear();
    }
    ~Switches() { answer_the_stuck(); }
  };
  explicit FakeDevice(Switches& switches) : switches_(switches) {}
  void write(AuditLines lines, Done done) override {
    if (switches_.broken || (switches_.broken_ones > 0 && switches_.broken_ones-- > 0)) return done({0, {Code::internal, "fake: broken"}});
    if (switches_.good_ones == 0) return done({0, {Code::internal, "fake: full"}});
    if (switches_.good_ones > 0) --switches_.good_ones;
    if (switches_.stuck > 0 && switches_.stuck-- > 0) {
      std::lock_guard lock(switches_.mutex);
      return switches_.unanswered.push_back(std::move(done));
    }
    {
      std::lock_guard lock(switches_.mutex);
      for (std::size_t i = 0; i < lines.lines(); ++i) (switches_.text += lines.line(i)) += '\n';
    }
    switches_.lines += static_cast<int>(lines.lines());
    done({lines.entries(), {}});
  }
  void write_now(AuditLines lines, Done done) override { write(std::move(lines), std::move(done)); }
  const AuditFormat& format() const override { return format_; }
  std::string_view type() const override { return "fake"; }
  const Options& options() const override { return options_; }
  std::string public_key() const override { return {}; }
  void reopen() override {}
  void retire() override {}
  void wait_until_retired() override {}
  State state() const override { return {}; }
  std::optional<AuditCheckpoint> last_checkpoint() const override { return std::nullopt; }

 private:
  Switches& switches_;
  const AuditFormat format_{.hmac = HmacSha256("salt")};
  const Options options_;
};

inline World::Options with(FlakyTable::Switches& store) { return {.initialised = true, .table = std::make_unique<FlakyTable>(store)}; }

// A world that knows the type of audit device "fake".
inline World::Options with(FakeDevice::Switches& device) {
  return {.initialised = true, .table = memory_table(), .prepare = [&](Core& core) {
            core.add_audit_type("fake", [&](AuditDeviceSetup) -> Result<std::unique_ptr<AuditDevice>> { return std::make_unique<FakeDevice>(device); });
          }};
}

}  // namespace sr::test
