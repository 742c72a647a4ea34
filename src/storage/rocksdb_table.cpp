#include "storage/rocksdb_table.h"
#include <cstdarg>
#include <cstdio>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>
#include "base/log.h"
#include "storage/rocksdb_folder.h"
#include "storage/row_cache.h"

namespace sr {
namespace {

// The one row of the table's own. The names of all others begin with a printable character, so a list never meets it.
constexpr std::string_view last_revision_key = "\x01last-revision";
constexpr std::string_view first_key = "\x02";

// A row's value is its revision, eight bytes of it with the lowest first, and the sealed bytes.
struct RevisionBytes {
  char bytes[8];
  explicit RevisionBytes(Revision revision) {
    for (char& byte : bytes) byte = static_cast<char>(revision), revision >>= 8;
  }
  rocksdb::Slice slice() const { return {bytes, sizeof bytes}; }
};
Result<Revision> revision_in(rocksdb::Slice value) {
  if (value.size() < sizeof(Revision)) return fail(Code::internal, "store: a row is shorter than its revision; restore the folder from a backup or snapshot");
  Revision revision = 0;
  for (std::size_t i = sizeof revision; i > 0; --i) revision = revision << 8 | static_cast<unsigned char>(value[i - 1]);
  return revision;
}

// Errors of the threads that write table files.
struct BackgroundErrors final : rocksdb::EventListener {
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) override { seen = true; }
  std::atomic<bool> seen = false;
};

class RocksDbTable final : public Table {
 public:
  RocksDbTable(const RocksDbOptions& options, RocksDbFolder folder, std::unique_ptr<rocksdb::DB> db, std::shared_ptr<BackgroundErrors> errors, Revision last)
      : folder_(std::move(folder)), errors_(std::move(errors)), db_(std::move(db)), last_(last), in_memory_(options.in_memory),
        room_(std::min<std::size_t>(2 * options.memtable_bytes, 16 * 1024 * 1024)) {
    write_options_.sync = options.sync && !in_memory_;
    write_options_.disableWAL = in_memory_;
    folder_.set_patient(true);
    publish();
  }
  ~RocksDbTable() override { folder_.set_patient(false); }
  void stop_waiting() override { folder_.set_patient(false); }

  std::unique_ptr<const Snapshot> snapshot() const override {
    std::lock_guard lock(mutex_);
    return std::make_unique<At>(*this, moment_);
  }

  Result<Revision> revision_of(std::string_view key) const override {
    rocksdb::PinnableSlice value;
    const auto status = db_->Get({}, db_->DefaultColumnFamily(), key, &value);
    if (status.IsNotFound()) return 0;
    if (!status.ok()) return std::unexpected(folder_.problem(status));
    return revision_in(value);
  }
  Revision last_revision() const override { return last_; }
  std::string_view type() const override { return in_memory_ ? "inmem" : "rocksdb"; }

  Result<void> write(std::span<const Change> changes) override {
    rocksdb::WriteBatch batch;
    for (const auto& [key, bytes, revision] : changes) {
      const rocksdb::Slice name(key);
      if (!*bytes) {
        batch.Delete(name);
        continue;
      }
      const RevisionBytes prefix(revision);
      const rocksdb::Slice parts[] = {prefix.slice(), **bytes};
      batch.Put(rocksdb::SliceParts(&name, 1), rocksdb::SliceParts(parts, 2));
    }
    const Revision last = changes.back().revision;
    batch.Put(rocksdb::Slice(last_revision_key), RevisionBytes(last).slice());
    // Room for the batch in the log and in a table file, and for the memtables that are to be written out.
    if (!folder_.has_room(room_ + 2 * batch.GetDataSize())) return std::unexpected(folder_.no_space());
    if (errors_->seen) resume();
    if (auto status = db_->Write(write_options_, &batch); !status.ok()) return std::unexpected(folder_.problem(status));
    last_ = last;
    publish();
    return {};
  }

