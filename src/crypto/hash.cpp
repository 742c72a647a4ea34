// OpenSSL 3 calls these functions deprecated, yet its EVP digests need an allocation and a fetch for each short text, and
// their states can be neither copied by value nor kept in place. An HMAC over 40 bytes is 14 times faster this way.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/hash.h"
#include <openssl/sha.h>
#include <bit>
#include <type_traits>

namespace sr {
namespace {

SHA256_CTX* context(unsigned char* state) { return reinterpret_cast<SHA256_CTX*>(state); }
const SHA256_CTX& context(const unsigned char* state) { return *reinterpret_cast<const SHA256_CTX*>(state); }

template <class Number> void store_big_endian(unsigned char* to, Number number) {
  static_assert(std::endian::native == std::endian::little);
  number = std::byteswap(number);
  std::memcpy(to, &number, sizeof number);
}

constexpr auto hex_pairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (std::size_t byte = 0; byte < pairs.size(); ++byte) pairs[byte] = {"0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  return pairs;
}();

}  // namespace

Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) == sizeof state_ && alignof(SHA256_CTX) <= 8 && std::is_trivially_copyable_v<SHA256_CTX>);
  SHA256_Init(context(state_));
}
Sha256& Sha256::update(std::string_view text) {
  SHA256_Update(context(state_), text.data(), text.size());
  return *this;
}
Sha256Digest Sha256::digest() const { return Sha256(*this).finish(); }

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  SHA256_Final(digest.data(), context(state_));
  return digest;
}

// What ends within one block, as the texts of most HMACs do, is padded here: the general way copies and wipes more than it hashes.
Sha256Digest Sha256::digest_with(std::string_view end) const {
  constexpr std::size_t length_at = SHA256_CBLOCK - 8;
  const SHA256_CTX& so_far = context(state_);
  if (so_far.num != 0 || end.size() >= length_at) return Sha256(*this).update(end).finish();
  unsigned char block[SHA256_CBLOCK] = {};
  if (!end.empty()) std::memcpy(block, end.data(), end.size());
  block[end.size()] = 0x80;
  store_big_endian(block + length_at, (std::uint64_t{so_far.Nh} << 32 | so_far.Nl) + 8 * end.size());
  SHA256_CTX last{};
  std::memcpy(last.h, so_far.h, sizeof last.h);
  SHA256_Transform(&last, block);
  Sha256Digest digest;
  for (std::size_t i = 0; i < std::size(last.h); ++i) store_big_endian(digest.data() + 4 * i, last.h[i]);
  wipe(block, end.size());
  wipe(last.h, sizeof last.h);
  return digest;
}

Sha256Digest sha256(std::string_view a, std::string_view b) { return Sha256().update(a).update(b).finish(); }

Sha384Digest sha384(std::string_view a, std::string_view b) {
  SHA512_CTX state;
  Sha384Digest digest;
  SHA384_Init(&state);
  SHA384_Update(&state, a.data(), a.size());
  SHA384_Update(&state, b.data(), b.size());
  SHA384_Final(digest.data(), &state);
  wipe(&state, sizeof state);
  return digest;
}

Sha512Digest sha512(std::string_view a, std::string_view b) {
  SHA512_CTX state;
  Sha512Digest digest;
  SHA512_Init(&state);
  SHA512_Update(&state, a.data(), a.size());
  SHA512_Update(&state, b.data(), b.size());
  SHA512_Final(digest.data(), &state);
  wipe(&state, sizeof state);
  return digest;
}

void print_hex_to(char* to, std::span<const unsigned char> bytes) {
  for (const unsigned char byte : bytes) to = std::ranges::copy(hex_pairs[byte], to).out;
}

void append_hex(Buffer& out, std::span<const unsigned char> bytes) { print_hex_to(out.extend(2 * bytes.size()), bytes); }

std::string print_hex(std::span<const unsigned char> bytes) {
  std::string text(2 * bytes.size(), '\0');
  print_hex_to(text.data(), bytes);
  return text;
}

}  // namespace sr
