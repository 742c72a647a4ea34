// The handlers of a transit mount, by resource. What they may be asked is in transit.cpp.
#pragma once
#include "engines/transit/open_key.h"
#include "logical/spec.h"

namespace sr::transit {

class Transit final : public Engine {
 public:
  // keys.cpp
  Result<Reply> list_keys(Call& call);
  Result<Reply> create_key(Call& call);
  Result<Reply> read_key(Call& call);
  Result<Reply> delete_key(Call& call);
  Result<Reply> soft_delete(Call& call);
  Result<Reply> soft_restore(Call& call);
  Result<Reply> rotate(Call& call);
  Result<Reply> trim(Call& call);

  // settings.cpp
  Result<Reply> configure_key(Call& call);
  Result<Reply> read_keys_config(Call& call);
  Result<Reply> write_keys_config(Call& call);
  Result<Reply> read_cache_config(Call& call);
  Result<Reply> write_cache_config(Call& call);

  // encrypt.cpp, decrypt.cpp
  Result<bool> key_exists(Call& call);
  Result<Reply> encrypt(Call& call);
  Result<Reply> rewrap(Call& call);
  Result<Reply> make_data_key(Call& call);
  Result<Reply> decrypt(Call& call);

  // sign.cpp, hmac.cpp
  Result<Reply> sign(Call& call);
  Result<Reply> verify(Call& call);
  Result<Reply> make_hmac(Call& call);
  Result<Reply> draw_random(Call& call);
  Result<Reply> hash(Call& call);

  // export.cpp, backup.cpp
  Result<Reply> export_key(Call& call);
  Result<Reply> export_wrapped(Call& call);
  Result<Reply> back_up(Call& call);
  Result<Reply> restore(Call& call);

  // import.cpp
  Result<Reply> read_wrapping_key(Call& call);
  Result<Reply> import_key(Call& call);
  Result<Reply> import_version(Call& call);
  Result<Reply> derive_key(Call& call);

  // certificates.cpp
  Result<Reply> request_certificate(Call& call);
  Result<Reply> set_certificate(Call& call);

  void forget() override { cache_.close(); }

 private:
  Result<std::optional<OpenKey>> open(Call& call, std::string_view name) { return OpenKey::load(call, cache_, name); }
  // Of the call's own name; `missing` is what is said when there is none.
  Result<OpenKey> open(Call& call, const TextField& name, std::string_view missing);

  // Versions [first, end) are about to be removed.
  void forget_versions(const Key& key, VersionNumber first, VersionNumber end) {
    for (VersionNumber number = std::max(first, end - static_cast<VersionNumber>(KeyCache::entries_max)); number < end; ++number)
      cache_.materials.forget(version_row(key.id, number));
  }

  KeyCache cache_;
};

constexpr std::string_view soft_deleted = "refusing to use soft-deleted key";

}  // namespace sr::transit
