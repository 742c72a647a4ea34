#include "crypto/key_pair.h"
#include <gtest/gtest.h>
#include <fstream>
#include <thread>
#include "base/limits.h"
#include "crypto/certificate.h"
#include "crypto/hash.h"
#include "crypto/key_numbers.h"
#include "crypto/pem.h"

namespace sr {
namespace {

constexpr KeyAlgorithm curves[] = {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384, KeyAlgorithm::ecdsa_p521};

TEST(KeyPair, WhatIsPrintedReadsAgain) {
  for (const auto algorithm : {KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384, KeyAlgorithm::ecdsa_p521, KeyAlgorithm::ed25519, KeyAlgorithm::rsa}) {
    const KeyPair key = KeyPair::generate(algorithm, 2048);
    const KeyPair again = KeyPair::parse_private(key.print_private().reveal(), KeyPair::Check::yes).value();
    const KeyPair shown = KeyPair::parse_public(key.print_public(), KeyPair::Check::yes).value();
    EXPECT_TRUE(again.is_private() && key.is_private() && !shown.is_private());
    EXPECT_TRUE(again.has_public_key_of(key) && shown.has_public_key_of(key));
    EXPECT_EQ(shown.algorithm(), algorithm);
    EXPECT_FALSE(KeyPair::generate(algorithm, 2048).has_public_key_of(key));
  }
}

TEST(KeyPair, RefusesWhatIsNoKey) {
  const std::string der(KeyPair::generate(KeyAlgorithm::ecdsa_p256).print_private().reveal());
  EXPECT_FALSE(KeyPair::parse_private("", KeyPair::Check::yes));
  EXPECT_FALSE(KeyPair::parse_private("no key", KeyPair::Check::yes));
  EXPECT_FALSE(KeyPair::parse_private(der + "x", KeyPair::Check::yes));
  EXPECT_FALSE(KeyPair::parse_public(der, KeyPair::Check::yes));
  EXPECT_FALSE(KeyPair::parse_private(std::string(limits::key_bytes + 1, 'x'), KeyPair::Check::yes));
  for (std::size_t size = 0; size < der.size(); ++size) EXPECT_FALSE(KeyPair::parse_private(der.substr(0, size), KeyPair::Check::yes)) << size;
}

TEST(KeyPair, NumbersGoAndComeBack) {
  for (const auto curve : curves) {
    const KeyPair key = KeyPair::generate(curve);
    EXPECT_TRUE(KeyNumbers::parse_curve(curve, KeyNumbers::print_curve(key)).value().has_public_key_of(key));
    auto foreign = KeyNumbers::print_curve(key);
    foreign.scalar = std::move(KeyNumbers::print_curve(KeyPair::generate(curve)).scalar);
    EXPECT_FALSE(KeyNumbers::parse_curve(curve, foreign)) << "a scalar of another point";
    EXPECT_FALSE(KeyNumbers::parse_curve(curve, {.x = "1", .y = "1"})) << "no point of the curve";
    EXPECT_FALSE(KeyNumbers::parse_curve(curve, {.x = "-1", .y = "x"}));
  }
  const KeyPair key = KeyPair::generate(KeyAlgorithm::rsa, 2048);
  EXPECT_TRUE(KeyNumbers::parse_rsa(KeyNumbers::print_rsa(key)).value().has_public_key_of(key));
  auto broken = KeyNumbers::print_rsa(key);
  broken.prime1 = broken.prime2.copy();
  EXPECT_FALSE(KeyNumbers::parse_rsa(broken));
  EXPECT_FALSE(KeyNumbers::parse_rsa({.modulus = "15", .exponent = "3"}));
  EXPECT_FALSE(KeyNumbers::parse_rsa({.modulus = std::string(5000, '9'), .exponent = "3"}));
}

TEST(KeyPair, TwoSidesAgree) {
  for (const auto curve : curves) {
    const KeyPair ours = KeyPair::generate(curve), theirs = KeyPair::generate(curve);
    EXPECT_EQ(ours.agree(theirs).value(), theirs.agree(ours).value());
  }
  EXPECT_FALSE(KeyPair::generate(KeyAlgorithm::ecdsa_p256).agree(KeyPair::generate(KeyAlgorithm::ecdsa_p384)));
}

// Signed by one library where AWS-LC is there, verified by the other: they take as much of a digest as the curve has room for.
TEST(KeyPair, SignsTextsOfEveryLength) {
  for (const auto curve : curves) {
    const KeyPair key = KeyPair::generate(curve);
    for (std::size_t size = 1; size < 140; size += size < 64 ? 7 : 3) {
      const std::string text(size, static_cast<char>(size)), signature = key.sign_ecdsa(text);
      EXPECT_TRUE(key.verify_ecdsa(text, signature)) << size;
      EXPECT_FALSE(key.verify_ecdsa(std::string(size, static_cast<char>(size + 1)), signature)) << size;
      EXPECT_EQ(inspect_ecdsa(signature), DerSignature::fine);
      EXPECT_NE(key.sign_ecdsa(text), signature) << "the nonce is random";
    }
  }
  const KeyPair key = KeyPair::generate(KeyAlgorithm::ed25519);
  for (std::size_t size : {0, 1, 63, 64, 127, 128, 5000}) {
    const std::string text(size, 'x'), signature = key.sign_ed25519(text);
    EXPECT_TRUE(key.verify_ed25519(text, signature)) << size;
    EXPECT_FALSE(key.verify_ed25519(text + "x", signature)) << size;
    EXPECT_EQ(key.sign_ed25519(text), signature) << size;
  }
}

// In how many places of this process's memory these bytes lie, besides where they are given.
int copies_of(std::string_view bytes) {
  std::ifstream maps("/proc/self/maps"), memory("/proc/self/mem", std::ios::binary);
  std::vector<std::pair<std::uintptr_t, std::uintptr_t>> areas;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t begin = 0, end = 0;
    char mode[5] = "";
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) == 3 && mode[0] == 'r' && mode[1] == 'w' && end - begin < 1u << 30) areas.emplace_back(begin, end);
  }
  const std::unique_ptr<char[]> piece(new char[1 << 20]);
  const auto begin_of = [](const char* at) { return reinterpret_cast<std::uintptr_t>(at); };
  int copies = 0;
  for (const auto& [begin, end] : areas)
    for (std::uintptr_t at = begin; at < end; at += (1 << 20) - bytes.size()) {
      memory.clear();
      memory.seekg(static_cast<std::streamoff>(at));
      memory.read(piece.get(), static_cast<std::streamsize>(std::min<std::uintptr_t>(end - at, 1 << 20)));
      const std::string_view read(piece.get(), static_cast<std::size_t>(memory.gcount()));
      for (std::size_t found = read.find(bytes); found != read.npos; found = read.find(bytes, found + 1)) {
        const std::uintptr_t where = at + found;
        copies += where != begin_of(bytes.data()) && (where < begin_of(piece.get()) || where >= begin_of(piece.get()) + (1 << 20));
      }
    }
  return copies;
}

