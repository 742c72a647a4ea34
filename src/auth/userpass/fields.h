// What clients may send to a userpass mount, beside the token_* fields of all auth methods.
#pragma once
#include "logical/token_fields.h"

namespace sr::userpass::field {

inline constexpr FoldedField username{"username", "Name of the user: word characters, and dashes and dots between them; case does not count."};
inline constexpr SecretField password{"password", "The user's password, of up to 72 bytes."};
inline constexpr SecretField password_hash{"password_hash", "The bcrypt hash of the password, of a cost from 5 to 12, in place of the password."};

inline constexpr ListField policies{"policies", "The old name of token_policies."};
inline constexpr DurationField ttl{"ttl", "The old name of token_ttl."};
inline constexpr DurationField ttl_max{"max_ttl", "The old name of token_max_ttl."};
inline constexpr CidrField bound_cidrs{"bound_cidrs", "The old name of token_bound_cidrs."};

}  // namespace sr::userpass::field