 private:
  // What the table holds between two writes. All requests of that time share it: taking and releasing a snapshot of
  // RocksDB takes the mutex of the whole database twice.
  struct Moment {
    rocksdb::DB& db;
    Revision revision;
    const rocksdb::Snapshot* snapshot;
    Moment(rocksdb::DB& database, Revision last) : db(database), revision(last), snapshot(database.GetSnapshot()) {}
    Moment(const Moment&) = delete;
    ~Moment() { db.ReleaseSnapshot(snapshot); }
  };
  // After a table file that found no space RocksDB stops, until it is told to go on. To try is slow while it fails.
  void resume() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_resume_) return;
    next_resume_ = now + std::chrono::seconds(1);
    errors_->seen = false;
    if (!db_->Resume().ok()) errors_->seen = true;
  }

  void publish() {
    auto next = std::make_shared<const Moment>(*db_, last_);
    std::lock_guard lock(mutex_);
    moment_.swap(next);  // the old one may be released here, but behind the lock
  }

  class At final : public Snapshot {
   public:
    At(const RocksDbTable& table, std::shared_ptr<const Moment> moment) : table_(table), moment_(std::move(moment)) {}
    Revision revision() const override { return moment_->revision; }

    Result<std::optional<Row>> get(std::string_view key, Tier tier) const override {
      rocksdb::PinnableSlice value;
      const auto status = table_.db_->Get(options(tier), table_.db_->DefaultColumnFamily(), key, &value);
      if (status.IsNotFound()) return std::nullopt;
      if (status.IsIncomplete()) return fail(Code::incomplete, "not in memory");
      if (!status.ok()) return std::unexpected(table_.folder_.problem(status));
      const Revision revision = TRY(revision_in(value));
      return Row{revision, std::string(value.data() + sizeof revision, value.size() - sizeof revision)};
    }

    Result<std::vector<std::string>> list(std::string_view prefix, Page page, Depth depth) const override {
      std::vector<std::string> names;
      auto read = options(Tier::any);
      const std::string end = behind(prefix);
      const rocksdb::Slice bound(end);
      if (!end.empty()) read.iterate_upper_bound = &bound;  // it reads no deleted rows behind the prefix
      const std::unique_ptr<rocksdb::Iterator> at(table_.db_->NewIterator(read));
      const std::string start = std::string(prefix) + std::string(page.after);
      for (at->Seek(std::max(std::string_view(start), first_key)); at->Valid() && names.size() < page.limit;) {
        auto name = at->key().ToStringView().substr(prefix.size());
        const auto slash = depth == Depth::one ? name.find('/') : std::string_view::npos;
        const bool folder = slash != std::string_view::npos;
        if (folder) name = name.substr(0, slash + 1);
        const std::string past = folder ? behind(std::string(prefix) + std::string(name)) : "";
        if (name > page.after) names.emplace_back(name);
        if (folder) at->Seek(past);  // one seek a folder, however much lies in it
        else at->Next();
      }
      if (!at->status().ok()) return std::unexpected(table_.folder_.problem(at->status()));
      return names;
    }

   private:
    // The first key that does not begin with the prefix; "" if there is none.
    static std::string behind(std::string_view prefix) {
      std::string end(prefix);
      while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
      if (!end.empty()) ++end.back();
      return end;
    }
    rocksdb::ReadOptions options(Tier tier) const {
      rocksdb::ReadOptions options;
      options.snapshot = moment_->snapshot;
      if (tier == Tier::memory && !table_.in_memory_) options.read_tier = rocksdb::kBlockCacheTier;
      return options;
    }

    const RocksDbTable& table_;
    const std::shared_ptr<const Moment> moment_;
  };

  const RocksDbFolder folder_;
  const std::shared_ptr<BackgroundErrors> errors_;
  const std::unique_ptr<rocksdb::DB> db_;
  mutable std::mutex mutex_;  // guards moment_
  std::shared_ptr<const Moment> moment_;
  Revision last_;
  const bool in_memory_;
  const std::size_t room_;
  std::chrono::steady_clock::time_point next_resume_{};
  rocksdb::WriteOptions write_options_;
};

