// auth/token: the API of the token store, as an ordinary route table over the core.
#pragma once
#include "core/core.h"

namespace sr::token {

struct TokenRole;

Spec spec(Core& core);

class TokenApi final : public Engine {
 public:
  explicit TokenApi(Core& core) : core_(core) {}

  Result<Reply> create(Call&), create_orphan(Call&), create_by_role(Call&);
  Result<Reply> lookup(Call&), lookup_self(Call&), lookup_accessor(Call&), list_accessors(Call&);
  Result<Reply> renew(Call&), renew_self(Call&), renew_accessor(Call&);
  Result<Reply> revoke(Call&), revoke_self(Call&), revoke_accessor(Call&), revoke_orphan(Call&);
  Result<Reply> list_roles(Call&), read_role(Call&), write_role(Call&), remove_role(Call&);
  Result<bool> role_exists(Call&);
  Result<Reply> tidy(Call&);

 private:
  struct Found { std::string hash; Token token; };
  static bool is_over(const Call&, const Token&, std::string_view hash);
  Result<Reply> make(Call&, bool orphan_path, const TokenRole* role);
  Result<std::optional<Found>> find(Call&, std::string_view id);
  Result<std::optional<Found>> find_hash(Call&, std::string hash);
  Result<Found> find_by_accessor(Call&);
  Reply describe(Call&, const Token&, std::string_view id) const;
  Result<Reply> prolong(Call&, const Found&, std::string_view id);

  Core& core_;
};

}  // namespace sr::token