TEST(KeyPair, OfAnEd25519KeyNothingIsLeftInMemory) {
  Secret seed = Secret::of_size(32);
  for (std::size_t i = 0; i < 32; ++i) seed.data()[i] = static_cast<char>(7 * i + 3);
  ASSERT_EQ(copies_of(seed.reveal()), 0);
  const Secret copy = seed.copy();
  ASSERT_EQ(copies_of(seed.reveal()), 1) << "the search finds what is there";
  // The second half of the hash, with which the nonces are made: with one of them and its signature comes the private number.
  const Sha512Digest hashed = sha512(seed.reveal(), "");
  const std::string_view half = as_text(hashed).substr(32);
  ASSERT_EQ(copies_of(half), 0);
  {
    const KeyPair key = KeyPair::ed25519_from_seed(seed.reveal()).value();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(key.sign_ed25519("text").size(), 64u);
  }
  EXPECT_EQ(copies_of(seed.reveal()), 1);
  EXPECT_EQ(copies_of(half), 0);
}

TEST(KeyPair, OfACurvesKeyNothingIsLeftInMemoryThatOpensslHasFreed) {
  for (const auto& [algorithm, size] : {std::pair(KeyAlgorithm::ecdsa_p256, 32u), std::pair(KeyAlgorithm::ecdsa_p384, 48u), std::pair(KeyAlgorithm::ecdsa_p521, 66u)}) {
    const Secret der = KeyPair::generate(algorithm).print_private();
    // RFC 5915: the version, and the number as an octet string.
    const auto at = der.reveal().find(std::string("\x02\x01\x01\x04", 4) + static_cast<char>(size));
    ASSERT_NE(at, std::string_view::npos);
    const std::string_view number = der.reveal().substr(at + 5, size);
    EXPECT_EQ(copies_of(number), 0);
    {
      const Secret copy = der.copy();
      ASSERT_EQ(copies_of(number), 1) << "the search finds what is there";
      const KeyPair key = KeyPair::parse_private(copy.reveal(), KeyPair::Check::yes).value();
      EXPECT_TRUE(key.verify_ecdsa(std::string(32, 'd'), key.sign_ecdsa(std::string(32, 'd'))));
    }
    EXPECT_EQ(copies_of(number), 0);
  }
}

