// AWS-LC's signatures on elliptic curves and its AEADs, which are up to five times as quick as those of OpenSSL 3.0. A program that was
// built without AWS-LC (cmake/aws_lc.cmake) gets no such key from here, and its callers go on with OpenSSL. The names are C's, since AWS-LC's own
// are hidden by name.
//
// Keys are constant, so shared by all threads; AWS-LC wipes them at their end. Sources: openssl/ecdsa.h, curve25519.h and aead.h of AWS-LC.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace sr::aws_lc {

enum class Curve : std::uint8_t { p256, p384, p521, ed25519 };
enum class Cipher : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305, xchacha20_poly1305 };

struct Signer;  // a private key
struct Sealer;  // a key of an AEAD

inline constexpr std::size_t signature_room = 144;  // for any signature of these curves

}  // namespace sr::aws_lc

extern "C" {
// The private number in big-endian at the curve's length; of Ed25519 the seed. Null: no private key of this curve, or no AWS-LC.
sr::aws_lc::Signer* sr_aws_lc_signer(sr::aws_lc::Curve curve, const unsigned char* number, std::size_t size);
// Of a digest, of which the curve takes as much as it can, into DER; with Ed25519 of the message, into 64 bytes. How many bytes; 0: not signed.
std::size_t sr_aws_lc_sign(const sr::aws_lc::Signer* signer, unsigned char* out, const unsigned char* text, std::size_t size);
void sr_aws_lc_free_signer(sr::aws_lc::Signer* signer);

// The key and each nonce have the length that the cipher wants. Null: out of memory, or no AWS-LC.
sr::aws_lc::Sealer* sr_aws_lc_sealer(sr::aws_lc::Cipher cipher, const unsigned char* key, std::size_t size);
// Writes the text and 16 bytes of tag more. False: out of memory.
bool sr_aws_lc_seal(const sr::aws_lc::Sealer* sealer, unsigned char* out, const unsigned char* nonce, std::size_t nonce_size, const unsigned char* plain,
                    std::size_t size, const unsigned char* aad, std::size_t aad_size);
// Writes 16 bytes fewer than it is given. False: it was not sealed like this; zeros are written then.
bool sr_aws_lc_open(const sr::aws_lc::Sealer* sealer, unsigned char* out, const unsigned char* nonce, std::size_t nonce_size, const unsigned char* sealed,
                    std::size_t size, const unsigned char* aad, std::size_t aad_size);
void sr_aws_lc_free_sealer(sr::aws_lc::Sealer* sealer);
}

namespace sr::aws_lc {

struct Free {
  void operator()(Signer* signer) const { sr_aws_lc_free_signer(signer); }
  void operator()(Sealer* sealer) const { sr_aws_lc_free_sealer(sealer); }
};
using SignerHandle = std::unique_ptr<Signer, Free>;
using SealerHandle = std::unique_ptr<Sealer, Free>;

}  // namespace sr::aws_lc
