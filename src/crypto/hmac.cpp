#include "crypto/hmac.h"
#include <cstring>

namespace sr {
namespace {

constexpr std::size_t block_size = 64;

Sha256 started(std::string_view key, unsigned char mask) {
  std::array<unsigned char, block_size> pad{};
  std::memcpy(pad.data(), key.data(), key.size());
  for (unsigned char& byte : pad) byte ^= mask;
  Sha256 state;
  state.update(as_text(pad));
  wipe(pad.data(), pad.size());
  return state;
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) {
  // RFC 2104 section 2: keys longer than a block are hashed first.
  Sha256Digest hashed{};
  if (key.size() > block_size) key = as_text(hashed = sha256(key));
  inner_ = started(key, 0x36);
  outer_ = started(key, 0x5c);
  wipe(hashed.data(), hashed.size());
}

Sha256Digest HmacSha256::operator()(std::string_view text) const { return outer_.digest_with(as_text(inner_.digest_with(text))); }

Sha256Digest HmacSha256::operator()(std::span<const std::string_view> parts) const {
  Sha256 inner = inner_;
  for (const std::string_view part : parts) inner.update(part);
  return outer_.digest_with(as_text(inner.digest()));
}

void HmacSha256::print(Buffer& out, std::string_view text) const {
  out.append("hmac-sha256:");
  append_hex(out, (*this)(text));
}

}  // namespace sr
