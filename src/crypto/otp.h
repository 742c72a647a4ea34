// One-time passwords by counter (HOTP, RFC 4226) and by time (TOTP, RFC 6238). Pure functions.
#pragma once
#include <cstdint>
#include <string_view>
#include "base/clock.h"
#include "base/secret.h"

namespace sr {

enum class OtpHash : std::uint8_t { sha1, sha256, sha512 };
struct OtpForm {
  OtpHash hash = OtpHash::sha1;
  unsigned digits = 6;  // 6 to 8
};

// The password of one counter, in decimal digits.
Secret hotp(std::string_view seed, std::uint64_t counter, const OtpForm& form);

// The counter of a moment: whole periods since 1970. TOTP is HOTP with this. The period is positive, the moment not before 1970.
std::uint64_t totp_step(Time moment, Seconds period);

}  // namespace sr
