// What a userpass mount stores, and how it is found again.
#pragma once
#include "logical/call.h"
#include "logical/token_fields.h"
#include "storage/record.h"

namespace sr::userpass {

struct User {
  Secret password_hash{};
  TokenSettings token{};
  // Set by their old names, so shown by both.
  bool shows_policies = false, shows_ttl = false, shows_ttl_max = false, shows_cidrs = false;

  template <class Archive> void fields(Archive& archive) {
    archive(1, password_hash);
    archive(2, token);
    archive(3, shows_policies);
    archive(4, shows_ttl);
    archive(5, shows_ttl_max);
    archive(6, shows_cidrs);
  }
};

// The name in the path, in lower case; "unsupported path" when it is none.
Result<std::string> user_name(const Call& call);

Result<std::optional<User>> load_user(Call& call, std::string_view name);
Result<void> store_user(Call& call, std::string_view name, const User& user);
Result<void> remove_user(Call& call, std::string_view name);

}  // namespace sr::userpass
