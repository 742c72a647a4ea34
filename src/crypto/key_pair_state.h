// What a KeyPair is made of; for this folder alone.
#pragma once
#include <openssl/err.h>
#include <openssl/evp.h>
#include <mutex>
#include "base/assert.h"
#include "crypto/aws_lc.h"
#include "crypto/context_pool.h"
#include "crypto/key_pair.h"

namespace sr {

struct FreeKey { void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); } };
using KeyHandle = std::unique_ptr<EVP_PKEY, FreeKey>;

struct KeyPair::State {
  KeyHandle key{};
  KeyAlgorithm algorithm{};
  bool is_private = false;
  // The private key in AWS-LC, made by the first signature. Null: OpenSSL signs. Not of RSA.
  const aws_lc::Signer* quick_signer() const;

  mutable ContextPool<EVP_PKEY_CTX, EVP_PKEY_CTX_free> signers{}, verifiers{};                // of curves
  mutable ContextPool<EVP_MD_CTX, EVP_MD_CTX_free> message_signers{}, message_verifiers{};    // of Ed25519

 private:
  mutable std::once_flag quick_signer_made_{};
  mutable aws_lc::SignerHandle quick_signer_{};
};

namespace openssl {

inline const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
inline unsigned char* bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

// OpenSSL's reasons lie with the thread, whose next TLS call would take them for its own; clients are told ours.
std::unexpected<Error> refusal(std::string why);

const EVP_MD* algorithm(DigestKind kind);

// False: only the public key is there. OpenSSL's function for raw keys would leave a copy in memory that it does not wipe.
inline constexpr std::size_t ed25519_seed_size = 32;
bool ed25519_seed(const EVP_PKEY* key, Secret& seed);

// What an i2d function prints.
template <class Text, class Object, class Print> Text print_der(const Object* object, Print print) {
  const int size = print(object, nullptr);
  SR_ASSERT(size > 0);
  Text text;
  if constexpr (requires { Text::of_size(1); }) text = Text::of_size(static_cast<std::size_t>(size));
  else text.resize(static_cast<std::size_t>(size));
  unsigned char* at = bytes(text.data());
  SR_ASSERT(print(object, &at) == size);
  return text;
}

}  // namespace openssl
}  // namespace sr
