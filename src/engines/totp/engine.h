// The handlers of a TOTP mount, by resource. What they may be asked is in totp.cpp.
#pragma once
#include "engines/totp/rows.h"
#include "logical/spec.h"

namespace sr::totp {

class Totp final : public Engine {
 public:
  // keys.cpp
  Result<Reply> list_keys(Call& call);
  Result<Reply> read_key(Call& call);
  Result<Reply> write_key(Call& call);
  Result<Reply> remove_key(Call& call);

  // codes.cpp
  Result<Reply> make_code(Call& call);
  Result<Reply> check_code(Call& call);
};

}  // namespace sr::totp
