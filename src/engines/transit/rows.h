// What a transit mount stores, and how it is found again.
#pragma once
#include "engines/transit/key_type.h"
#include "logical/call.h"
#include "storage/record.h"

namespace sr::transit {

using VersionNumber = std::int64_t;  // from 1

enum class Kdf : std::uint8_t { counter, hkdf };  // OpenBao's numbers; new keys have hkdf

struct Occasion {  // of a backup, of a restore
  Time time{};
  VersionNumber version = 0;

  template <class Archive> void fields(Archive& archive) {
    archive(1, time);
    archive(2, version);
  }
};

struct Key {
  std::string id{};                          // names its versions; a key that takes the name of one that was deleted has another
  KeyType type{};
  bool derived = false, convergent = false;
  Kdf kdf = Kdf::hkdf;
  std::int64_t convergent_version = 0;       // -1: each version says it
  std::int64_t size = 0;                     // bytes, of an hmac key
  bool exportable = false, plaintext_backup = false, deletion_allowed = false;
  bool imported = false, imported_may_rotate = false;
  bool soft_deleted = false;
  VersionNumber latest = 0;
  VersionNumber decryption_min = 1;          // older ones are kept, and are of no use
  VersionNumber encryption_min = 0;          // 0: any
  VersionNumber available_min = 0;           // older ones are gone for good; 0: none is
  Time latest_created{};
  Seconds rotation_period{};                 // 0: never by itself
  std::optional<Time> rotates_at{};          // the row in the index
  std::optional<Occasion> backup{}, restore{};

  const KeyTypeInfo& info() const { return info_of(type); }
  VersionNumber first_kept() const { return std::max<VersionNumber>(available_min, 1); }
  template <class Archive> void fields(Archive& archive) {
    archive(1, id);
    archive(2, type);
    archive(3, derived);
    archive(4, convergent);
    archive(5, kdf);
    archive(6, convergent_version);
    archive(7, size);
    archive(8, exportable);
    archive(9, plaintext_backup);
    archive(10, deletion_allowed);
    archive(11, imported);
    archive(12, imported_may_rotate);
    archive(13, soft_deleted);
    archive(14, latest);
    archive(15, decryption_min);
    archive(16, encryption_min);
    archive(17, available_min);
    archive(18, latest_created);
    archive(19, rotation_period);
    archive(20, rotates_at);
    archive(21, backup);
    archive(22, restore);
  }
};

struct Version {
  Time created{};
  Secret key{};                              // symmetric and hmac: as it is; ed25519: seed and public key; others: PKCS #8. Empty: a public key alone
  std::string public_key{};                  // SubjectPublicKeyInfo, of asymmetric keys
  Secret hmac_key{};
  std::int64_t convergent_version = 0;       // 0: the key says it
  Strings certificates{};                    // DER, the leaf first

  bool has_private() const { return !key.empty(); }
  template <class Archive> void fields(Archive& archive) {
    archive(1, created);
    archive(2, key);
    archive(3, public_key);
    archive(4, hmac_key);
    archive(5, convergent_version);
    archive(6, certificates);
  }
};

struct Leftover {                            // versions [first, end) that are to go
  VersionNumber first = 0, end = 0;

  template <class Archive> void fields(Archive& archive) {
    archive(1, first);
    archive(2, end);
  }
};

struct WrappingKey {
  Secret key{};                              // PKCS #8, RSA-4096

  template <class Archive> void fields(Archive& archive) { archive(1, key); }
};

struct KeysConfig {
  bool disable_upsert = false;

  template <class Archive> void fields(Archive& archive) { archive(1, disable_upsert); }
};

struct CacheConfig {
  std::int64_t size = 0;

  template <class Archive> void fields(Archive& archive) { archive(1, size); }
};

template <class T> Result<std::optional<T>> load_row(View& rows, std::string_view name) {
  const auto row = TRY(rows.get(name));
  if (!row) return std::nullopt;
  return TRY(load_record<T>(row->value));
}

inline constexpr std::string_view keys_folder = "key/", rotations_folder = "rotate/", leftovers_folder = "leftover/";
inline constexpr std::string_view wrapping_key_row = "wrapping_key", keys_config_row = "config/keys", cache_config_row = "config/cache";

bool is_key_name(std::string_view name);  // by Vault's grammar
Result<std::string_view> check_name(std::string_view name);  // of a path: any other is one that there is not

std::string key_row(std::string_view name);
Result<std::optional<Key>> load_key(View& rows, std::string_view name);
// Also keeps the index of rotations true.
Result<void> store_key(View& rows, std::string_view name, Key& key);
// Removes the key with all its versions, of which a job may remove the last ones.
// The versions that go: as many as one request may remove, or all by the next look of the job.
enum class Removal : std::uint8_t { at_once, by_job };
Result<void> remove_key(View& rows, std::string_view name, const Key& key, Removal = Removal::at_once);

std::string version_row(std::string_view id, VersionNumber number);
Result<std::optional<Version>> load_version(View& rows, const Key& key, VersionNumber number);
Result<void> store_version(View& rows, const Key& key, VersionNumber number, const Version& version);
// Of versions [first, end), as many as one request may; the job takes the rest.
Result<void> drop_versions(View& rows, std::string_view id, VersionNumber first, VersionNumber end, Removal = Removal::at_once);

// A part of what has become due: rotations, and versions that are to go. False when nothing was.
Result<bool> upkeep(View rows, const Host& host);

}  // namespace sr::transit
