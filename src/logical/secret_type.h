// Secrets with a life. An engine hands one out by a reply that says `lease`, naming its kind; the core keeps the lease and comes
// back to the engine to prolong it or to take the secret back. What happens outside is apart from what is read and written: `act`
// has no storage, may be slow, and holds up nobody but the leases of its own mount.
#pragma once
#include <optional>
#include "logical/call.h"

namespace sr {

class Engine;

// What is to be done outside, in the engine's own words; kept sealed until it is done.
struct Intent {
  Secret what;
  bool lends = false;  // settling it will make a lease: a quota that has no room for one refuses before anything happens outside
};

// The lease that is made of a reply.
struct Lease {
  std::string_view kind;         // SecretType::name
  Seconds ttl{};                 // 0: the mount's default
  Seconds ttl_max{};             // 0: the mount's maximum
  bool renewable = true;
  Secret kept{};                 // what the engine needs to prolong it and to take it back
};

// A lease as its engine is told of it.
struct HeldLease {
  std::string_view path;         // inside the mount, that it was made by
  const Secret& kept;
  Time issued;
  Time expires;
};

// How a secret is taken back. `act` may run again after it has succeeded, when a crash came between: what is gone already is no
// error. It is to give up by itself within limits::revocation_deadline. An error of the code `invalid`, `unsupported` or `not_found`
// will not go away by trying again.
struct Revocation {
  Result<Intent> (*plan)(Engine&, Call&, const HeldLease&) = nullptr;    // reads what `act` has to know
  Result<void> (*act)(Engine&, const Intent&) = nullptr;                 // null: there is nothing outside
  Result<void> (*settle)(Engine&, Call&, const HeldLease&) = nullptr;    // writes, in the transaction that ends the lease
};

// How a lease is prolonged. The core decides until when, from `terms` and its own limits; `plan` and `act` tell the outside.
struct LeaseTerms { Seconds ttl{}, ttl_max{}; };
struct Renewal {
  Result<LeaseTerms> (*terms)(Engine&, Call&, const HeldLease&) = nullptr;  // null: those that it was made with
  Result<Intent> (*plan)(Engine&, Call&, const HeldLease&) = nullptr;    // `expires` is the new end
  Result<void> (*act)(Engine&, const Intent&) = nullptr;                 // null: there is nothing outside
};

struct SecretType {
  std::string_view name;
  Revocation revoke{};
  Renewal renew{};
};

}  // namespace sr
