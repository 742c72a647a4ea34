// Takes out of RocksDB's files what rows held before they were overwritten or removed. RocksDB leaves that in its log and its table files
// until they are compacted, which may be never; where a write asks for it, this compacts the part of the store that the row lies in.
//
// A row of the table's own says what is to be done, in the batch that asks for it, so that a crash loses none. The thread gathers for a
// while, waits until no snapshot needs the old bytes, compacts, and then rests for longer than it has worked.
//
// It also clears away deserts of deleted rows that a list has had to cross; nobody waits for that, and no crash needs to remember it.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>
#include "storage/store.h"

namespace sr {

class Log;

// The moments that somebody still reads. Shared by all threads.
class LiveMoments {
 public:
  void begin(Revision revision);
  void end(Revision revision);
  bool none_before(Revision revision) const;

 private:
  mutable std::mutex mutex_;
  std::multiset<Revision> live_;
};

class RocksDbWiper {
 public:
  struct Parts {
    rocksdb::DB& db;
    const LiveMoments& moments;
    std::function<bool()> has_room;          // for a compaction; without it the disk could fill up
    Log* log = nullptr;
    bool in_memory = false;
    std::chrono::milliseconds gather{1000};  // from the first wish to the work on it
    unsigned rest = 3;                       // times as long as a range took
  };
  static constexpr std::string_view folder = "\x01wipe/";  // + revision, 16 hex digits + "/" + key of the row

  static void ask(rocksdb::WriteBatch&, std::string_view key, Revision);  // in the batch that writes the row
  explicit RocksDbWiper(Parts parts);       // counts what is there
  ~RocksDbWiper();                          // ends a compaction under way; what is left stays for the next start
  void start();
  void poke(std::size_t asked);             // so many wishes more are durable
  void tidy(std::string_view first, std::string_view last, Revision seen);  // any thread
  std::size_t left() const { return left_; }

 private:
  struct Desert {
    std::string first, last;
    Revision seen;  // by the list that crossed it
    bool operator==(const Desert&) const = default;
  };
  struct Wish { std::string row, key; Revision revision; };
  struct Range { std::string_view first, last; };  // of keys, both within
  void run();
  bool pause(std::chrono::nanoseconds);     // false: it is over
  std::vector<Wish> wishes() const;
  bool round(std::vector<Wish>&);           // false: it has to be tried again later
  std::vector<Range> ranges(const std::vector<Wish>& sorted) const;
  bool wait_for_readers(Revision);
  bool compact(std::string_view first, std::string_view last);
  void forget(const std::vector<Wish>&);
  bool clear_deserts();

  const Parts parts_;
  std::atomic<std::size_t> left_ = 0;
  std::atomic<bool> ending_ = false;
  std::mutex mutex_;                        // guards poked_ and deserts_
  std::condition_variable wake_;
  bool poked_ = false;
  std::vector<Desert> deserts_;
  std::thread thread_;
};

}  // namespace sr
