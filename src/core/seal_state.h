// Whether the server has a root key, and how it gets one: initialisation, unsealing by shares or by a seal that opens itself, sealing,
// and the move from one seal to another.
//
// Shared by all threads. The seal's own rows lie outside of the barrier and are read and written raw. What asks a seal may be slow and
// fail: it runs on a lane or on the thread of the Unsealer, and nobody else waits for it but who wants to open the store, too.
#pragma once
#include <atomic>
#include <functional>
#include <mutex>
#include "base/clock.h"
#include "base/log.h"
#include "storage/auto_seal.h"
#include "storage/barrier.h"
#include "storage/seal.h"
#include "storage/transaction.h"

namespace sr {

// The seals of the configuration; both outlive the core. Without one shares open the store.
struct SealChoice {
  const AutoSeal* in_use = nullptr;
  const AutoSeal* leaving = nullptr;  // disabled: only to move away from

  std::string_view type() const { return in_use ? in_use->type() : SealConfig::shamir; }
};

struct InitResult {
  std::vector<Secret> shares;         // of the unseal key; of the recovery key where the seal opens itself
  Secret root_token;
};
struct SealStatus {
  std::string type{SealConfig::shamir};
  bool initialized = false, sealed = true;
  bool opens_itself = false;          // shares and threshold are those of the recovery key
  bool migration = false;             // the configuration names another seal than the store
  std::size_t threshold = 0, shares = 0, progress = 0;
  std::string nonce{}, cluster_name{}, cluster_id{};
};
struct Cluster {
  std::string name{}, id{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, name);
    archive(2, id);
  }
};

class SealState {
 public:
  struct Parts { Store& store; Barrier& barrier; const Clock& clock; Random& random; Log& log; SealChoice seals{}; };
  explicit SealState(Parts parts) : parts_(parts) {}

  // Before the server starts: the store can be opened with the seals of the configuration, or moved to them.
  Result<void> check() const;
  Result<bool> initialized() const;
  Result<SealStatus> status() const;
  // Requests may be served: the barrier is open, and what lies behind it has been loaded.
  bool is_open() const { return open_.load(std::memory_order_acquire) && !parts_.barrier.locked(); }
  const SealChoice& seals() const { return parts_.seals; }
  Cluster cluster() const;      // as of the last unseal
  Time unsealed_at() const;

  // Writes the seal's rows and the first rows behind the barrier into a raw transaction; the server stays sealed. `fill` writes
  // what a new store starts with and answers with the root token's id. A second call loses the race for the seal's rows.
  using Fill = std::function<Result<std::string>(Transaction&, const Barrier&)>;
  Result<InitResult> initialize(Transaction& raw, SealConfig, std::string cluster_name, const Fill& fill);

  // One share. With the last one that is needed `load` runs behind the barrier, and the server stays unsealed only if that
  // goes well. Where the configuration names another seal than the store, all shares are given to move there, and none otherwise.
  // Reads the store: not on a loop.
  struct Opening {
    std::function<Result<void>()> load;  // behind the barrier, before anything is served
    std::function<void()> begin;         // once it is open
  };
  enum class Purpose : std::uint8_t { open, migrate };
  Result<void> unseal(std::string_view share, Purpose, const Opening& opening);
  // Without shares, by a seal that opens itself. What a former key of the seal has wrapped is wrapped again.
  Result<void> unseal_itself(const Opening& opening);
  // With the keys themselves, which the server has had. The shares of what is there now may be others.
  struct Keys { KeySecret root_key, unseal_key; };
  // Only when nobody has sealed it since: `sealed` is what seal() said.
  Result<void> reopen(Keys, const Opening& opening, std::uint64_t sealed);
  // While the server is open: whether the seal would open it at the next start. What a former key of the seal has wrapped is wrapped again,
  // since nobody knows how long the seal keeps that key.
  Result<void> tend() const;
  void reset_unseal();
  std::uint64_t seal();  // how often it has been sealed

  // The row that opens `root_key` with the seal in use. Code::busy: the unseal key is not known, since it is being changed.
  Result<std::string> wrap(const KeySecret& root_key) const;
  // Shares only: the unseal key that the store has from now on.
  void keep(KeySecret unseal_key);
  KeySecret unseal_key() const;  // empty: not known

 private:
  struct Rows { SealConfig config; std::string wrapped_root_key; };
  Result<std::optional<Rows>> rows() const;
  const AutoSeal* seal_of(const SealConfig&) const;
  bool must_migrate(const SealConfig& stored) const { return stored.type != parts_.seals.type(); }
  Result<KeySecret> unwrap(const Rows&, const AutoSeal&) const;
  Result<std::shared_ptr<const Keyring>> ring(const KeySecret& root_key) const;
  Result<Keys> keys_by(const Rows&, const KeySecret& shared_key) const;
  Result<Keys> migrate(const Rows&, Keys);
  Result<void> open(Keys, const Opening&, std::uint64_t sealed);  // how often it had been sealed when this began
  void wrap_again(const Rows&, const KeySecret& root_key) const;
  Result<void> check_restored() const;

  const Parts parts_;
  std::mutex opening_;          // one opening at a time; held while a seal is asked
  std::atomic<bool> open_ = false;
  std::atomic<std::uint64_t> times_sealed_ = 0;
  mutable std::mutex mutex_;    // guards the four below; held for a moment only
  UnsealAttempt attempt_;
  KeySecret unseal_key_;        // of a store that shares open: the root key can be changed without asking for them
  Cluster cluster_;
  Time unsealed_at_{};
};

}  // namespace sr
