// The vectors of Wycheproof, which are about what implementations get wrong.
#include <gtest/gtest.h>
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/key_pair.h"
#include "crypto/key_wrap.h"
#include "crypto/test_vectors.h"

namespace sr {
namespace {

using test_vectors::from_hex;
using Text = std::string_view;

struct Aead { AeadKind kind; Text key, nonce, aad, plain, sealed; bool genuine; };
struct Signature { Text public_key; DigestKind hash; int salt; Text message, signature; bool genuine; };
struct Wrap { Text key, plain, wrapped; bool genuine; };
struct Oaep { Text plain, sealed; bool genuine; };
struct Hkdf { Text key, info, made; };
#include "crypto/testdata/wycheproof.inc"

template <std::size_t size> void check(const Aead (&vectors)[size]) {
  for (const Aead& vector : vectors) {
    const sr::Aead key(vector.kind, from_hex(vector.key));
    const std::string nonce = from_hex(vector.nonce), aad = from_hex(vector.aad), sealed = from_hex(vector.sealed), plain = from_hex(vector.plain);
    std::string out(sealed.size(), '?');
    ASSERT_EQ(key.open_to(out.data(), nonce, aad, sealed).has_value(), vector.genuine) << vector.key << ' ' << vector.nonce;
    if (!vector.genuine) {
      EXPECT_EQ(out.substr(0, plain.size()), std::string(plain.size(), '\0')) << "what is forged is not handed out";
      continue;
    }
    EXPECT_EQ(out.substr(0, plain.size()), plain);
    key.seal_to(out.data(), nonce, aad, plain);
    EXPECT_EQ(out, sealed);
  }
}

TEST(Wycheproof, AesGcm) { check(aead_aes); }
TEST(Wycheproof, ChaCha20Poly1305) { check(aead_chacha); }
TEST(Wycheproof, XChaCha20Poly1305) { check(aead_xchacha); }

KeyPair public_key(const Signature& vector) { return std::move(KeyPair::parse_public(from_hex(vector.public_key), KeyPair::Check::yes)).value(); }

TEST(Wycheproof, Ecdsa) {
  for (const auto& vector : signature_ecdsa)
    EXPECT_EQ(public_key(vector).verify_ecdsa(digest(vector.hash, from_hex(vector.message)), from_hex(vector.signature)), vector.genuine) << vector.signature;
}
// A signature of a wrong length is refused before it comes to the numbers; here it is cut in the middle, as the engine has it.
TEST(Wycheproof, EcdsaAsJwsHasIt) {
  for (const auto& vector : signature_jws) {
    const KeyPair key = public_key(vector);
    const std::string signature = from_hex(vector.signature);
    const std::size_t size = key.algorithm() == KeyAlgorithm::ecdsa_p256 ? 64 : 132;
    const bool taken = signature.size() == size && key.verify_ecdsa(digest(vector.hash, from_hex(vector.message)), ecdsa_from_fixed(signature));
    EXPECT_EQ(taken, vector.genuine) << vector.signature;
  }
}
TEST(Wycheproof, Ed25519) {
  for (const auto& vector : signature_ed25519) EXPECT_EQ(public_key(vector).verify_ed25519(from_hex(vector.message), from_hex(vector.signature)), vector.genuine) << vector.signature;
}
TEST(Wycheproof, RsaPss) {
  for (const auto& vector : signature_pss)
    EXPECT_EQ(public_key(vector).verify_pss(vector.hash, digest(vector.hash, from_hex(vector.message)), vector.salt, from_hex(vector.signature)), vector.genuine) << vector.signature;
}
TEST(Wycheproof, RsaPkcs1) {
  for (const auto& vector : signature_pkcs1)
    EXPECT_EQ(public_key(vector).verify_pkcs1(vector.hash, digest(vector.hash, from_hex(vector.message)), from_hex(vector.signature)), vector.genuine) << vector.signature;
}

TEST(Wycheproof, KeyWrapWithPadding) {
  for (const auto& vector : key_wrap) {
    const std::string key = from_hex(vector.key), wrapped = from_hex(vector.wrapped), plain = from_hex(vector.plain);
    const auto opened = key_unwrap_pad(key, wrapped);
    ASSERT_EQ(opened.has_value(), vector.genuine) << vector.wrapped;
    if (!vector.genuine) continue;
    EXPECT_EQ(opened->reveal(), plain);
    EXPECT_EQ(key_wrap_pad(key, plain).value(), wrapped);
  }
}

TEST(Wycheproof, RsaOaep) {
  const KeyPair key = KeyPair::parse_private(from_hex(oaep_key), KeyPair::Check::yes).value();
  for (const auto& vector : oaep) {
    const auto opened = key.decrypt_oaep(DigestKind::sha2_256, from_hex(vector.sealed));
    ASSERT_EQ(opened.has_value(), vector.genuine) << vector.sealed;
    if (vector.genuine) EXPECT_EQ(opened->reveal(), from_hex(vector.plain));
    else EXPECT_EQ(opened.error().message, "decryption error");
  }
}

TEST(Wycheproof, Hkdf) {
  for (const auto& vector : hkdf) {
    const std::string made = from_hex(vector.made);
    EXPECT_EQ(hkdf_sha256(from_hex(vector.key), from_hex(vector.info), made.size()).reveal(), made);
  }
}

}  // namespace
}  // namespace sr
