// Digests that a client chooses by name: "sha2-256", "sha3-512". What the program itself hashes with is in crypto/hash.h. Pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sr {

enum class DigestKind : std::uint8_t { sha1, sha2_224, sha2_256, sha2_384, sha2_512, sha3_224, sha3_256, sha3_384, sha3_512 };

std::optional<DigestKind> parse_digest_name(std::string_view name);  // as Vault spells them; SHA-1 is none that one chooses by name alone
std::size_t digest_size(DigestKind kind);
std::string digest(DigestKind kind, std::string_view text);          // raw bytes
std::string hmac(DigestKind kind, std::string_view key, std::string_view text);  // RFC 2104; raw bytes

}  // namespace sr
