// Keys made of keys, with HMAC-SHA256. Pure functions.
#pragma once
#include <cstddef>
#include <string_view>
#include "base/secret.h"

namespace sr {

// HKDF (RFC 5869) without a salt; at most 255 * 32 bytes.
Secret hkdf_sha256(std::string_view key, std::string_view info, std::size_t size);

// The counter mode of NIST SP 800-108 as Vault's first derived keys have it: 32 bytes, the counter from 0, the length in bits behind
// the context.
Secret counter_kdf_sha256(std::string_view key, std::string_view context);

}  // namespace sr
