// The keys that records are sealed with. New records use the key of the active term; older terms still read. Beside them
// lies the key that hashes names which must not show in a storage key, and which no rotation changes.
//
// A constant value, shared as shared_ptr<const Keyring>: each change makes the next one, which is stored first and
// published afterwards. Keys end, wiped, with the last holder.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/hmac.h"
#include "crypto/key_secret.h"

namespace sr {

class Keyring {
 public:
  // One term and random keys; `root_key` (32 bytes) seals the ring itself.
  static std::shared_ptr<const Keyring> create(KeySecret root_key, Random& random, Time now);

  // The ring as the row at `place`, sealed with the root key, and back. A wrong root key, another place and a damaged row
  // look alike: Code::internal.
  std::string seal(std::string_view place, Random& random) const;
  static Result<std::shared_ptr<const Keyring>> open(KeySecret root_key, std::string_view place, std::string_view sealed);

  // The ring with one term more, which is active. Code::invalid when limits::keyring_terms is reached.
  Result<std::shared_ptr<const Keyring>> rotated(Random& random, Time now) const;
  // The same keys under another root key.
  std::shared_ptr<const Keyring> under(KeySecret root_key) const;

  std::uint32_t active_term() const { return terms_.rbegin()->first; }
  Time active_since() const { return terms_.rbegin()->second->installed; }
  std::size_t terms() const { return terms_.size(); }
  const Aes256Gcm& active_key() const { return terms_.rbegin()->second->cipher; }
  const Aes256Gcm* key_of(std::uint32_t term) const;  // null for an unknown term
  const KeySecret& root_key() const { return *root_key_; }
  std::string root_key_id() const;  // names it and tells nothing of it: 16 hex digits

  // A keyed hash of a name that must not lie in a storage key as it is (token id, accessor, secret id): 40 hex digits,
  // the same for the same `purpose` and `text` as long as the store lives, unrelated for another purpose.
  std::string storage_hmac(std::string_view purpose, std::string_view text) const;

 private:
  struct Term {
    Term(KeySecret secret, Time since) : key(std::move(secret)), cipher(key.reveal()), installed(since) {}
    KeySecret key;
    Aes256Gcm cipher;
    Time installed;
  };
  using Terms = std::map<std::uint32_t, std::shared_ptr<const Term>>;

  Keyring(KeySecret root_key, Terms terms, KeySecret name_key);
  Keyring(std::shared_ptr<const KeySecret> root_key, Terms terms, std::shared_ptr<const KeySecret> name_key);

  std::shared_ptr<const KeySecret> root_key_;
  Terms terms_;  // never empty
  std::shared_ptr<const KeySecret> name_key_;
  HmacSha256 name_hmac_;
};

}  // namespace sr
