// How keys come to be and get further versions, whoever asks: a client, an encryption that makes its key, the job that rotates.
#pragma once
#include "engines/transit/rows.h"
#include "text/json.h"

namespace sr::transit {

Result<void> check_rotation_period(Seconds period);  // none, or an hour at least

// What makes no sense together: a derived RSA key.
Result<void> check_derivation(const KeyTypeInfo& info, bool derived, bool convergent);

// How an ed25519 version keeps its private half: the seed and the public key behind it, 64 bytes.
Secret seed_and_public(std::string_view seed, const KeyPair& pair);

// A key without versions yet, of that type.
Key new_key(const KeyTypeInfo& info, Random& random);

// Adds a version, drawn here or given, and stores both. `latest_created` is when it was made.
Version draw_version(const Key& key, const Host& host);
Result<void> add_version(View& rows, std::string_view name, Key& key, const Version& version);

// A new version as a client asks for it: refused for imported keys that may not.
Result<void> rotate_key(View& rows, const Host& host, std::string_view name, Key& key);

// What clients are told of a key; with a context the public keys that are derived for it.
Result<json::Object> print_key(class OpenKey& key, std::string_view context = {});

}  // namespace sr::transit
