// A key as one request uses it: its settings, and its versions as they are asked for.
#pragma once
#include <map>
#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "engines/transit/rows.h"
#include "storage/revision_cache.h"

namespace sr::transit {

// A version, ready for use. Constant and shared.
struct Material {
  Version version{};
  std::optional<Aead> aead{};                // of a symmetric key that is not derived
  std::optional<KeyPair> pair{};             // of an asymmetric key that is not derived

  const Secret& hmac_key(const Key& key) const { return key.type == KeyType::hmac ? version.key : version.hmac_key; }
};

// What is kept of a mount's rows.
struct KeyCache {
  static constexpr std::size_t entries_max = 4096;
  RevisionCache<Key> keys{entries_max};
  RevisionCache<Material> materials{entries_max};

  void close() { keys.close(), materials.close(); }
};

Result<Material> make_material(const Key& key, Version version);

class OpenKey {
 public:
  // Nothing when there is no key of that name.
  static Result<std::optional<OpenKey>> load(Call& call, KeyCache& cache, std::string_view name);

  std::string_view name() const { return name_; }
  Key& settings() { return key_; }
  const Key& settings() const { return key_; }
  const KeyTypeInfo& info() const { return key_.info(); }

  // "no such key version" when it is not there, or older than the key is used for.
  Result<const Material*> version(VersionNumber number);
  Result<std::optional<Version>> stored(VersionNumber number) { return load_version(call_->storage(), key_, number); }
  std::int64_t convergent_version(const Material& material) const;

  // ---- keys for one context each; Vault's words when there is none ------------------------------------------------------------
  struct Derived {
    std::optional<Aead> aead{};
    Secret nonce_key{};                      // of convergent keys
    std::optional<KeyPair> pair{};           // of ed25519
  };
  Result<const Derived*> derive(VersionNumber number, std::string_view context);

 private:
  OpenKey(Call& call, KeyCache& cache, std::string_view name, Key key) : call_(&call), cache_(&cache), name_(name), key_(std::move(key)) {}

  Call* call_;
  KeyCache* cache_;
  std::string name_;
  Key key_;
  std::map<VersionNumber, std::shared_ptr<const Material>> versions_{};
  struct Last {                              // a batch has mostly one context, or one for each item
    VersionNumber number = 0;
    std::string context{};
    Derived derived{};
  };
  std::unique_ptr<Last> last_{};
};

}  // namespace sr::transit
