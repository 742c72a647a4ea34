// The lease store: what was handed out for a time. A lease is written in the transaction that makes the secret, with the rows that
// find it again: by when it ends, by where it was asked for, and by whose token.
//
// Shared by all threads. It writes into the caller's transaction and keeps nothing in memory; Revocations does what takes time.
#pragma once
#include "core/expiry.h"
#include "core/keys.h"
#include "core/lease.h"
#include "core/request.h"

namespace sr {

class Tokens;

class Leases {
 public:
  Leases(const Clock& clock, Random& random, Tokens& tokens) : clock_(clock), random_(random), tokens_(tokens) {}

  struct Found {
    std::string name;
    LeaseRecord lease;
    std::string id() const { return concat(lease.path, "/", name); }
  };

  // ---- finding --------------------------------------------------------------------------------------------------------------
  Result<std::optional<LeaseRecord>> load(Transaction&, std::string_view name);
  Result<std::optional<Found>> find(Transaction&, std::string_view id);
  // The token that is listed under this id as if it were a lease.
  Result<std::optional<std::string>> find_token(Transaction&, std::string_view id);
  struct Irrevocable { std::vector<Found> leases; bool more = false; };
  Result<Irrevocable> irrevocable(Transaction&, std::size_t most);

  // ---- making and changing ----------------------------------------------------------------------------------------------------
  // Of a reply that hands out a secret: within the limits of the mount and of a batch token, which no lease outlives. The token is a
  // precondition; when it is gone the lease is refused. When `is_made` says that the secret exists already, it is made to end at once,
  // and so it is when its mount goes meanwhile.
  struct Wish { const Mount& mount; std::string_view path, inside; const Caller& caller; const Lease& lease; bool is_made; };
  struct Made { LeaseInfo info; bool ends_at_once = false; };
  Result<Made> create(Transaction&, const Wish&, Strings& warnings);
  // Of a secret that nobody was given: it is to be taken back at once.
  Result<void> create_ended(Transaction&, const Mount&, std::string_view inside, const Lease&);
  Result<void> store(Transaction&, const std::string& name, Time due_before, const LeaseRecord& after);
  Result<void> remove(Transaction&, const std::string& name, const LeaseRecord&);
  // From now on it is no more than something to take back.
  Result<void> end_soon(Transaction&, const std::string& name, LeaseRecord);
  // It could not be taken back, and is tried again later; `is_final` says that trying again will not help.
  Result<void> note_failure(Transaction&, const std::string& name, LeaseRecord, const Error&, bool is_final);

  // Whether it may be prolonged, in Vault's words; and until when. Zero: no further.
  Result<void> check_renewable(const LeaseRecord&) const;
  Result<Seconds> renewed_ttl(const LeaseRecord&, const LeaseTerms&, const Host&, Seconds increment, Strings& warnings) const;

  // ---- the end of a token -------------------------------------------------------------------------------------------------------
  // In the transaction that removes the token's row: names its leases in an intent, and a job ends them. At most two writes.
  static Result<void> end_with_token(Transaction&, const std::string& token_hash);
  static Result<bool> of_token_are_going(Transaction&, const std::string& token_hash);
  // Some of them; false when none is left and the intent is gone.
  Result<bool> end_some_of_token(Transaction&, const std::string& token_hash);

  ExpiryIndex& expiry() { return expiry_; }  // of the job that takes leases back

 private:
  LeaseRecord drafted(const Mount&, std::string path, std::string_view inside, const Lease&) const;
  Result<std::string> write_new(Transaction&, const LeaseRecord&);  // its name
  std::string due_key(const std::string& name, const LeaseRecord& lease, Time due) const { return expiry_.key(due, concat(lease.mount, "/", name)); }

  const Clock& clock_;
  Random& random_;
  Tokens& tokens_;
  ExpiryIndex expiry_{keys::lease_expiry};
};

}  // namespace sr
