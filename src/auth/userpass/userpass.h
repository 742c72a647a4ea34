// The userpass auth method: people log in with a name and a password.
//
// Rows, inside the mount:
//   user/<name>     a user: the bcrypt hash of the password, and what the tokens of the user's logins are like
// The name is in lower case, there and wherever else it counts: in tokens, and where failed logins are counted.
#pragma once
#include "logical/spec.h"

namespace sr::userpass {

Spec spec();

}  // namespace sr::userpass
