// Roles of auth/token: what tokens somebody may make who may write auth/token/create/<role>, beyond what his own token has.
#pragma once
#include "logical/call.h"
#include "logical/token_fields.h"

namespace sr::token {

struct TokenRole {
  Strings allowed{}, allowed_globs{};        // policies; canonical names
  Strings disallowed{}, disallowed_globs{};
  bool orphan = false;
  bool renewable = true;
  std::string path_suffix{};                 // ends the path of its tokens, so that they can be revoked by it
  Strings entity_aliases{};
  TokenSettings token{.type = "default-service"};
  bool shows_period = false, shows_explicit_ttl_max = false, shows_bound_cidrs = false;  // set by their old names, so shown by both

  bool restricts_policies() const { return !allowed.empty() || !allowed_globs.empty() || !disallowed.empty() || !disallowed_globs.empty(); }

  template <class Archive> void fields(Archive& archive) {
    archive(1, allowed);
    archive(2, allowed_globs);
    archive(3, disallowed);
    archive(4, disallowed_globs);
    archive(5, orphan);
    archive(6, renewable);
    archive(7, path_suffix);
    archive(8, entity_aliases);
    archive(9, token);
    archive(10, shows_period);
    archive(11, shows_explicit_ttl_max);
    archive(12, shows_bound_cidrs);
  }
};

// `rows` are those of the token mount.
Result<std::optional<TokenRole>> load_role(View rows, std::string_view name);
Result<void> store_role(View rows, std::string_view name, const TokenRole& role);

FieldList role_fields();

}  // namespace sr::token
