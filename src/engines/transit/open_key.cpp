#include "engines/transit/open_key.h"

namespace sr::transit {

Result<Material> make_material(const Key& key, Version version) {
  Material material{.version = std::move(version)};
  const KeyTypeInfo& info = key.info();
  const Secret& bytes = material.version.key;
  if (key.derived || info.type == KeyType::hmac) return material;
  if (info.aead) {
    if (bytes.size() != Aead::key_size(*info.aead)) return fail(Code::internal, "a stored key has a wrong size");
    material.aead.emplace(*info.aead, bytes.reveal());
  } else if (bytes.empty()) {
    material.pair = TRY(KeyPair::parse_public(material.version.public_key, KeyPair::Check::no));
  } else if (info.is_ed25519()) {
    material.pair = TRY(KeyPair::ed25519_from_seed(bytes.reveal().substr(0, 32)));
  } else {
    material.pair = TRY(KeyPair::parse_private(bytes.reveal(), KeyPair::Check::no));
  }
  return material;
}

Result<std::optional<OpenKey>> OpenKey::load(Call& call, KeyCache& cache, std::string_view name) {
  const auto key = TRY(call.storage().get_made(key_row(TRY(check_name(name))), cache.keys, [](const Secret& row) { return load_record<Key>(row); }));
  if (!key) return std::nullopt;
  return OpenKey(call, cache, name, *key);
}

Result<const Material*> OpenKey::version(VersionNumber number) {
  if (const auto found = versions_.find(number); found != versions_.end()) return found->second.get();
  auto missing = [] { return fail(Code::invalid, "no such key version"); };
  if (number < std::max(key_.decryption_min, key_.first_kept()) || number > key_.latest) return missing();
  const auto make = [&](const Secret& row) -> Result<Material> { return make_material(key_, TRY(load_record<Version>(row))); };
  auto material = TRY(call_->storage().get_made(version_row(key_.id, number), cache_->materials, make));
  if (!material) return missing();
  return versions_.emplace(number, std::move(material)).first->second.get();
}

std::int64_t OpenKey::convergent_version(const Material& material) const {
  if (!key_.convergent) return 0;
  if (material.version.convergent_version != 0) return material.version.convergent_version;
  return key_.convergent_version == 0 ? 1 : key_.convergent_version;
}

Result<const OpenKey::Derived*> OpenKey::derive(VersionNumber number, std::string_view context) {
  if (context.empty())
    return fail(Code::invalid, "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be "
                               "included in order to perform operations with the key");
  if (last_ && last_->number == number && last_->context == context) return &last_->derived;
  const Material* material = TRY(version(number));
  const std::string_view base = material->version.key.reveal();
  // A convergent key needs a second half for its nonces; the first half is the same either way.
  const std::size_t size = info().aead ? Aead::key_size(*info().aead) : 32;
  const bool makes_nonces = convergent_version(*material) > 2;
  const Secret made = key_.kdf == Kdf::counter ? counter_kdf_sha256(base, context) : hkdf_sha256(base, context, size + (makes_nonces ? 32 : 0));
  if (made.size() < size + (makes_nonces ? 32 : 0)) return fail(Code::invalid, "could not derive key, length too small");
  auto last = std::make_unique<Last>(Last{.number = number, .context = std::string(context)});
  if (info().aead) last->derived.aead.emplace(*info().aead, made.reveal().substr(0, size));
  else last->derived.pair = TRY(KeyPair::ed25519_from_seed(made.reveal().substr(0, size)));
  if (makes_nonces) last->derived.nonce_key = Secret(made.reveal().substr(size, 32));
  last_ = std::move(last);
  return &last_->derived;
}

}  // namespace sr::transit
