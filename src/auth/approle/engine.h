// The handlers of an AppRole mount, by resource. What they may be asked is in approle.cpp.
#pragma once
#include "auth/approle/rows.h"
#include "logical/spec.h"

namespace sr::approle {

class AppRole final : public Engine {
 public:
  // role.cpp
  Result<Reply> list_roles(Call& call);
  Result<bool> role_exists(Call& call);
  Result<Reply> read_role(Call& call);
  Result<Reply> write_role(Call& call);
  Result<Reply> remove_role(Call& call);
  Result<Reply> read_role_id(Call& call);
  Result<Reply> write_role_id(Call& call);

  // settings.cpp
  Result<Reply> read_setting(Call& call);
  Result<Reply> write_setting(Call& call);
  Result<Reply> reset_setting(Call& call);

  // secret_id.cpp
  Result<Reply> list_secret_ids(Call& call);
  Result<Reply> make_secret_id(Call& call);
  Result<Reply> take_secret_id(Call& call);
  Result<Reply> look_up_secret_id(Call& call);
  Result<Reply> destroy_secret_id(Call& call);
  Result<Reply> look_up_accessor(Call& call);
  Result<Reply> destroy_accessor(Call& call);
  Result<Reply> tidy(Call& call);

  // login.cpp
  Result<std::string> who(Call& call), role_of_login(Call& call);
  Result<Reply> log_in(Call& call);
  Result<Login> renew(Call& call, std::string_view role);
};

}  // namespace sr::approle
