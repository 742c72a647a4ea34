#include "crypto/bcrypt.h"
#include <crypt.h>
#include <algorithm>
#include <memory>
#include "base/secret.h"

namespace sr::bcrypt {
namespace {

constexpr std::size_t hash_bytes = 60;        // "$2b$10$", 22 of salt, 31 of digest
constexpr std::size_t salt_bytes = 16;
constexpr std::string_view alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// The result is as long as a hash, or empty when the setting is none that crypt knows.
std::string crypt_with(std::string_view password, const std::string& setting) {
  Buffer text;
  text.append(password).append(std::string_view("\0", 1));
  const auto data = std::make_unique<crypt_data>();
  const char* result = crypt_r(text.data(), setting.c_str(), data.get());
  std::string hashed = result && *result != '*' ? result : "";
  wipe(data.get(), sizeof(crypt_data));
  return hashed.size() == hash_bytes ? hashed : std::string();
}

}  // namespace

Result<std::string> hash(std::string_view password, Random& random, int cost) {
  if (password.size() > password_bytes_max) return fail(Code::invalid, "bcrypt: password length exceeds 72 bytes");
  if (password.contains('\0')) return fail(Code::invalid, "bcrypt: password holds a NUL byte");
  const std::string salt = random_bytes(random, salt_bytes);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (!crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), salt.data(), salt_bytes, setting, sizeof setting))
    return fail(Code::internal, "bcrypt: no salt could be made");
  std::string hashed = crypt_with(password, setting);
  if (hashed.empty()) return fail(Code::internal, "bcrypt: hashing failed");
  return hashed;
}

std::optional<int> cost_of(std::string_view hash) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (hash.size() != hash_bytes || !hash.starts_with("$2") || hash[3] != '$' || hash[6] != '$') return std::nullopt;
  if (hash[2] != 'a' && hash[2] != 'b' && hash[2] != 'y') return std::nullopt;
  if (!is_digit(hash[4]) || !is_digit(hash[5]) || hash.substr(7).find_first_not_of(alphabet) != hash.npos) return std::nullopt;
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  if (cost < 4 || cost > 31) return std::nullopt;
  return cost;
}

bool matches(std::string_view password, std::string_view hash) {
  // No hash was made of a password with a NUL; the work is done all the same, so that the time says nothing.
  const bool has_nul = password.contains('\0');
  const std::string hashed = crypt_with(password.substr(0, std::min(password.size(), password_bytes_max)), std::string(hash));
  return !hashed.empty() && !has_nul && equal_in_constant_time(hashed, hash);
}

}  // namespace sr::bcrypt
