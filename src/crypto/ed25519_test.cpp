#include "crypto/ed25519.h"
#include <gtest/gtest.h>
#include "crypto/hash.h"
#include "crypto/test_vectors.h"

namespace sr {
namespace {

using test_vectors::from_hex;

TEST(Ed25519, AgreesWithRfc8032) {
  for (const auto& vector : test_vectors::ed25519) {
    const auto key = Ed25519Key::from_seed(from_hex(vector.seed));
    ASSERT_TRUE(key);
    const std::string message = from_hex(vector.message);
    EXPECT_EQ(print_hex(key->public_key()), vector.public_key);
    EXPECT_EQ(print_hex(key->sign(message)), vector.signature);
    EXPECT_TRUE(ed25519_verify(key->public_key(), message, from_hex(vector.signature)));
    EXPECT_FALSE(ed25519_verify(key->public_key(), message + "x", from_hex(vector.signature)));
  }
}

TEST(Ed25519, RefusesWhatIsNotASignature) {
  const auto& vector = test_vectors::ed25519[1];
  const auto key = Ed25519Key::from_seed(from_hex(vector.seed));
  const std::string message = from_hex(vector.message), signature = from_hex(vector.signature);
  for (std::size_t size = 0; size < signature.size(); ++size) EXPECT_FALSE(ed25519_verify(key->public_key(), message, signature.substr(0, size)));
  EXPECT_FALSE(ed25519_verify(key->public_key(), message, signature + '\0'));
  for (std::size_t bit = 0; bit < signature.size() * 8; bit += 7) {
    std::string changed = signature;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(ed25519_verify(key->public_key(), message, changed));
  }
  // RFC 8032 section 5.1.7: S must be below the group's order L. This is the same signature with S + L.
  EXPECT_FALSE(ed25519_verify(key->public_key(), message,
                              from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                                       "f52db7415978abc61b2c2eb6aeebfca0387b2eaeb4302aeeb00d291612bb0c10")));
}

TEST(Ed25519, GeneratesAndKeepsItsSeed) {
  SystemRandom random;
  const auto key = Ed25519Key::generate(random), other = Ed25519Key::generate(random);
  const auto again = Ed25519Key::from_seed(key.seed().reveal());
  EXPECT_EQ(again->public_key(), key.public_key());
  EXPECT_NE(other.public_key(), key.public_key());
  const auto signature = key.sign("line");
  EXPECT_TRUE(ed25519_verify(key.public_key(), "line", as_text(signature)));
  EXPECT_FALSE(ed25519_verify(other.public_key(), "line", as_text(signature)));
  EXPECT_EQ(Ed25519Key::from_seed("short").error().code, Code::invalid);
}

}  // namespace
}  // namespace sr
