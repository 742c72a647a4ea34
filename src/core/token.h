// A token: a service token as it is stored, in a row that is named by a keyed hash of its id; or what the id of a batch token holds.
#pragma once
#include "logical/audit_entry.h"
#include "logical/field.h"
#include "base/secret.h"

namespace sr {

inline constexpr std::string_view initial_root_path = "auth/token/root";  // Token::path of what an initialisation or sys/generate-root makes

struct Token {
  std::string accessor{};
  std::string parent{};          // hash of the parent's id; empty for an orphan
  std::string path{};            // that made it: "auth/token/create", "auth/approle/login"
  std::string display_name{};
  Strings policies{};            // sorted, each once; {"root"} for a root token
  StringMap metadata{};
  Time created{};
  Time expires{};                // the epoch: never
  Time renewed{};                // the epoch: not yet
  Seconds ttl{};                 // at creation
  Seconds ttl_max{};             // of the role that made it; 0: the mount's
  Seconds explicit_ttl_max{};    // hard, from creation on; 0: none
  Seconds period{};              // renewals go this far and need no end; 0: not periodic
  std::int64_t uses = 0;         // left; 0: no limit, spent_uses: all gone
  Strings bound_cidrs{};
  bool orphan = false;
  bool renewable = true;
  bool going = false;            // being revoked: nothing may be made under it any more
  std::string mount{};           // uuid of the auth mount that made it
  std::string renew_with{};      // what that mount needs to judge a renewal; no secret
  bool batch = false;
  std::string role{};            // of auth/token that it was made by
  std::string login_role{};      // that it logged in by, where quotas were about roles of its method then
  Seconds granted{};             // by the last renewal, which the next one goes by; 0: not renewed yet
  std::string listed_at{};       // "<uuid of the mount>/<path inside>": where a client finds it among the leases; empty: nowhere

  static constexpr std::int64_t spent_uses = -1;
  static constexpr Time never{};

  bool is_root() const { return policies.size() == 1 && policies.front() == "root"; }
  bool is_wrapping() const { return policies.size() == 1 && policies.front() == "response-wrapping"; }
  std::string_view type() const { return batch ? "batch" : "service"; }
  bool is_limited() const { return uses != 0; }
  bool ends() const { return expires != never; }
  bool has_ended(Time now) const { return ends() && expires <= now; }
  Seconds left(Time now) const { return ends() && expires > now ? std::chrono::ceil<Seconds>(expires - now) : Seconds(0); }

  template <class Archive> void fields(Archive& archive) {
    archive(1, accessor);
    archive(2, parent);
    archive(3, path);
    archive(4, display_name);
    archive(5, policies);
    archive(6, metadata);
    archive(7, created);
    archive(8, expires);
    archive(9, renewed);
    archive(10, ttl);
    archive(11, ttl_max);
    archive(12, explicit_ttl_max);
    archive(13, period);
    archive(14, uses);
    archive(15, bound_cidrs);
    archive(16, orphan);
    archive(17, renewable);
    archive(18, going);
    archive(19, mount);
    archive(20, renew_with);
    archive(21, batch);
    archive(22, role);
    archive(23, listed_at);
    archive(24, login_role);
    archive(25, granted);
  }
};

// A token as the cache holds it, with what would otherwise be computed again for each request.
struct CachedToken {
  Token token;
  std::string policy_set{};  // Policies::set_id of its policies
  AuditTokenHashes hashes{};
};

}  // namespace sr
