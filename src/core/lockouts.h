// Who has failed to log in, how often, and who is locked out for it.
//
// Row, among the core's: lockout/<uuid of the mount>/<hash of the name>. It is read and written in the transaction of the login
// itself, so of many guesses at once each is judged after those before it, and no more than the threshold are looked at. Names that
// nobody has are counted as well: who guesses cannot tell from being locked out which names there are.
//
// Shared by all threads; what it holds is constant, but for the sweeper's own clock.
#pragma once
#include "core/lockout_settings.h"
#include "core/mount.h"
#include "storage/barrier.h"

namespace sr {

class Lockouts {
 public:
  Lockouts(const Barrier& barrier, const Clock& clock, LockoutConfig config) : barrier_(barrier), clock_(clock), config_(std::move(config)) {}

  LockoutRule rule(const MountEntry& mount) const { return config_.rule(mount.type, mount.lockout); }

  // ---- in the transaction of a login ------------------------------------------------------------------------------------
  Result<bool> is_locked(Transaction&, const MountEntry&, std::string_view who) const;
  Result<void> count(Transaction&, const MountEntry&, std::string_view who) const;   // a failed login
  Result<void> forget(Transaction&, const MountEntry&, std::string_view who) const;  // a good one, or an operator's word

  // ---- for operators ------------------------------------------------------------------------------------------------------
  Result<Strings> locked(Transaction&, const MountEntry&) const;  // names, sorted

  // Takes away what counts no more, once a minute. Blocks; on the job thread only.
  void sweep(Store&, const Router&);

 private:
  Result<std::string> key_of(const MountEntry&, std::string_view who) const;

  const Barrier& barrier_;
  const Clock& clock_;
  const LockoutConfig config_;
  Time swept_{};  // of the job thread only
};

}  // namespace sr
