// Passwords as bcrypt keeps them, by libxcrypt. Slow on purpose, tens of milliseconds at the default cost: call it on the lane for
// such work only. Any thread may.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include "base/random.h"
#include "base/result.h"

namespace sr::bcrypt {

constexpr int cost_default = 10;                 // as Vault and OpenBao have it
constexpr std::size_t password_bytes_max = 72;   // bcrypt looks at no more

// "$2b$10$" with salt and digest, under a new salt. Refuses what bcrypt would cut short without a word.
Result<std::string> hash(std::string_view password, Random& random, int cost = cost_default);

// What a hash costs to check; nothing when the text is no bcrypt hash. The variants 2a, 2b and 2y are one and the same for us.
std::optional<int> cost_of(std::string_view hash);

// A password of more than 72 bytes counts by its first 72, as it does wherever such hashes come from.
bool matches(std::string_view password, std::string_view hash);

}  // namespace sr::bcrypt
