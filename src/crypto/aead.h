// Authenticated encryption under one key: AES-GCM (NIST SP 800-38D) with 96-bit nonces, ChaCha20-Poly1305 (RFC 8439) and
// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03); 128-bit tags.
//
// A key is shared by all threads. It is AWS-LC's, where the program was built with it (crypto/aws_lc.h); otherwise it keeps a few OpenSSL
// contexts with the key already scheduled and lends each to one call at a time. All of them end with the key, wiped.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr {

enum class AeadKind : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305, xchacha20_poly1305 };

class Aead {
 public:
  static constexpr std::size_t tag_size = 16;
  static constexpr std::size_t key_size(AeadKind kind) { return kind == AeadKind::aes_128_gcm ? 16 : 32; }
  static constexpr std::size_t nonce_size(AeadKind kind) { return kind == AeadKind::xchacha20_poly1305 ? 24 : 12; }

  Aead(AeadKind kind, std::string_view key);  // key_size() bytes; copied
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;
  ~Aead();

  AeadKind kind() const;

  // Writes ciphertext and tag: `plain.size() + tag_size` bytes. A nonce must never be used twice under one key.
  void seal_to(char* out, std::string_view nonce, std::string_view aad, std::string_view plain) const;

  // `sealed` is ciphertext and tag; writes `sealed.size() - tag_size` bytes. What is not exactly what was sealed, under this key,
  // nonce and additional data, is Code::invalid "message authentication failed", and `out` is wiped.
  Result<void> open_to(char* out, std::string_view nonce, std::string_view aad, std::string_view sealed) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The one that the store is sealed with.
class Aes256Gcm {
 public:
  static constexpr std::size_t key_size = 32, nonce_size = 12, tag_size = Aead::tag_size;
  using Nonce = std::array<unsigned char, nonce_size>;

  explicit Aes256Gcm(std::string_view key) : key_(AeadKind::aes_256_gcm, key) {}  // 32 bytes; copied

  // Appends ciphertext and tag.
  void seal(Buffer& out, const Nonce& nonce, std::string_view aad, std::string_view plain) const;
  void seal_to(char* out, const Nonce& nonce, std::string_view aad, std::string_view plain) const;  // the same into that much room

  Result<Secret> open(const Nonce& nonce, std::string_view aad, std::string_view sealed) const;

 private:
  Aead key_;
};

Aes256Gcm::Nonce random_nonce(Random& random);

}  // namespace sr
