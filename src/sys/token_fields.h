// The fields of auth/token.
#pragma once
#include "logical/field.h"

namespace sr::token::field {

inline constexpr TextField id{"id", "The token's id; only with sudo."};
inline constexpr TextField display_name{"display_name", "Name to show in logs."};
inline constexpr MapField meta{"meta", "Pairs to keep with the token."};
inline constexpr ListField policies{"policies", "Policies of the token; those of the parent when absent."};
inline constexpr FlagField no_parent{"no_parent", "Make an orphan; only with sudo."};
inline constexpr FlagField no_default_policy{"no_default_policy", "Leave the default policy out."};
inline constexpr FlagField renewable{"renewable", "May be renewed.", "true"};
inline constexpr TextField ttl{"ttl", "How long it lasts."};
inline constexpr TextField lease{"lease", "Older spelling of ttl."};
inline constexpr TextField explicit_max_ttl{"explicit_max_ttl", "How long it may last in all, whatever is renewed."};
inline constexpr TextField period{"period", "Makes it periodic: renewals go this far, for ever. Only with sudo."};
inline constexpr IntegerField num_uses{"num_uses", "How often it may be used; 0 for no limit."};
inline constexpr TextField type{"type", "Type of the token: service."};
inline constexpr RefusedField entity_alias{"entity_alias", "Alias of the entity to tie the token to."};

inline constexpr SecretField token{"token", "The token."};
inline constexpr TextField accessor{"accessor", "Accessor of the token."};
inline constexpr DurationField increment{"increment", "How long it shall last from now."};
inline constexpr TextField after{"after", "Accessors behind this one only."};
inline constexpr IntegerField limit{"limit", "At most so many."};

}  // namespace sr::token::field
