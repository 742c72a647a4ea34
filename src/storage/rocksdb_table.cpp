#include "storage/rocksdb_table.h"
#include <cstdarg>
#include <cstdio>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_context.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_batch.h>
#include "base/log.h"
#include "storage/rocksdb_folder.h"
#include "storage/rocksdb_wiper.h"
#include "storage/row_cache.h"

namespace sr {
namespace {

// The rows of the table's own. The names of all others begin with a printable character, so neither a list nor a scan meets them.
constexpr std::string_view last_revision_key = "\x01last-revision";
constexpr std::string_view replaced_at_key = "\x01replaced-at";  // absent: never
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

// Deleted rows that one list may cross before they are to be cleared away: about a millisecond's worth.
constexpr std::uint64_t desert_rows = 4096;

// How many deleted rows this thread has crossed since it was made.
class CrossedRows {
 public:
  CrossedRows() : level_(rocksdb::GetPerfLevel()) {
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    before_ = rocksdb::get_perf_context()->internal_delete_skipped_count;
  }
  ~CrossedRows() { rocksdb::SetPerfLevel(level_); }
  CrossedRows(const CrossedRows&) = delete;
  std::uint64_t count() const { return rocksdb::get_perf_context()->internal_delete_skipped_count - before_; }

 private:
  const rocksdb::PerfLevel level_;
  std::uint64_t before_ = 0;
};

// One open database. Its folder goes with it when something else has come into its place.
struct Database {
  Database(RocksDbFolder in, std::unique_ptr<rocksdb::DB> opened, std::shared_ptr<BackgroundErrors> heard) : folder(std::move(in)), errors(std::move(heard)), db(std::move(opened)) {}
  Database(const Database&) = delete;
  ~Database() {
    folder.set_patient(false);
    wiper.reset();
    db.reset();
    if (given_up) folder.remove();
  }

  // What came with a replacement is of its revision.
  Result<Revision> revision_of(rocksdb::Slice value) const { return std::max(TRY(revision_in(value)), replaced_at); }
  Result<std::optional<Revision>> own_row(std::string_view key) const {
    rocksdb::PinnableSlice value;
    const auto found = db->Get({}, db->DefaultColumnFamily(), rocksdb::Slice(key), &value);
    if (found.IsNotFound()) return std::nullopt;
    if (!found.ok()) return std::unexpected(folder.problem(found));
    return TRY(revision_in(value));
  }

  const RocksDbFolder folder;
  const std::shared_ptr<BackgroundErrors> errors;
  std::unique_ptr<rocksdb::DB> db;
  LiveMoments moments;
  std::unique_ptr<RocksDbWiper> wiper;   // of one that is in use; made before others see it
  Revision replaced_at = 0;              // set before others see it
  std::atomic<bool> given_up = false;
};

Result<std::shared_ptr<Database>> open_database(const RocksDbOptions& ours, RocksDbFolder folder, const std::shared_ptr<rocksdb::Cache>& blocks);

// Rows on their way into a folder beside the one in use. They need no log: what a crash leaves of them is removed.
class RocksDbReplacement final : public Replacement {
 public:
  explicit RocksDbReplacement(std::shared_ptr<Database> database) : database_(std::move(database)) { database_->given_up = true; }
  Result<void> add(std::string_view key, std::string_view bytes) override {
    const rocksdb::Slice name(key);
    const RevisionBytes revision(0);  // the table says which, when it is in place
    const rocksdb::Slice parts[] = {revision.slice(), bytes};
    batch_.Put(rocksdb::SliceParts(&name, 1), rocksdb::SliceParts(parts, 2));
    return batch_.GetDataSize() < batch_bytes ? Result<void>() : write();
  }
  Result<void> finish() override {
    TRY(write());
    if (auto status = database_->db->Flush({}); !status.ok()) return std::unexpected(database_->folder.problem(status));
    if (auto status = database_->db->VerifyChecksum(); !status.ok()) return std::unexpected(database_->folder.problem(status));
    return {};
  }
  const std::shared_ptr<Database>& database() const { return database_; }

 private:
  static constexpr std::size_t batch_bytes = 1024 * 1024;
  Result<void> write() {
    if (!database_->folder.has_room(2 * batch_.GetDataSize())) return std::unexpected(database_->folder.no_space());
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    if (auto status = database_->db->Write(options, &batch_); !status.ok()) return std::unexpected(database_->folder.problem(status));
    batch_.Clear();
    return {};
  }

