// The TOTP engine: one-time passwords by time (RFC 6238), in both directions. It makes codes as an authenticator app does, and checks
// codes that people type in; a code passes once.
//
// Rows of a mount: key/NAME with the seed and its settings; used/NAME, which of the latest codes have passed. The second is apart
// from the first, so that a check rewrites no seed.
#pragma once
#include "logical/spec.h"

namespace sr::totp {

Spec spec();

}  // namespace sr::totp
