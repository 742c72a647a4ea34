#include "crypto/hash.h"
#include <gtest/gtest.h>
#include "crypto/hmac.h"
#include "crypto/test_vectors.h"

namespace sr {
namespace {

using test_vectors::from_hex;

TEST(Hash, AgreesWithNist) {
  for (const auto& vector : test_vectors::sha256) EXPECT_EQ(print_hex(sha256(from_hex(vector.text))), vector.digest);
  for (const auto& vector : test_vectors::sha384) EXPECT_EQ(print_hex(sha384(from_hex(vector.text))), vector.digest);
  for (const auto& vector : test_vectors::sha512) EXPECT_EQ(print_hex(sha512(from_hex(vector.text))), vector.digest);
}

TEST(Hash, TakesItsTextInPieces) {
  const std::string text(200, 'a');
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const std::string_view head(text.data(), cut), tail(text.data() + cut, text.size() - cut);
    EXPECT_EQ(sha256(head, tail), sha256(text));
    EXPECT_EQ(sha384(head, tail), sha384(text));
    EXPECT_EQ(sha512(head, tail), sha512(text));
    Sha256 state;
    state.update(head);
    EXPECT_EQ(state.digest(), sha256(head));  // looking does not end it
    Sha256 branch = state;
    branch.update("other");
    EXPECT_EQ(state.update(tail).digest(), sha256(text));
    EXPECT_EQ(branch.digest(), sha256(head, "other"));
  }
}

TEST(Hash, EndsAnywhere) {
  for (const std::size_t begin : {0, 1, 63, 64, 65, 128, 192})
    for (std::size_t size = 0; size < 140; ++size) {
      const std::string first(begin, 'a'), end(size, 'b');
      EXPECT_EQ(Sha256().update(first).digest_with(end), sha256(first + end)) << begin << " " << size;
    }
}

TEST(Hmac, AgreesWithRfc4231) {
  for (const auto& vector : test_vectors::hmac_sha256) {
    const HmacSha256 hmac(from_hex(vector.key));
    EXPECT_EQ(print_hex(hmac(from_hex(vector.text))), vector.digest);
    EXPECT_EQ(print_hex(hmac(from_hex(vector.text))), vector.digest);  // the mid-states are still there
    Buffer line("\"");
    hmac.print(line, from_hex(vector.text));
    EXPECT_EQ(line.view(), "\"hmac-sha256:" + std::string(vector.digest));
  }
}

TEST(Hmac, HashesOnlyKeysOverABlock) {
  const std::string block(64, 'k'), longer(65, 'k');
  EXPECT_NE(HmacSha256(block)("x"), HmacSha256(as_text(sha256(block)))("x"));
  EXPECT_EQ(HmacSha256(longer)("x"), HmacSha256(as_text(sha256(longer)))("x"));
}

}  // namespace
}  // namespace sr