  const std::shared_ptr<Database> database_;
  rocksdb::WriteBatch batch_;
};

class RocksDbTable final : public Table {
 public:
  RocksDbTable(RocksDbOptions options, std::shared_ptr<rocksdb::Cache> blocks, std::shared_ptr<Database> database, Revision last)
      : options_(std::move(options)), blocks_(std::move(blocks)), database_(std::move(database)), last_(last), room_(std::min<std::size_t>(2 * options_.memtable_bytes, 16 * 1024 * 1024)) {
    write_options_.sync = options_.sync && !options_.in_memory;
    write_options_.disableWAL = options_.in_memory;
    take_up(*database_);
    publish();
  }
  void stop_waiting() override { moment()->database->folder.set_patient(false); }

  std::unique_ptr<const Snapshot> snapshot() const override { return std::make_unique<At>(options_.in_memory, moment()); }

  Result<Revision> revision_of(std::string_view key) const override {
    const auto now = moment();
    rocksdb::PinnableSlice value;
    const auto status = now->database->db->Get({}, now->database->db->DefaultColumnFamily(), key, &value);
    if (status.IsNotFound()) return 0;
    if (!status.ok()) return std::unexpected(now->database->folder.problem(status));
    return now->database->revision_of(value);
  }
  Revision last_revision() const override { return last_; }
  std::string_view type() const override { return options_.in_memory ? "inmem" : "rocksdb"; }
  std::size_t lingering() const override { return moment()->database->wiper->left(); }

  Result<void> write(std::span<const Change> changes) override {
    if (unsure_) return unsure();
    rocksdb::WriteBatch batch;
    std::size_t leaving = 0;
    for (const auto& [key, bytes, revision, former] : changes) {
      const rocksdb::Slice name(key);
      if (former == Former::leaves_disk) RocksDbWiper::ask(batch, key, revision), ++leaving;
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
    const RocksDbFolder& folder = database_->folder;
    if (!folder.has_room(room_ + 2 * batch.GetDataSize())) return std::unexpected(folder.no_space());
    if (database_->errors->seen) resume();
    if (auto status = database_->db->Write(write_options_, &batch); !status.ok()) return std::unexpected(folder.problem(status));
    last_ = last;
    publish();
    if (leaving > 0) database_->wiper->poke(leaving);
    return {};
  }

  Result<std::unique_ptr<Replacement>> begin_replacement(std::uint64_t bytes) override {
    if (!moment()->database->folder.has_room(bytes + bytes / 8 + 4 * room_)) return std::unexpected(moment()->database->folder.no_space());
    auto folder = TRY(RocksDbFolder::prepare_beside(options_));
    return std::make_unique<RocksDbReplacement>(TRY(open_database(options_, std::move(folder), blocks_)));
  }

  Result<void> replace(Replacement& replacement, Revision revision) override {
    if (unsure_) return unsure();
    const auto next = dynamic_cast<RocksDbReplacement&>(replacement).database();
    rocksdb::WriteBatch batch;
    batch.Put(rocksdb::Slice(replaced_at_key), RevisionBytes(revision).slice());
    batch.Put(rocksdb::Slice(last_revision_key), RevisionBytes(revision).slice());
    if (auto status = next->db->Write(write_options_, &batch); !status.ok()) return std::unexpected(next->folder.problem(status));
    next->replaced_at = revision;
    if (!options_.in_memory) {
      bool unsure_now = false;
      const auto status = next->folder.place().make_current(*next->folder.env(), options_.sync, &unsure_now);
      unsure_ = unsure_now;
      if (unsure_) next->given_up = false;  // it may be the store of the next start
      if (!status.ok()) return std::unexpected(next->folder.problem(status));
    }
    next->given_up = false;
    database_->given_up = true;
    database_->folder.set_patient(false);
    database_ = next;
    take_up(*database_);
    last_ = revision;
    publish();
    return {};
  }

 private:
  // What the table holds between two writes. All requests of that time share it: taking and releasing a snapshot of
  // RocksDB takes the mutex of the whole database twice.
  struct Moment {
    const std::shared_ptr<Database> database;
    Revision revision;
    const rocksdb::Snapshot* snapshot;
    Moment(std::shared_ptr<Database> of, Revision last) : database(std::move(of)), revision(last), snapshot(database->db->GetSnapshot()) { database->moments.begin(revision); }
    Moment(const Moment&) = delete;
    ~Moment() {
      database->db->ReleaseSnapshot(snapshot);
      database->moments.end(revision);
    }
  };
  // The database is the one in use from here on.
  void take_up(Database& database) const {
    database.folder.set_patient(true);
    database.wiper = std::make_unique<RocksDbWiper>(RocksDbWiper::Parts{
        .db = *database.db, .moments = database.moments, .has_room = [&folder = database.folder, room = 16 * options_.memtable_bytes] { return folder.has_room(room); },
        .log = options_.log, .in_memory = options_.in_memory, .gather = options_.wipe_after});
    database.wiper->start();
  }
  // After a table file that found no space RocksDB stops, until it is told to go on. To try is slow while it fails.
  void resume() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_resume_) return;
    next_resume_ = now + std::chrono::seconds(1);
    database_->errors->seen = false;
    if (!database_->db->Resume().ok()) database_->errors->seen = true;
  }
  static Result<void> unsure() {
    return fail(Code::internal, "store: the disk failed while the store was replaced, and which of the two it holds is not known: restart the server");
  }

