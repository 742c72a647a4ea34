// AES-256-GCM under one key (NIST SP 800-38D: 96-bit nonces, 128-bit tags).
//
// A key is shared by all threads. It keeps a few OpenSSL contexts with the key already scheduled and lends each to one
// call at a time: 1.7 M instead of 0.5 M records a second at 64 bytes. All of them end with the key, wiped.
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr {

class Aes256Gcm {
 public:
  static constexpr std::size_t key_size = 32, nonce_size = 12, tag_size = 16;
  using Nonce = std::array<unsigned char, nonce_size>;

  explicit Aes256Gcm(std::string_view key);  // 32 bytes; copied
  Aes256Gcm(Aes256Gcm&&) noexcept;
  Aes256Gcm& operator=(Aes256Gcm&&) noexcept;
  ~Aes256Gcm();

  // Appends ciphertext and tag: `plain.size() + tag_size` bytes. A nonce must never be used twice under one key.
  void seal(Buffer& out, const Nonce& nonce, std::string_view aad, std::string_view plain) const;
  void seal_to(char* out, const Nonce& nonce, std::string_view aad, std::string_view plain) const;  // the same into that much room

  // `sealed` is ciphertext and tag. What is not exactly what was sealed, under this key, nonce and additional data, is
  // Code::invalid "message authentication failed"; nothing of it is handed out.
  Result<Secret> open(const Nonce& nonce, std::string_view aad, std::string_view sealed) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Aes256Gcm::Nonce random_nonce(Random& random);

}  // namespace sr
