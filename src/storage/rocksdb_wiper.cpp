#include "storage/rocksdb_wiper.h"
#include <algorithm>
#include <charconv>
#include "base/log.h"

namespace sr {
namespace {

constexpr std::size_t wishes_of_one_round = 1 << 16;
constexpr std::size_t ranges_of_one_round = 32;      // more of them are taken together with their neighbours
constexpr std::uint64_t bytes_between = 16 << 20;    // with less than that between them rows lie in the same files
constexpr std::size_t revision_digits = 16;
constexpr std::chrono::milliseconds look_again{20};
constexpr unsigned looks = 500;                  // for readers of old moments; then the round is left for later
constexpr std::chrono::seconds after_failure{5};
constexpr std::size_t deserts_kept = 16;             // one that finds no place is found again

}  // namespace

void LiveMoments::begin(Revision revision) {
  std::lock_guard lock(mutex_);
  live_.insert(revision);
}
void LiveMoments::end(Revision revision) {
  std::lock_guard lock(mutex_);
  live_.erase(live_.find(revision));
}
bool LiveMoments::none_before(Revision revision) const {
  std::lock_guard lock(mutex_);
  return live_.empty() || *live_.begin() >= revision;
}

void RocksDbWiper::ask(rocksdb::WriteBatch& batch, std::string_view key, Revision revision) {
  char digits[revision_digits];
  for (std::size_t i = 0; i < revision_digits; ++i) digits[i] = "0123456789abcdef"[revision >> (60 - 4 * i) & 15];
  std::string row(folder);
  row.append(digits, revision_digits).append("/").append(key);
  batch.Put(row, rocksdb::Slice());
}

RocksDbWiper::RocksDbWiper(Parts parts) : parts_(std::move(parts)) { left_ = wishes().size(); }

RocksDbWiper::~RocksDbWiper() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RocksDbWiper::start() {
  poked_ = left_ > 0;
  thread_ = std::thread([this] { run(); });
}

void RocksDbWiper::poke(std::size_t asked) {
  left_ += asked;
  std::lock_guard lock(mutex_);
  poked_ = true;
  wake_.notify_all();
}

bool RocksDbWiper::pause(std::chrono::nanoseconds span) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, span, [this] { return ending_.load(); });
}

void RocksDbWiper::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || poked_; });
      poked_ = false;
    }
    if (!pause(parts_.gather)) return;
    for (auto wanted = wishes(); !wanted.empty(); wanted = wishes()) {
      const bool done = round(wanted);
      if (ending_) return;
      if (!done && !pause(after_failure)) return;
    }
    if (!clear_deserts()) return;
  }
}

std::vector<RocksDbWiper::Wish> RocksDbWiper::wishes() const {
  rocksdb::ReadOptions read;
  std::string end(folder);
  ++end.back();
  const rocksdb::Slice bound(end);
  read.iterate_upper_bound = &bound;
  const std::unique_ptr<rocksdb::Iterator> at(parts_.db.NewIterator(read));
  std::vector<Wish> found;
  for (at->Seek(rocksdb::Slice(folder)); at->Valid() && found.size() < wishes_of_one_round; at->Next()) {
    const auto name = at->key().ToStringView().substr(folder.size());
    Revision revision = 0;
    if (name.size() > revision_digits) std::from_chars(name.data(), name.data() + revision_digits, revision, 16);
    found.push_back({at->key().ToString(), std::string(name.substr(std::min(name.size(), revision_digits + 1))), revision});
  }
  return found;
}

bool RocksDbWiper::wait_for_readers(Revision revision) {
  for (unsigned look = 0; look < looks; ++look) {
    if (parts_.moments.none_before(revision)) return true;
    if (!pause(look_again)) return false;
  }
  return false;  // a backup may read for long
}

