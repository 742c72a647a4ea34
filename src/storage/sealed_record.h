// How everything sealed looks at rest, as in Vault: the term of the key as four bytes, big end first; the version 0x02; a
// nonce of twelve bytes; ciphertext and tag of AES-256-GCM. The additional data is the name of the place where it lies, so
// that two records cannot change places. Pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"

namespace sr {

struct SealedRecord {
  std::uint32_t term = 0;  // 0: no key of the keyring but one above it
  Aes256Gcm::Nonce nonce{};
  std::string_view cipher_text{};  // and tag; borrowed

  static constexpr std::size_t header_size = 4 + 1 + Aes256Gcm::nonce_size;
  static constexpr std::size_t overhead = header_size + Aes256Gcm::tag_size;

  // Refuses what is too short or of another version; `place` is for the message.
  static Result<SealedRecord> parse(std::string_view place, std::string_view bytes);

  // Code::internal, with the place and nothing of what lies there, when it is not what was sealed there.
  Result<Secret> open(const Aes256Gcm& key, std::string_view place) const;
};

std::string seal_record(const Aes256Gcm& key, std::uint32_t term, std::string_view place, std::string_view plain, Random& random);

}  // namespace sr
