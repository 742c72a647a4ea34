// The types of keys, and what each is good for.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include "crypto/aead.h"
#include "crypto/key_pair.h"

namespace sr::transit {

// The numbers are those of OpenBao's backups.
enum class KeyType : std::uint8_t {
  aes256_gcm96, ecdsa_p256, ed25519, rsa_2048, rsa_4096, chacha20_poly1305, ecdsa_p384, ecdsa_p521, aes128_gcm96, rsa_3072, hmac, xchacha20_poly1305
};

struct KeyTypeInfo {
  KeyType type;
  std::string_view name;
  std::optional<AeadKind> aead{};              // symmetric encryption
  std::optional<KeyAlgorithm> pair{};          // asymmetric keys
  unsigned rsa_bits = 0;
  std::string_view public_name{};              // of a version in an answer; "P-256"

  bool is_rsa() const { return rsa_bits > 0; }
  bool is_ecdsa() const { return pair && !is_rsa() && *pair != KeyAlgorithm::ed25519; }
  bool is_ed25519() const { return pair == KeyAlgorithm::ed25519; }
  bool encrypts() const { return aead || is_rsa(); }
  bool signs() const { return pair.has_value(); }
  bool derives() const { return aead || is_ed25519(); }
  bool agrees() const { return is_ecdsa(); }
  bool hashes_first() const { return is_ecdsa() || is_rsa(); }  // Ed25519 hashes by itself
};

const KeyTypeInfo& info_of(KeyType type);
const KeyTypeInfo* find_type(std::string_view name);
const KeyTypeInfo* find_type(std::int64_t number);

constexpr std::int64_t hmac_key_min = 32, hmac_key_max = 512;  // bytes

}  // namespace sr::transit
