// The stanzas `seal "..."`: which seal opens the store, and which it is moved away from.
#pragma once
#include <memory>
#include "base/log.h"
#include "base/secret.h"
#include "core/seal_state.h"
#include "server/transit_seal_config.h"
#include "text/hcl.h"

namespace sr::server {

struct SealStanza {
  struct Key {
    std::string id{};
    Secret written{};            // the key, or where it lies: env://NAME, file:///path
    bool given() const { return !id.empty() || !written.empty(); }
  };
  std::string type{SealConfig::shamir};
  bool disabled = false;         // its store is moved to the other seal, or to shares
  Key current{}, previous{};     // of "static"
  TransitStanza transit{};       // of "transit"
};

struct SealSettings {
  std::vector<SealStanza> stanzas{};
  Result<void> add(const hcl::Block& block, std::vector<std::string>& notes);
  Result<void> hear_environment();          // SEAL_TYPE names a seal that needs no stanza, since the environment has the rest of it, too
  const SealStanza* in_use() const;   // null: shares
  const SealStanza* leaving() const;
};

// The seals that the stanzas stand for. As in OpenBao the environment's STATIC_SEAL_CURRENT_KEY, _CURRENT_KEY_ID, _PREVIOUS_KEY and
// _PREVIOUS_KEY_ID, and TRANSIT_SEAL_ADDR, _TOKEN, _MOUNT_PATH, _KEY_NAME and _DISABLE_RENEWAL go before what the file says; and ADDR,
// TOKEN, CACERT and the like, which clients know, serve a seal "transit" where the file says nothing.
struct Seals {
  std::unique_ptr<const AutoSeal> in_use, leaving;
  static Result<Seals> make(const SealSettings& settings, Log& log);
  SealChoice choice() const { return {in_use.get(), leaving.get()}; }
};

}  // namespace sr::server
