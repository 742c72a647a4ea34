#include "crypto/digest.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <array>
#include <climits>
#include <utility>
#include "base/assert.h"
#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "crypto/key_pair_state.h"

namespace sr {
namespace {

constexpr std::array<std::pair<std::string_view, DigestKind>, 8> names{{{"sha2-224", DigestKind::sha2_224},
                                                                        {"sha2-256", DigestKind::sha2_256},
                                                                        {"sha2-384", DigestKind::sha2_384},
                                                                        {"sha2-512", DigestKind::sha2_512},
                                                                        {"sha3-224", DigestKind::sha3_224},
                                                                        {"sha3-256", DigestKind::sha3_256},
                                                                        {"sha3-384", DigestKind::sha3_384},
                                                                        {"sha3-512", DigestKind::sha3_512}}};

}  // namespace

const EVP_MD* openssl::algorithm(DigestKind kind) {
  switch (kind) {
    case DigestKind::sha1: return EVP_sha1();
    case DigestKind::sha2_224: return EVP_sha224();
    case DigestKind::sha2_256: return EVP_sha256();
    case DigestKind::sha2_384: return EVP_sha384();
    case DigestKind::sha2_512: return EVP_sha512();
    case DigestKind::sha3_224: return EVP_sha3_224();
    case DigestKind::sha3_256: return EVP_sha3_256();
    case DigestKind::sha3_384: return EVP_sha3_384();
    case DigestKind::sha3_512: return EVP_sha3_512();
  }
  return nullptr;
}

using openssl::algorithm;

std::optional<DigestKind> parse_digest_name(std::string_view name) {
  for (const auto& [known, kind] : names)
    if (known == name) return kind;
  return std::nullopt;
}

std::size_t digest_size(DigestKind kind) { return static_cast<std::size_t>(EVP_MD_get_size(algorithm(kind))); }

std::string digest(DigestKind kind, std::string_view text) {
  if (kind == DigestKind::sha2_256) return std::string(as_text(sha256(text)));  // what nearly everybody asks for, without OpenSSL's fetch
  std::string bytes(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  SR_ASSERT(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(bytes.data()), &size, algorithm(kind), nullptr) == 1);
  bytes.resize(size);
  return bytes;
}

std::string hmac(DigestKind kind, std::string_view key, std::string_view text) {
  if (kind == DigestKind::sha2_256) return std::string(as_text(HmacSha256(key)(text)));
  SR_ASSERT(key.size() <= INT_MAX);
  std::string bytes(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  SR_ASSERT(HMAC(algorithm(kind), key.empty() ? "" : key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                 reinterpret_cast<unsigned char*>(bytes.data()), &size) != nullptr);
  bytes.resize(size);
  return bytes;
}

}  // namespace sr
