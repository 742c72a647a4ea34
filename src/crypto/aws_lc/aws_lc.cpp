// The only file that sees AWS-LC's headers: their names are those of OpenSSL's. It uses nothing that throws and nothing of this project
// but what it is declared in.
#include "crypto/aws_lc.h"
#include <openssl/aead.h>
#include <openssl/bn.h>
#include <openssl/curve25519.h>
#include <openssl/ec.h>
#include <openssl/ec_key.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/mem.h>

using sr::aws_lc::Cipher;
using sr::aws_lc::Curve;
using sr::aws_lc::Sealer;
using sr::aws_lc::Signer;

struct sr::aws_lc::Signer {
  EC_KEY* key;                                     // of the curves of NIST
  std::uint8_t ed25519[ED25519_PRIVATE_KEY_LEN];  // the seed, and the public key; used without the other
};
struct sr::aws_lc::Sealer {
  EVP_AEAD_CTX* context;
  bool derives;  // a key for each nonce, on the stack
};

namespace {

const EC_GROUP* group_of(Curve curve) {
  switch (curve) {
    case Curve::p256: return EC_group_p256();
    case Curve::p384: return EC_group_p384();
    case Curve::p521: return EC_group_p521();
    case Curve::ed25519: break;
  }
  return nullptr;
}

EC_KEY* curve_key(Curve curve, const unsigned char* number, std::size_t size) {
  EC_KEY* key = EC_KEY_new();
  BIGNUM* value = BN_bin2bn(number, size, nullptr);
  const bool is_made = key && value && EC_KEY_set_group(key, group_of(curve)) == 1 && EC_KEY_set_private_key(key, value) == 1;
  BN_clear_free(value);
  if (is_made) return key;
  EC_KEY_free(key);
  ERR_clear_error();
  return nullptr;
}

const EVP_AEAD* aead_of(Cipher cipher) {
  switch (cipher) {
    case Cipher::aes_128_gcm: return EVP_aead_aes_128_gcm();
    case Cipher::aes_256_gcm: return EVP_aead_aes_256_gcm();
    case Cipher::chacha20_poly1305: return EVP_aead_chacha20_poly1305();
    case Cipher::xchacha20_poly1305: return EVP_aead_xchacha20_poly1305();
  }
  return nullptr;
}

constexpr std::size_t tag_size = 16;

// AWS-LC leaves on the stack what it has worked with: of Ed25519 half of the private key, of XChaCha20 the key. Called where it was
// called, this lies where its frames lay.
[[gnu::noinline]] void wipe_stack() {
  unsigned char frames[8192];
  OPENSSL_cleanse(frames, sizeof frames);
}

}  // namespace

extern "C" {

Signer* sr_aws_lc_signer(Curve curve, const unsigned char* number, std::size_t size) {
  auto* signer = static_cast<Signer*>(OPENSSL_zalloc(sizeof(Signer)));
  if (!signer) return nullptr;
  if (curve != Curve::ed25519) signer->key = curve_key(curve, number, size);
  std::uint8_t public_key[ED25519_PUBLIC_KEY_LEN];
  if (curve == Curve::ed25519 && size == ED25519_SEED_LEN) ED25519_keypair_from_seed(public_key, signer->ed25519, number);
  else if (!signer->key) {
    OPENSSL_free(signer);
    return nullptr;
  }
  wipe_stack();
  return signer;
}

std::size_t sr_aws_lc_sign(const Signer* signer, unsigned char* out, const unsigned char* text, std::size_t size) {
  unsigned int written = 0;
  const bool is_signed = signer->key ? ECDSA_sign(0, text, size, out, &written, signer->key) == 1 : ED25519_sign(out, text, size, signer->ed25519) == 1;
  wipe_stack();
  if (is_signed) return signer->key ? written : ED25519_SIGNATURE_LEN;
  ERR_clear_error();
  return 0;
}

void sr_aws_lc_free_signer(Signer* signer) {
  if (signer) EC_KEY_free(signer->key);
  OPENSSL_free(signer);  // wipes it
}

Sealer* sr_aws_lc_sealer(Cipher cipher, const unsigned char* key, std::size_t size) {
  auto* sealer = static_cast<Sealer*>(OPENSSL_zalloc(sizeof(Sealer)));
  if (sealer) sealer->context = EVP_AEAD_CTX_new(aead_of(cipher), key, size, tag_size), sealer->derives = cipher == Cipher::xchacha20_poly1305;
  if (sealer && sealer->context) return sealer;
  OPENSSL_free(sealer);
  ERR_clear_error();
  return nullptr;
}

bool sr_aws_lc_seal(const Sealer* sealer, unsigned char* out, const unsigned char* nonce, std::size_t nonce_size, const unsigned char* plain, std::size_t size,
                    const unsigned char* aad, std::size_t aad_size) {
  std::size_t written = 0;
  const bool is_sealed = EVP_AEAD_CTX_seal(sealer->context, out, &written, size + tag_size, nonce, nonce_size, plain, size, aad, aad_size) == 1;
  if (sealer->derives) wipe_stack();
  if (is_sealed) return written == size + tag_size;
  ERR_clear_error();
  return false;
}

bool sr_aws_lc_open(const Sealer* sealer, unsigned char* out, const unsigned char* nonce, std::size_t nonce_size, const unsigned char* sealed, std::size_t size,
                    const unsigned char* aad, std::size_t aad_size) {
  std::size_t written = 0;
  const bool is_open = size >= tag_size && EVP_AEAD_CTX_open(sealer->context, out, &written, size - tag_size, nonce, nonce_size, sealed, size, aad, aad_size) == 1;
  if (sealer->derives) wipe_stack();
  if (is_open) return written == size - tag_size;
  ERR_clear_error();
  return false;
}

void sr_aws_lc_free_sealer(Sealer* sealer) {
  if (sealer) EVP_AEAD_CTX_free(sealer->context);
  OPENSSL_free(sealer);
}

}  // extern "C"
