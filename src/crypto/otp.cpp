#include "crypto/otp.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <array>
#include "base/assert.h"

namespace sr {
namespace {

const EVP_MD* algorithm(OtpHash hash) {
  switch (hash) {
    case OtpHash::sha1: return EVP_sha1();
    case OtpHash::sha256: return EVP_sha256();
    case OtpHash::sha512: return EVP_sha512();
  }
  return nullptr;
}

}  // namespace

Secret hotp(std::string_view seed, std::uint64_t counter, const OtpForm& form) {
  SR_ASSERT(form.digits >= 6 && form.digits <= 8);
  std::array<unsigned char, 8> text{};  // the counter, most significant byte first
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<unsigned char>(counter >> (56 - 8 * i));
  Secret mac = Secret::of_size(EVP_MAX_MD_SIZE);
  auto* const bytes = reinterpret_cast<unsigned char*>(mac.data());
  unsigned size = 0;
  SR_ASSERT(HMAC(algorithm(form.hash), seed.data(), static_cast<int>(seed.size()), text.data(), text.size(), bytes, &size) && size >= 20);

  // RFC 4226 section 5.3: the last nibble says which four bytes count, without their highest bit.
  const std::size_t at = bytes[size - 1] & 0xF;
  std::uint32_t number = (bytes[at] & 0x7Fu) << 24 | static_cast<std::uint32_t>(bytes[at + 1]) << 16 | static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
  Secret code = Secret::of_size(form.digits);
  for (std::size_t i = form.digits; i-- > 0; number /= 10) code.data()[i] = static_cast<char>('0' + number % 10);
  return code;
}

std::uint64_t totp_step(Time moment, Seconds period) {
  SR_ASSERT(period > Seconds(0) && moment >= Time());
  return static_cast<std::uint64_t>(std::chrono::floor<Seconds>(moment.time_since_epoch()) / period);
}

}  // namespace sr
