// How failed logins lock a user out: what a server's configuration and a mount say of it, and what comes of both.
#pragma once
#include <map>
#include <optional>
#include "base/clock.h"

namespace sr {

// What one place says; what it leaves open, the next wider place decides.
struct LockoutSettings {
  std::optional<std::uint64_t> threshold{};
  std::optional<Seconds> duration{}, counter_reset{};
  std::optional<bool> disabled{};

  template <class Archive> void fields(Archive& archive) {
    archive(1, threshold);
    archive(2, duration);
    archive(3, counter_reset);
    archive(4, disabled);
  }
};

// What holds for a login. The defaults are Vault's.
struct LockoutRule {
  std::uint64_t threshold = 5;             // failed logins in a row that lock
  Seconds duration{15 * 60};               // how long, from the last of them on
  Seconds counter_reset{15 * 60};          // without a failed login for so long, counting begins again
  bool disabled = false;
};

// The server's configuration: stanzas by the type of auth method, or "all".
struct LockoutConfig {
  std::map<std::string, LockoutSettings, std::less<>> stanzas{};
  std::optional<bool> disabled{};          // by the environment, against whatever else is said

  // The mount before the stanza of its type, that before "all". A mount can disable locking, and not enable what a stanza disables.
  LockoutRule rule(std::string_view type, const std::optional<LockoutSettings>& mount) const;
};

}  // namespace sr