// RocksDB keeps a chatty log of its own; only what an operator must hear goes into ours.
class ForwardingLogger final : public rocksdb::Logger {
 public:
  explicit ForwardingLogger(Log* log) : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(log) {}
  using rocksdb::Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (!log_ || level < rocksdb::InfoLogLevel::WARN_LEVEL || level > rocksdb::InfoLogLevel::FATAL_LEVEL) return;
    char line[512];
    std::vsnprintf(line, sizeof line, format, arguments);
    log_->write(level == rocksdb::InfoLogLevel::WARN_LEVEL ? LogLevel::warn : LogLevel::error, "storage.rocksdb", line);
  }
  void Logv(const char*, va_list) override {}

 private:
  Log* const log_;
};

// For a small server: an idle one holds a few MiB, a busy one the block cache and at most three memtables.
rocksdb::Options rocksdb_options(const RocksDbOptions& ours, rocksdb::Env* env) {
  rocksdb::Options options;
  options.env = env;
  options.info_log = std::make_shared<ForwardingLogger>(ours.log);
  options.create_if_missing = true;
  // A record that a power cut tore off at the end of the log was never acknowledged. Anything else is refused; the default
  // would open with the rows before the damage and drop the rest.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;

  options.write_buffer_size = ours.memtable_bytes;
  options.max_write_buffer_number = 3;
  options.max_total_wal_size = 4 * ours.memtable_bytes;
  options.target_file_size_base = 2 * ours.memtable_bytes;
  options.max_bytes_for_level_base = 8 * ours.memtable_bytes;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = rocksdb::kNoCompression;  // sealed bytes have no pattern
  options.max_manifest_file_size = 16 * 1024 * 1024;
  options.manifest_preallocation_size = 64 * 1024;
  options.max_open_files = 512;
  options.skip_stats_update_on_db_open = true;

  options.max_background_jobs = 2;  // one thread flushes, one compacts
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.allow_concurrent_memtable_write = false;  // there is one writer
  options.enable_write_thread_adaptive_yield = false;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(ours.cache_bytes / 4 * 3, 4, false, 0.3);
  table.cache_index_and_filter_blocks = true;  // within the bound of the cache, not beside it
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // A queue's head is a desert of deleted rows; a table file with one is compacted soon.
  options.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512));
  return options;
}

}  // namespace

Result<std::unique_ptr<Table>> open_rocksdb_table(RocksDbOptions ours) {
  auto folder = TRY(RocksDbFolder::prepare(ours));
  rocksdb::DB* opened = nullptr;
  const auto errors = std::make_shared<BackgroundErrors>();
  auto options = rocksdb_options(ours, folder.env());
  options.listeners.push_back(errors);
  const auto status = rocksdb::DB::Open(options, folder.path(), &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok()) return std::unexpected(folder.problem(status));
  rocksdb::PinnableSlice value;
  const auto found = db->Get({}, db->DefaultColumnFamily(), rocksdb::Slice(last_revision_key), &value);
  if (!found.ok() && !found.IsNotFound()) return std::unexpected(folder.problem(found));
  if (!found.ok()) {  // each write of ours leaves that row behind
    const std::unique_ptr<rocksdb::Iterator> rows(db->NewIterator({}));
    rows->SeekToFirst();
    if (rows->Valid()) return std::unexpected(folder.unusable("holds the database of another program", "give the storage an empty or a new folder"));
  }
  const Revision last = found.ok() ? TRY(revision_in(value)) : 0;
  return cached_table(std::make_unique<RocksDbTable>(ours, std::move(folder), std::move(db), errors, last), ours.cache_bytes / 4);
}

}  // namespace sr
