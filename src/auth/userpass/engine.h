// The handlers of a userpass mount, by resource. What they may be asked is in userpass.cpp.
#pragma once
#include "auth/userpass/rows.h"
#include "logical/spec.h"

namespace sr::userpass {

class UserPass final : public Engine {
 public:
  // users.cpp
  Result<Reply> list_users(Call& call);
  Result<bool> user_exists(Call& call);
  Result<Reply> read_user(Call& call);
  Result<Reply> write_user(Call& call);
  Result<Reply> remove_user(Call& call);
  Result<Reply> write_password(Call& call);
  Result<Reply> write_policies(Call& call);

  // login.cpp
  Result<std::string> who(Call& call);
  Result<Reply> log_in(Call& call);
  Result<Login> renew(Call& call, std::string_view renew_with);
};

}  // namespace sr::userpass
