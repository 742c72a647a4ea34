#include "crypto/kdf.h"
#include "base/assert.h"
#include "crypto/hmac.h"

namespace sr {

Secret hkdf_sha256(std::string_view key, std::string_view info, std::size_t size) {
  constexpr std::size_t block = std::tuple_size_v<Sha256Digest>;
  SR_ASSERT(size <= 255 * block);
  Sha256Digest extracted = HmacSha256("")(key);  // a salt that is absent is as many zeros as a digest has, which pads like the empty key
  const HmacSha256 expand(as_text(extracted));
  Secret made = Secret::of_size(size);
  Sha256Digest last{};
  for (std::size_t at = 0; at < size; at += block) {
    const char counter = static_cast<char>(at / block + 1);
    const std::string_view parts[] = {at == 0 ? std::string_view() : as_text(last), info, {&counter, 1}};
    last = expand(parts);
    std::memcpy(made.data() + at, last.data(), std::min(block, size - at));
  }
  wipe(last.data(), last.size());
  wipe(extracted.data(), extracted.size());
  return made;
}

Secret counter_kdf_sha256(std::string_view key, std::string_view context) {
  constexpr std::string_view counter("\0\0\0\0", 4), bits("\0\0\1\0", 4);
  const std::string_view parts[] = {counter, context, bits};
  Sha256Digest digest = HmacSha256(key)(parts);
  Secret made(as_text(digest));
  wipe(digest.data(), digest.size());
  return made;
}

}  // namespace sr
