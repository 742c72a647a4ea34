// The stanzas `seal "..."`: which seal opens the store, and which it is moved away from.
#pragma once
#include <memory>
#include "base/log.h"
#include "base/secret.h"
#include "core/seal_state.h"
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
};

struct SealSettings {
  std::vector<SealStanza> stanzas{};
  Result<void> add(const hcl::Block& block, std::vector<std::string>& notes);
  const SealStanza* in_use() const;   // null: shares
  const SealStanza* leaving() const;
};

// The seals that the stanzas stand for. The environment's STATIC_SEAL_CURRENT_KEY, _CURRENT_KEY_ID, _PREVIOUS_KEY and _PREVIOUS_KEY_ID go
// before what the file says, as in OpenBao.
struct Seals {
  std::unique_ptr<const AutoSeal> in_use, leaving;
  static Result<Seals> make(const SealSettings& settings, Log& log);
  SealChoice choice() const { return {in_use.get(), leaving.get()}; }
};

}  // namespace sr::server