TEST(KeyPair, OneKeyServesManyThreads) {
  const KeyPair curve = KeyPair::generate(KeyAlgorithm::ecdsa_p256), edwards = KeyPair::generate(KeyAlgorithm::ed25519);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 50; ++j) {
        const std::string text = std::to_string(100 * i + j), hashed = digest(DigestKind::sha2_256, text);
        EXPECT_TRUE(curve.verify_ecdsa(hashed, curve.sign_ecdsa(hashed)));
        EXPECT_TRUE(edwards.verify_ed25519(text, edwards.sign_ed25519(text)));
        EXPECT_FALSE(edwards.verify_ed25519(text + "x", edwards.sign_ed25519(text)));
      }
    });
}

TEST(KeyPair, EcdsaNumbersAtFixedLengths) {
  const KeyPair key = KeyPair::generate(KeyAlgorithm::ecdsa_p521);
  const std::string hashed = digest(DigestKind::sha2_512, "text"), der = key.sign_ecdsa(hashed);
  const std::string fixed = ecdsa_to_fixed(der, 66).value();
  EXPECT_EQ(fixed.size(), 132u);
  EXPECT_TRUE(key.verify_ecdsa(hashed, ecdsa_from_fixed(fixed)));
  EXPECT_EQ(inspect_ecdsa(der), DerSignature::fine);
  EXPECT_EQ(inspect_ecdsa(der + "x"), DerSignature::has_extra_data);
  EXPECT_EQ(inspect_ecdsa("x"), DerSignature::invalid);
}

TEST(Certificates, ARequestIsSignedAndTakesTheSubjectOver) {
  const KeyPair first = KeyPair::generate(KeyAlgorithm::ecdsa_p384), second = KeyPair::generate(KeyAlgorithm::ed25519);
  const auto request = make_certificate_request(first, "");
  ASSERT_TRUE(request);
  EXPECT_TRUE(make_certificate_request(second, *request));
  EXPECT_FALSE(make_certificate_request(second, "no request"));
  EXPECT_FALSE(Certificate::parse(*request));
}

TEST(Pem, BlocksAmongOtherText) {
  const std::string text = "before\n" + print_pem("ONE", "first") + "between\n" + print_pem("TWO", std::string(100, 'x'));
  std::string_view rest;
  const auto blocks = parse_pem(text, 10, &rest);
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_EQ(blocks[0].label, "ONE");
  EXPECT_EQ(blocks[0].der, "first");
  EXPECT_EQ(blocks[1].der, std::string(100, 'x'));
  EXPECT_EQ(rest, "");
  EXPECT_EQ(parse_pem(text, 1, &rest).size(), 1u);
  EXPECT_TRUE(rest.starts_with("between"));
  EXPECT_TRUE(parse_pem("nothing", 10).empty());
}

}  // namespace
}  // namespace sr