  std::shared_ptr<const Moment> moment() const {
    std::lock_guard lock(mutex_);
    return moment_;
  }
  void publish() {
    auto next = std::make_shared<const Moment>(database_, last_);
    std::lock_guard lock(mutex_);
    moment_.swap(next);  // the old one may be released here, but behind the lock
  }

  class At final : public Snapshot {
   public:
    At(bool in_memory, std::shared_ptr<const Moment> moment) : in_memory_(in_memory), moment_(std::move(moment)) {}
    Revision revision() const override { return moment_->revision; }

    Result<std::optional<Row>> get(std::string_view key, Tier tier) const override {
      rocksdb::PinnableSlice value;
      const auto status = db().Get(options(tier), db().DefaultColumnFamily(), key, &value);
      if (status.IsNotFound()) return std::nullopt;
      if (status.IsIncomplete()) return fail(Code::incomplete, "not in memory");
      if (!status.ok()) return std::unexpected(moment_->database->folder.problem(status));
      // Of a file that is not open yet RocksDB says so too, but as a row that is found and has no bytes; ours have a revision at least.
      if (tier == Tier::memory && value.empty()) return fail(Code::incomplete, "not in memory");
      return TRY(row_of(value));
    }

    Result<std::vector<std::string>> list(std::string_view prefix, Page page, Depth depth) const override {
      std::vector<std::string> names;
      auto read = options(Tier::any);
      const std::string end = behind(prefix);
      const rocksdb::Slice bound(end);
      if (!end.empty()) read.iterate_upper_bound = &bound;  // it reads no deleted rows behind the prefix
      const std::unique_ptr<rocksdb::Iterator> at(db().NewIterator(read));
      const std::string start = std::string(prefix) + std::string(page.after);
      const CrossedRows crossed;
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
      if (!at->status().ok()) return std::unexpected(moment_->database->folder.problem(at->status()));
      if (crossed.count() > desert_rows) {
        const std::string_view last = at->Valid() ? at->key().ToStringView() : std::string_view(end.empty() ? start : end);
        moment_->database->wiper->tidy(start, last, moment_->revision);
      }
      return names;
    }

    Result<std::vector<KeyedRow>> scan(std::string_view after, std::size_t bytes) const override {
      auto read = options(Tier::any);
      read.fill_cache = false;  // who reads everything reads it once
      std::vector<KeyedRow> rows;
      std::size_t size = 0;
      const std::unique_ptr<rocksdb::Iterator> at(db().NewIterator(read));
      for (at->Seek(std::max(after, first_key)); at->Valid() && (rows.empty() || size < bytes); at->Next()) {
        if (at->key() == rocksdb::Slice(after)) continue;
        rows.push_back({at->key().ToString(), TRY(row_of(at->value()))});
        size += rows.back().key.size() + rows.back().row.bytes.size();
      }
      if (!at->status().ok()) return std::unexpected(moment_->database->folder.problem(at->status()));
      return rows;
    }

