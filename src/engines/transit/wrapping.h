// Keys on their way: RSA-OAEP for an AES key that is made for it, and the key itself wrapped with that (PKCS #11's
// CKM_RSA_AES_KEY_WRAP, as cloud key services have it).
#pragma once
#include <string>
#include <string_view>
#include "base/random.h"
#include "crypto/key_pair.h"

namespace sr::transit {

Result<DigestKind> parse_oaep_hash(std::string_view name);  // "SHA256", in whatever case

Result<std::string> wrap_key(const KeyPair& wrapping_key, DigestKind hash, const Secret& key, Random& random);  // in base64
// `wrapped` is decoded.
Result<Secret> unwrap_key(const KeyPair& wrapping_key, DigestKind hash, std::string_view wrapped);

}  // namespace sr::transit
