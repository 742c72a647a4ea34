// Quotas: how often clients may ask (rate-limit), and how many leases there may be (lease-count), of the whole server, a mount, a path in
// it, or of logins by a role there. Of those of a kind that fit a request only the most specific holds.
//
// Rows, among the core's: quota/config, quota/<kind>/<name>. A mount is named by its uuid, so a quota moves with its mount, and goes
// with it. Every change rewrites one row, quotas_changed, which is how two that are at odds notice each other.
//
// Shared by all threads. The table in force is published as a whole; without any quota a request pays one load. A rate limit, and a
// place, that a change leaves as it was keeps its counts.
#pragma once
#include <atomic>
#include "base/log.h"
#include "base/metrics.h"
#include "base/published.h"
#include "core/lease_count.h"
#include "core/mount.h"
#include "core/rate_limiter.h"
#include "storage/barrier.h"
#include "storage/transaction.h"

namespace sr {

enum class QuotaKind : std::uint8_t { rate_limit, lease_count };
std::string_view name_of(QuotaKind);  // "rate-limit", "lease-count"

// As it is kept.
struct StoredQuota {
  std::string mount{};      // uuid; empty: the whole server
  std::string inside{};     // a path in the mount, perhaps with '*' at its end
  std::string role{};       // of a login there
  std::string rate{};       // requests in an interval, as it was written
  Seconds interval{1};
  Seconds block{};
  std::uint64_t most = 0;   // leases
  bool inheritable = false; // by namespaces below
  template <class Archive> void fields(Archive& archive) {
    archive(1, mount);
    archive(2, inside);
    archive(3, role);
    archive(4, rate);
    archive(5, interval);
    archive(6, block);
    archive(7, most);
    archive(8, inheritable);
  }
  bool same_place(const StoredQuota& other) const { return mount == other.mount && inside == other.inside && role == other.role; }
};

struct QuotaConfig {
  Strings exempt_paths{};           // from all rate limits; '*' at the end of one takes in all that begins so
  Strings absolute_exempt_paths{};  // the same, in Vault's second spelling, which counts from the root namespace
  bool audit = false;               // requests over a rate limit are in the audit log
  bool headers = false;             // answers say how much is left
  template <class Archive> void fields(Archive& archive) {
    archive(1, exempt_paths);
    archive(2, absolute_exempt_paths);
    archive(3, audit);
    archive(4, headers);
  }
  static QuotaConfig usual();       // what holds until one is written
};

struct RateLimit {
  std::string name{};
  std::shared_ptr<RateLimiter> limiter{};
  Counter& violations;
};

struct LeaseLimit {
  std::string name{};
  StoredQuota quota{};
  std::shared_ptr<LeaseCount> count{};
  Counter& violations;
};

// The quotas of one kind, found by what a request is about.
template <class Limit> class QuotaPlaces {
 public:
  void add(const StoredQuota&, std::shared_ptr<const Limit>);
  const Limit* find(std::string_view mount_uuid, std::string_view inside, std::string_view role) const;
  bool has_roles(std::string_view mount_uuid) const;
  bool has_paths(std::string_view mount_uuid) const;
  bool empty() const { return all_.empty(); }
  std::span<const std::shared_ptr<const Limit>> all() const { return all_; }
  std::shared_ptr<const Limit> by_name(std::string_view name) const;

 private:
  using ByText = std::map<std::string, const Limit*, std::less<>>;
  struct OfMount {
    const Limit* whole = nullptr;
    ByText paths{}, prefixes{}, roles{};
  };
  std::map<std::string, OfMount, std::less<>> mounts_;  // by uuid
  const Limit* everywhere_ = nullptr;
  std::vector<std::shared_ptr<const Limit>> all_;
};

struct QuotaTable {
  QuotaConfig config{};
  QuotaPlaces<RateLimit> rates{};
  QuotaPlaces<LeaseLimit> leases{};

  bool is_exempt(std::string_view path) const;
};

// What is kept of lease counts from one run to the next.
struct KeptLeaseCounts {
  std::map<std::string, std::int64_t> of_quota{};  // by name
  template <class Archive> void fields(Archive& archive) { archive(1, of_quota); }
};

class Quotas {
 public:
  Quotas(const Store& store, const Barrier& barrier, const Clock& clock, Log& log, Metrics& metrics)
      : store_(store), barrier_(barrier), clock_(clock), log_(log), metrics_(metrics) {}

  // What holds, or null while there is no quota.
  std::shared_ptr<const QuotaTable> table() const { return any_.load(std::memory_order_acquire) ? table_.load() : nullptr; }
  std::shared_ptr<const QuotaTable> current() const { return any_.load(std::memory_order_acquire) ? table_.current() : nullptr; }  // for those who seldom ask

  // ---- in the caller's transaction ------------------------------------------------------------------------------------
  Result<QuotaConfig> read_config(Transaction&) const;
  Result<void> write_config(Transaction&, const QuotaConfig&) const;
  Result<Strings> list(Transaction&, QuotaKind, Page) const;
  Result<std::optional<StoredQuota>> read(Transaction&, QuotaKind, std::string_view name) const;
  Result<void> write(Transaction&, QuotaKind, std::string_view name, const StoredQuota&) const;  // refused where another has the same place
  Result<void> remove(Transaction&, QuotaKind, std::string_view name) const;
  Result<void> forget_mount(Transaction&, std::string_view uuid) const;  // that is being disabled

  Result<void> load();
  void unload();
  void let_go() const { static_cast<void>(table_.load()); }
  void on_commit(std::span<const std::string_view> keys);
  void sweep();  // clients who have not asked for long make room
  void set_poke(std::function<void()> poke) { poke_ = std::move(poke); }  // wakes the job thread, after a change

 private:
  std::shared_ptr<const RateLimit> make_rate_limit(const QuotaTable* before, std::string name, const StoredQuota&);
  std::shared_ptr<const LeaseLimit> make_lease_limit(const QuotaTable* before, std::string name, const StoredQuota&, std::int64_t remembered);

  const Store& store_;
  const Barrier& barrier_;
  const Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  std::function<void()> poke_;
  const std::shared_ptr<RateLimiter::Budget> budget_ = std::make_shared<RateLimiter::Budget>();
  std::atomic<bool> any_ = false;
  std::mutex mutex_;        // guards loaded_at_, and publishing by it
  Revision loaded_at_ = 0;  // of quotas_changed: of two loads at once the later state wins
  Published<QuotaTable> table_;
  Time swept_{};  // of the job thread only
};

}  // namespace sr
