// SHA-2. Pure functions; a Sha256 belongs to one thread at a time.
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include "base/secret.h"

namespace sr {

using Sha256Digest = std::array<unsigned char, 32>;
using Sha384Digest = std::array<unsigned char, 48>;
using Sha512Digest = std::array<unsigned char, 64>;

// Of the two texts as if they were one.
Sha256Digest sha256(std::string_view a, std::string_view b = {});
Sha384Digest sha384(std::string_view a, std::string_view b = {});
Sha512Digest sha512(std::string_view a, std::string_view b = {});

// A SHA-256 under way. Copying one keeps the place: a chain goes on from there.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = default;
  Sha256& operator=(const Sha256&) = default;
  ~Sha256() { wipe(state_, sizeof state_); }  // it may have eaten a key

  Sha256& update(std::string_view text);
  Sha256Digest digest() const;  // of everything so far; more may follow
  Sha256Digest digest_with(std::string_view end) const;  // of everything so far and this

 private:
  Sha256Digest finish();  // nothing may follow
  friend Sha256Digest sha256(std::string_view a, std::string_view b);

  alignas(8) unsigned char state_[112];  // OpenSSL's SHA256_CTX, which is plain data
};

// Lower-case hex, as digests are shown everywhere. The first one prints two characters for each byte.
void print_hex_to(char* to, std::span<const unsigned char> bytes);
void append_hex(Buffer& out, std::span<const unsigned char> bytes);
std::string print_hex(std::span<const unsigned char> bytes);

template <std::size_t size> std::string_view as_text(const std::array<unsigned char, size>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

}  // namespace sr
