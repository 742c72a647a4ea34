// What clients may send to an AppRole mount, beside the token_* fields of all auth methods.
#pragma once
#include "logical/token_fields.h"

namespace sr::approle::field {

inline constexpr FoldedField role_name{"role_name", "Name of the role: word characters, and dashes and dots between them; case does not count."};
inline constexpr TextField role_id{"role_id", "What a login names the role by. Made at random when it is not chosen."};
inline constexpr FlagField bind_secret_id{"bind_secret_id", "Whether a login needs a secret id; true unless said otherwise."};
inline constexpr CidrField secret_id_bound_cidrs{"secret_id_bound_cidrs", "Networks that logins may come from; all when empty."};
inline constexpr CidrField bound_cidr_list{"bound_cidr_list", "The old name of secret_id_bound_cidrs."};
inline constexpr IntegerField secret_id_num_uses{"secret_id_num_uses", "How many logins a secret id is good for; 0 is no limit."};
inline constexpr DurationField secret_id_ttl{"secret_id_ttl", "How long a secret id lives; 0 is without end."};
inline constexpr FlagField local_secret_ids{"local_secret_ids", "Whether secret ids stay in this cluster; fixed when the role is made."};
inline constexpr ListField policies{"policies", "The old name of token_policies."};
inline constexpr DurationField period{"period", "The old name of token_period."};

inline constexpr SecretField secret_id{"secret_id", "The secret id."};
inline constexpr TextField secret_id_accessor{"secret_id_accessor", "Names a secret id without giving its power."};
inline constexpr TextField metadata{"metadata", "Goes into the tokens of the secret id: a JSON object of strings, as a string."};
inline constexpr CidrField cidr_list{"cidr_list", "Networks that logins with this secret id may come from, within those of the role."};
inline constexpr CidrField token_bound_cidrs{"token_bound_cidrs", "Networks that tokens of this secret id may be used from, within those of the role."};
inline constexpr IntegerField num_uses{"num_uses", "How many logins the secret id is good for, at most as the role says."};
inline constexpr DurationField ttl{"ttl", "How long the secret id lives, at most as the role says."};

}  // namespace sr::approle::field
