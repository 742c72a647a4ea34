// Random bytes and hashes for clients that have no good source or library of their own: sys/tools and the transit engine serve the
// same ones.
#pragma once
#include "logical/call.h"
#include "logical/reply.h"

namespace sr::tools {

namespace field {
inline constexpr TextField source{"source", "Where the bytes come from: \"platform\", \"seal\" or \"all\"; in the path also how many.", "platform"};
inline constexpr TextField urlbytes{"urlbytes", "How many bytes, in the path."};
inline constexpr IntegerField bytes{"bytes", "How many bytes.", "32"};
inline constexpr TextField random_format{"format", "\"hex\" or \"base64\".", "base64"};

inline constexpr SecretField input{"input", "What to hash, in base64."};
inline constexpr TextField algorithm{"algorithm", "sha2-224, sha2-256, sha2-384, sha2-512, sha3-224, sha3-256, sha3-384 or sha3-512.", "sha2-256"};
inline constexpr TextField urlalgorithm{"urlalgorithm", "The same, in the path."};
inline constexpr TextField hash_format{"format", "\"hex\" or \"base64\".", "hex"};
}  // namespace field

inline const FieldList random_fields{&field::source, &field::urlbytes, &field::bytes, &field::random_format};
inline const FieldList hash_fields{&field::input, &field::algorithm, &field::urlalgorithm, &field::hash_format};

Result<Reply> draw_random(Call& call);  // "random", "random/32", "random/seal", "random/seal/32"
Result<Reply> hash(Call& call);         // "hash", "hash/sha2-512"

}  // namespace sr::tools
