// Keys as authenticator apps exchange them, in a QR code mostly:
//   otpauth://totp/ISSUER:ACCOUNT?algorithm=SHA1&digits=6&issuer=ISSUER&period=30&secret=BASE32
// Pure functions.
#pragma once
#include <optional>
#include <string>
#include "base/result.h"
#include "engines/totp/rows.h"

namespace sr::totp {

// What a uri says of a key; what it does not say is absent.
struct KeyUri {
  std::string issuer{}, account{};
  Buffer secret{};  // in base32, as it came
  std::optional<std::int64_t> period{}, digits{};
  std::string algorithm{};
};

Result<KeyUri> parse_key_uri(std::string_view text);
Buffer print_key_uri(const Key& key);

std::optional<OtpHash> parse_algorithm(std::string_view name);  // "SHA1", "SHA256", "SHA512"
std::string_view algorithm_name(OtpHash hash);

}  // namespace sr::totp
