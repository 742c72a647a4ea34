// The fields of auth/token.
#pragma once
#include "logical/field.h"

namespace sr::token::field {

inline constexpr TextField id{"id", "The token's id; only with sudo."};
inline constexpr TextField display_name{"display_name", "Name to show in logs."};
inline constexpr MapField meta{"meta", "Pairs to keep with the token."};
inline constexpr ExactListField policies{"policies", "Policies of the token; those of the parent when absent."};
inline constexpr FlagField no_parent{"no_parent", "Make an orphan; only with sudo."};
inline constexpr FlagField no_default_policy{"no_default_policy", "Leave the default policy out."};
inline constexpr FlagField renewable{"renewable", "May be renewed.", "true"};
inline constexpr TextField ttl{"ttl", "How long it lasts."};
inline constexpr TextField lease{"lease", "Older spelling of ttl."};
inline constexpr TextField explicit_max_ttl{"explicit_max_ttl", "How long it may last in all, whatever is renewed."};
inline constexpr TextField period{"period", "Makes it periodic: renewals go this far, for ever. Only with sudo."};
inline constexpr IntegerField num_uses{"num_uses", "How often it may be used; 0 for no limit."};
inline constexpr TextField type{"type", "Type of the token: service or batch."};
inline constexpr RefusedField entity_alias{"entity_alias", "Alias of the entity to tie the token to."};

inline constexpr TextField role_name{"role_name", "Name of the role."};
inline constexpr ListField allowed_policies{"allowed_policies", "Policies that its tokens may have; when given, instead of those of the caller's token."};
inline constexpr ListField allowed_policies_glob{"allowed_policies_glob", "The same, as patterns with *."};
inline constexpr ListField disallowed_policies{"disallowed_policies", "Policies that its tokens may not have."};
inline constexpr ListField disallowed_policies_glob{"disallowed_policies_glob", "The same, as patterns with *."};
inline constexpr FlagField orphan{"orphan", "Its tokens have no parent."};
inline constexpr TextField path_suffix{"path_suffix", "Ends the path of its tokens, so that they can be told from earlier ones."};
inline constexpr ListField allowed_entity_aliases{"allowed_entity_aliases", "Aliases of entities that its tokens may be tied to."};
inline constexpr TextField role_token_type{"token_type", "Type of its tokens: service, batch, default-service or default-batch; the last two let the caller choose."};
inline constexpr DurationField role_period{"period", "Older spelling of token_period."};
inline constexpr DurationField role_explicit_max_ttl{"explicit_max_ttl", "Older spelling of token_explicit_max_ttl."};
inline constexpr CidrField bound_cidrs{"bound_cidrs", "Older spelling of token_bound_cidrs."};

inline constexpr SecretField token{"token", "The token."};
inline constexpr TextField accessor{"accessor", "Accessor of the token."};
inline constexpr DurationField increment{"increment", "How long it shall last from now."};

}  // namespace sr::token::field
