// Base32 (RFC 4648) for the seeds of one-time passwords. With a Buffer as the target no copy of a secret stays behind.
#pragma once
#include <string_view>
#include "base/result.h"
#include "base/secret.h"

namespace sr::base32 {

// Upper case and without padding, as authenticator apps take it.
void encode(Buffer& out, std::string_view bytes);

// Takes either case, with or without padding; unused bits of the last character may be set. A refusal is Code::invalid and names the
// place: "illegal base32 data at input byte 3". `out` may hold a part then.
Result<void> decode(Buffer& out, std::string_view text);

}  // namespace sr::base32
