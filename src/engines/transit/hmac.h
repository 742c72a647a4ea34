// Checking HMACs, which clients ask for where they ask for signatures.
#pragma once
#include "engines/transit/open_key.h"
#include "logical/reply.h"

namespace sr::transit {

Result<Reply> verify_hmac(Call& call, OpenKey key);

}  // namespace sr::transit