bool RocksDbWiper::round(std::vector<Wish>& wanted) {
  const Revision latest = std::ranges::max(wanted, {}, &Wish::revision).revision;
  if (!wait_for_readers(latest) || !parts_.has_room()) return false;
  std::ranges::sort(wanted, {}, &Wish::key);
  for (const auto& [first, last] : ranges(wanted)) {
    const auto began = std::chrono::steady_clock::now();
    if (!compact(first, last)) return false;
    if (!pause((std::chrono::steady_clock::now() - began) * parts_.rest)) return false;
  }
  forget(wanted);
  return true;
}

// Rows that agree up to a NUL are parts of one thing, and what was between them goes with them: versions of a secret that were dropped
// long ago.
std::vector<RocksDbWiper::Range> RocksDbWiper::ranges(const std::vector<Wish>& sorted) const {
  const auto are_one = [&](std::string_view a, std::string_view b) {
    const auto nul = a.find('\0');
    if (nul != a.npos && b.starts_with(a.substr(0, nul + 1))) return true;
    const rocksdb::Range between(a, b);
    std::uint64_t bytes = 0;
    rocksdb::SizeApproximationOptions options;
    options.include_memtables = true;
    return parts_.db.GetApproximateSizes(options, parts_.db.DefaultColumnFamily(), &between, 1, &bytes).ok() && bytes < bytes_between;
  };
  std::vector<Range> found;
  for (const auto& wish : sorted) {
    if (!found.empty() && are_one(found.back().last, wish.key)) found.back().last = wish.key;
    else found.push_back({wish.key, wish.key});
  }
  const std::size_t at_once = (found.size() + ranges_of_one_round - 1) / ranges_of_one_round;
  if (at_once < 2) return found;
  std::vector<Range> wider;
  for (std::size_t from = 0; from < found.size(); from += at_once) wider.push_back({found[from].first, found[std::min(from + at_once, found.size()) - 1].last});
  return wider;
}

// What is in the memtable goes to a table file first, and the log that held it goes. A compaction down to the last level keeps of each
// row what the oldest snapshot needs, and none is older than the rows' last change.
bool RocksDbWiper::compact(std::string_view first, std::string_view last) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  options.max_subcompactions = 1;
  options.canceled = &ending_;
  const rocksdb::Slice begin(first), end(last);
  const auto status = parts_.db.CompactRange(options, &begin, &end);
  if (!status.ok() && !ending_ && parts_.log) parts_.log->warn("storage", "a compaction that was asked for goes on later", {{"why", status.ToString()}});
  return status.ok();
}

void RocksDbWiper::tidy(std::string_view first, std::string_view last, Revision seen) {
  std::lock_guard lock(mutex_);
  for (const auto& desert : deserts_)
    if (desert.first <= first && first <= desert.last) return;
  if (deserts_.size() >= deserts_kept) return;
  deserts_.push_back({std::string(first), std::string(last), seen});
  poked_ = true;
  wake_.notify_all();
}

bool RocksDbWiper::clear_deserts() {
  for (;;) {
    Desert desert;
    {
      std::lock_guard lock(mutex_);
      if (deserts_.empty()) return !ending_;
      desert = deserts_.back();
    }
    const auto began = std::chrono::steady_clock::now();
    // While an older state is read, a backup say, the rows have to stay: who crosses them later asks again.
    if (parts_.moments.none_before(desert.seen) && parts_.has_room()) compact(desert.first, desert.last);
    {
      std::lock_guard lock(mutex_);
      std::erase(deserts_, desert);  // while it is worked on nobody asks for it again
    }
    if (!pause((std::chrono::steady_clock::now() - began) * parts_.rest)) return false;
  }
}

void RocksDbWiper::forget(const std::vector<Wish>& done) {
  rocksdb::WriteBatch batch;
  for (const auto& wish : done) batch.Delete(wish.row);
  rocksdb::WriteOptions options;  // not synced: what a crash brings back is done once more
  options.disableWAL = parts_.in_memory;
  if (!parts_.db.Write(options, &batch).ok()) return;
  left_ -= std::min(left_.load(), done.size());
}

}  // namespace sr
