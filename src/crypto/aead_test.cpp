#include "crypto/aead.h"
#include <gtest/gtest.h>
#include <atomic>
#include <thread>
#include "base/assert.h"
#include "crypto/key_secret.h"
#include "crypto/test_vectors.h"

namespace sr {
namespace {

using test_vectors::from_hex;

Aes256Gcm::Nonce nonce_of(std::string_view bytes) {
  Aes256Gcm::Nonce nonce;
  std::memcpy(nonce.data(), bytes.data(), nonce.size());
  return nonce;
}

TEST(Aes256Gcm, AgreesWithNist) {
  int genuine = 0, forged = 0;
  for (const auto& vector : test_vectors::gcm) {
    const Aes256Gcm key(from_hex(vector.key));
    const auto nonce = nonce_of(from_hex(vector.nonce));
    const std::string aad = from_hex(vector.aad), sealed = from_hex(vector.cipher_text) + from_hex(vector.tag);
    const auto opened = key.open(nonce, aad, sealed);
    ASSERT_EQ(opened.has_value(), vector.genuine) << vector.key;
    ++(vector.genuine ? genuine : forged);
    if (!opened) {
      EXPECT_EQ(opened.error().message, "message authentication failed");
      continue;
    }
    EXPECT_EQ(opened->reveal(), from_hex(vector.plain));
    Buffer again("before");
    key.seal(again, nonce, aad, opened->reveal());
    EXPECT_EQ(again.view(), "before" + sealed);
  }
  EXPECT_GE(genuine, 20);
  EXPECT_GE(forged, 20);
}

TEST(Aes256Gcm, RefusesEveryFlippedBit) {
  SeededRandom random(1);
  const Aes256Gcm key(random_bytes(random, 32));
  const auto nonce = random_nonce(random);
  Buffer sealed;
  key.seal(sealed, nonce, "secret/app", "a value");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed(sealed.view());
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(key.open(nonce, "secret/app", changed)) << bit;
  }
  EXPECT_FALSE(key.open(nonce, "secret/apq", sealed));
  EXPECT_FALSE(key.open(nonce, "", sealed));
  for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(key.open(nonce, "secret/app", sealed.view().substr(0, size)));
  EXPECT_EQ(key.open(nonce, "secret/app", sealed)->reveal(), "a value");  // a refusal leaves the context fit for use
}

TEST(Aes256Gcm, WantsAKeyOf32Bytes) {
  EXPECT_THROW(Aes256Gcm("short"), BrokenAssertion);
  EXPECT_THROW(Aes256Gcm(std::string(33, 'k')), BrokenAssertion);
}

// More threads than slots, two keys at once, forgeries between: each call must have its context to itself.
TEST(Aes256Gcm, IsSharedByThreads) {
  SeededRandom seeds(7);
  const Aes256Gcm first(random_bytes(seeds, 32)), second(random_bytes(seeds, 32));
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 24; ++t)
    threads.emplace_back([&, t] {
      SeededRandom random(100 + t);
      for (int i = 0; i < 300; ++i) {
        const auto nonce = random_nonce(random);
        const std::string plain = random_bytes(random, static_cast<std::size_t>(i)), aad = std::to_string(t);
        Buffer a, b;
        first.seal(a, nonce, aad, plain);
        second.seal(b, nonce, aad, plain);
        const auto opened = first.open(nonce, aad, a), other = second.open(nonce, aad, b);
        if (!opened || opened->reveal() != plain || !other || other->reveal() != plain || first.open(nonce, aad, b)) ++wrong;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(KeySecret, HoldsAndMovesItsBytes) {
  SystemRandom random;
  KeySecret key = KeySecret::generate(random), copy = key.copy();
  EXPECT_EQ(key.size(), 32u);
  EXPECT_TRUE(key == copy);
  const KeySecret moved = std::move(key);
  EXPECT_TRUE(moved == copy);
  EXPECT_TRUE(key.empty());  // NOLINT: a moved-from key is empty
  EXPECT_FALSE(KeySecret::generate(random) == copy);
  EXPECT_EQ(KeySecret(std::string(10'000, 'x')).reveal(), std::string(10'000, 'x'));
  EXPECT_EQ(KeySecret("").size(), 0u);
}

}  // namespace
}  // namespace sr
