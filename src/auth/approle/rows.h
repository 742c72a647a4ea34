// What an AppRole mount stores, and how it is found again.
#pragma once
#include "logical/call.h"
#include "logical/token_fields.h"
#include "storage/record.h"

namespace sr::approle {

struct Role {
  std::string uid{};                     // what its secret ids are stored under
  Secret role_id{};
  bool bind_secret_id = true;
  bool local_secret_ids = false;
  Strings secret_id_bound_cidrs{};
  std::int64_t secret_id_uses = 0;
  Seconds secret_id_ttl{};
  TokenSettings token{};
  bool shows_policies = false;           // set by their old names, so shown by both
  bool shows_period = false;

  template <class Archive> void fields(Archive& archive) {
    archive(1, uid);
    archive(2, role_id);
    archive(3, bind_secret_id);
    archive(4, local_secret_ids);
    archive(5, secret_id_bound_cidrs);
    archive(6, secret_id_uses);
    archive(7, secret_id_ttl);
    archive(8, token);
    archive(9, shows_policies);
    archive(10, shows_period);
  }
};

struct SecretId {
  std::string accessor{};
  Time created{}, updated{};
  std::optional<Time> expires{};
  Seconds ttl{};                         // as it was made
  std::int64_t uses = 0;                 // left; 0: no limit
  StringMap metadata{};
  Strings cidrs{}, token_cidrs{};        // of logins, of their tokens

  bool has_ended(Time now) const { return expires && *expires <= now; }
  template <class Archive> void fields(Archive& archive) {
    archive(1, accessor);
    archive(2, created);
    archive(3, updated);
    archive(4, expires);
    archive(5, ttl);
    archive(6, uses);
    archive(7, metadata);
    archive(8, cidrs);
    archive(9, token_cidrs);
  }
};

std::unexpected<Error> unsupported_path();

// The name in the path, in lower case; "unsupported path" when it is none.
Result<std::string> role_name(const Call& call);

Result<std::optional<Role>> load_role(Call& call, std::string_view name);
// Checks that something still restricts who may log in.
Result<void> store_role(Call& call, std::string_view name, const Role& role);
// Its secret ids are of no use from then on; sweep() takes their rows away.
Result<void> remove_role(Call& call, std::string_view name, const Role& role);

// Makes the role answer to this id alone; refused when another role has it. The role is still to be stored.
Result<void> claim_role_id(Call& call, std::string_view name, Role& role, std::string_view id);
// The role that has this role id, and its name.
Result<std::optional<std::pair<std::string, Role>>> role_by_id(Call& call, std::string_view id);

// The hash that a secret id is stored by.
Result<std::string> hash_of_secret_id(Call& call, std::string_view secret_id);
Result<std::optional<SecretId>> load_secret_id(Call& call, const Role& role, std::string_view hash);
Result<void> store_secret_id(Call& call, const Role& role, std::string_view hash, const SecretId& secret);
Result<void> remove_secret_id(Call& call, std::string_view role_uid, std::string_view hash, const SecretId& secret);
// The hash of the secret id that an accessor of this role means.
Result<std::optional<std::string>> hash_by_accessor(Call& call, const Role& role, std::string_view accessor);
Result<Strings> accessors_of(Call& call, const Role& role);

// Takes away what has ended: secret ids by time, and those of removed roles; at most `most` of them. Before the call writes
// anything of its own.
Result<void> sweep(Call& call, std::size_t most);

}  // namespace sr::approle
