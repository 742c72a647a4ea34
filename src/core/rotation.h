// The terms of the barrier's key: rotation by hand and by itself, and how much the active key has sealed.
//
// Shared by all threads. A rotation is written in the caller's transaction; when it is durable, on_commit() puts the new ring in use,
// before the caller hears of it.
#pragma once
#include <mutex>
#include "base/log.h"
#include "storage/barrier.h"
#include "storage/keyring.h"
#include "storage/transaction.h"

namespace sr {

struct RotationConfig {
  static constexpr std::int64_t operations_least = 1'000'000, operations_most = 3'865'470'566;  // 90 % of 2^32: NIST SP 800-38D, 8.3
  static constexpr Seconds interval_least{24 * 3600};
  bool enabled = true;
  std::int64_t operations_max = operations_most;
  Seconds interval{};  // 0: none
  template <class Archive> void fields(Archive& archive) {
    archive(1, enabled);
    archive(2, operations_max);
    archive(3, interval);
  }
};

struct KeyStatus {
  std::uint32_t term = 0;
  Time installed{};
  std::uint64_t encryptions = 0;
};

// The ring of the store, as the row in this transaction has it: what is made of it loses no term to a rotation that raced. Code::busy
// while a ring under another root key is on its way.
Result<std::shared_ptr<const Keyring>> stored_ring(Transaction&, const Barrier&);
Result<void> store_ring(Transaction&, const Keyring&, Random&);

class Rotation {
 public:
  struct Parts { Store& store; Barrier& barrier; const Clock& clock; Random& random; Log& log; };
  explicit Rotation(Parts parts) : parts_(parts) {}

  Result<RotationConfig> config(Transaction&) const;
  Result<void> set_config(Transaction&, const RotationConfig&) const;
  Result<KeyStatus> status() const;
  Result<void> rotate(Transaction&) const;

  Result<void> load();  // at unseal
  void sweep();         // rotates when it is time; notes the count. Blocks; on the job thread only
  // Puts the ring in use that has been stored. `opens` are root keys that it may be sealed with, beside the one in use.
  void adopt(std::span<const KeySecret> opens);

 private:
  bool commit(Transaction&) const;

  const Parts parts_;
  mutable std::mutex mutex_;      // guards the three below
  std::uint32_t counted_term_ = 0;
  std::uint64_t before_ = 0;      // that the term had sealed by the last note, and what the barrier had counted then
  std::uint64_t counted_at_ = 0;
};

}  // namespace sr
