// The AppRole auth method: machines log in with a role id and a secret id.
//
// Rows, inside the mount; a hash is the mount's keyed hash of a name that no storage key may show:
//   role/<name>                      a role, its role id and its uid, which no later role of that name has
//   role-id/<hash>                   which role has this role id
//   secret/<uid>/<hash>              a secret id of the role: its limits, never the secret id itself
//   accessor/<uid>/<hash>            which secret id an accessor means
//   expiry/<time>/<uid>/<hash>       the secret ids that end, soonest first
//   gone/<uid>                       a role that was removed and may have secret ids left
// A secret id is only ever looked for under its own role's uid, so no other role can show, use or destroy it.
#pragma once
#include "logical/spec.h"

namespace sr::approle {

Spec spec();

}  // namespace sr::approle
