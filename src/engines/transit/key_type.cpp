#include "engines/transit/key_type.h"
#include <algorithm>
#include <array>

namespace sr::transit {
namespace {

constexpr std::array<KeyTypeInfo, 12> types{{
    {.type = KeyType::aes256_gcm96, .name = "aes256-gcm96", .aead = AeadKind::aes_256_gcm},
    {.type = KeyType::ecdsa_p256, .name = "ecdsa-p256", .pair = KeyAlgorithm::ecdsa_p256, .public_name = "P-256"},
    {.type = KeyType::ed25519, .name = "ed25519", .pair = KeyAlgorithm::ed25519, .public_name = "ed25519"},
    {.type = KeyType::rsa_2048, .name = "rsa-2048", .pair = KeyAlgorithm::rsa, .rsa_bits = 2048, .public_name = "rsa-2048"},
    {.type = KeyType::rsa_4096, .name = "rsa-4096", .pair = KeyAlgorithm::rsa, .rsa_bits = 4096, .public_name = "rsa-4096"},
    {.type = KeyType::chacha20_poly1305, .name = "chacha20-poly1305", .aead = AeadKind::chacha20_poly1305},
    {.type = KeyType::ecdsa_p384, .name = "ecdsa-p384", .pair = KeyAlgorithm::ecdsa_p384, .public_name = "P-384"},
    {.type = KeyType::ecdsa_p521, .name = "ecdsa-p521", .pair = KeyAlgorithm::ecdsa_p521, .public_name = "P-521"},
    {.type = KeyType::aes128_gcm96, .name = "aes128-gcm96", .aead = AeadKind::aes_128_gcm},
    {.type = KeyType::rsa_3072, .name = "rsa-3072", .pair = KeyAlgorithm::rsa, .rsa_bits = 3072, .public_name = "rsa-3072"},
    {.type = KeyType::hmac, .name = "hmac"},
    {.type = KeyType::xchacha20_poly1305, .name = "xchacha20-poly1305", .aead = AeadKind::xchacha20_poly1305},
}};

}  // namespace

const KeyTypeInfo& info_of(KeyType type) { return types[static_cast<std::size_t>(type)]; }

const KeyTypeInfo* find_type(std::string_view name) {
  const auto found = std::ranges::find(types, name, &KeyTypeInfo::name);
  return found == types.end() ? nullptr : &*found;
}
const KeyTypeInfo* find_type(std::int64_t number) {
  return number >= 0 && number < static_cast<std::int64_t>(types.size()) ? &types[static_cast<std::size_t>(number)] : nullptr;
}

}  // namespace sr::transit