    // Of each level, the file that a list from the key on begins in; and those that hold the key's place, for their filters.
    void look_ahead(std::string_view key) const override {
      auto read = options(Tier::any);
      read.max_skippable_internal_keys = 1;
      std::unique_ptr<rocksdb::Iterator>(db().NewIterator(read))->Seek(key);
      rocksdb::PinnableSlice value;
      static_cast<void>(db().Get(options(Tier::any), db().DefaultColumnFamily(), key, &value));
    }

   private:
    rocksdb::DB& db() const { return *moment_->database->db; }
    Result<Row> row_of(rocksdb::Slice value) const {
      const Revision revision = TRY(moment_->database->revision_of(value));
      return Row{revision, std::string(value.data() + sizeof revision, value.size() - sizeof revision)};
    }
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
      if (tier == Tier::memory && !in_memory_) options.read_tier = rocksdb::kBlockCacheTier;
      return options;
    }

    const bool in_memory_;
    const std::shared_ptr<const Moment> moment_;
  };

  const RocksDbOptions options_;
  const std::shared_ptr<rocksdb::Cache> blocks_;
  std::shared_ptr<Database> database_;  // of the committer's thread; others find it in the moment
  mutable std::mutex mutex_;            // guards moment_
  std::shared_ptr<const Moment> moment_;
  Revision last_;
  bool unsure_ = false;
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
rocksdb::Options rocksdb_options(const RocksDbOptions& ours, rocksdb::Env* env, std::shared_ptr<rocksdb::Cache> blocks) {
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
  // Files of the levels below are larger, each twice: a store of many millions of rows would otherwise have more files than may be
  // open, and most reads would begin with opening one.
  options.target_file_size_base = 2 * ours.memtable_bytes;
  options.target_file_size_multiplier = 2;
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
  table.block_cache = std::move(blocks);
  table.cache_index_and_filter_blocks = true;  // within the bound of the cache, not beside it
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // In parts of a block each: the index of a large file is as large as a hundred blocks, and as a whole it would push them out of the
  // cache, and be pushed out by them, at almost every read of a store that is larger than the cache.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.index_block_restart_interval = 16;  // its keys begin alike: with the folder of a mount
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // A queue's head is a desert of deleted rows; a table file with one is compacted soon.
  options.table_properties_collector_factories.push_back(rocksdb::NewCompactOnDeletionCollectorFactory(1024, 512));
  return options;
}

Result<std::shared_ptr<Database>> open_database(const RocksDbOptions& ours, RocksDbFolder folder, const std::shared_ptr<rocksdb::Cache>& blocks) {
  rocksdb::DB* opened = nullptr;
  auto errors = std::make_shared<BackgroundErrors>();
  auto options = rocksdb_options(ours, folder.env(), blocks);
  options.listeners.push_back(errors);
  const auto status = rocksdb::DB::Open(options, folder.path(), &opened);
  std::unique_ptr<rocksdb::DB> db(opened);
  if (!status.ok()) return std::unexpected(folder.problem(status));
  return std::make_shared<Database>(std::move(folder), std::move(db), std::move(errors));
}

}  // namespace

Result<std::unique_ptr<Table>> open_rocksdb_table(RocksDbOptions ours) {
  auto blocks = rocksdb::NewLRUCache(ours.cache_bytes / 4 * 3, 4, false, 0.3);
  auto database = TRY(open_database(ours, TRY(RocksDbFolder::prepare(ours)), blocks));
  const auto last = TRY(database->own_row(last_revision_key));
  if (!last) {  // each write of ours leaves that row behind
    const std::unique_ptr<rocksdb::Iterator> rows(database->db->NewIterator({}));
    rows->SeekToFirst();
    if (rows->Valid()) return std::unexpected(database->folder.unusable("holds the database of another program", "give the storage an empty or a new folder"));
  }
  database->replaced_at = TRY(database->own_row(replaced_at_key)).value_or(0);
  database->folder.remove_others();
  const std::size_t rows_bytes = ours.cache_bytes / 4;
  return cached_table(std::make_unique<RocksDbTable>(std::move(ours), std::move(blocks), std::move(database), last.value_or(0)), rows_bytes);
}

}  // namespace sr
