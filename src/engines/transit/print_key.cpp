// What clients are told of a key.
#include "crypto/pem.h"
#include "engines/transit/lifecycle.h"
#include "engines/transit/open_key.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

json::Object print_occasion(const Occasion& occasion) {
  return json::Object().set("time", rfc3339(occasion.time)).set("version", occasion.version);
}

std::string print_chain(const Version& version) {
  std::string chain;
  for (const auto& certificate : version.certificates) chain += print_pem("CERTIFICATE", certificate);
  if (!chain.empty()) chain.pop_back();
  return chain;
}

// Ed25519 keys are told raw, others in PEM. Of a derived key the public one is nobody's without a context.
Result<std::string> print_public(OpenKey& key, VersionNumber number, const Version& version, std::string_view context) {
  if (!key.info().is_ed25519()) return print_pem("PUBLIC KEY", version.public_key);
  if (!key.settings().derived) return base64::encode(TRY(KeyPair::parse_public(version.public_key, KeyPair::Check::no)).ed25519_public());
  if (context.empty()) return std::string();
  return base64::encode(TRY(key.derive(number, context))->pair->ed25519_public());
}

// Each version that is in use: when it was made, and of pairs the public half.
Result<void> put_versions(json::Object& to, OpenKey& key, std::string_view context) {
  const KeyTypeInfo& info = key.info();
  if (info.type == KeyType::hmac) return {};
  json::Object versions;
  for (VersionNumber number = std::max(key.settings().decryption_min, key.settings().first_kept()); number <= key.settings().latest; ++number) {
    const auto version = TRY(key.stored(number));
    if (!version) continue;
    if (info.aead) {
      versions.put(std::to_string(number), std::chrono::floor<Seconds>(version->created).time_since_epoch().count());
      continue;
    }
    json::Object shown;
    shown.put("certificate_chain", print_chain(*version)).put("creation_time", rfc3339(version->created)).put("name", info.public_name);
    shown.put("public_key", TRY(print_public(key, number, *version, context)));
    versions.put(std::to_string(number), shown);
  }
  to.put("keys", versions);
  return {};
}

}  // namespace

Result<json::Object> print_key(OpenKey& open, std::string_view context) {
  const Key& key = open.settings();
  const KeyTypeInfo& info = key.info();
  json::Object data;
  data.put("allow_plaintext_backup", key.plaintext_backup).put("auto_rotate_period", key.rotation_period.count());
  if (key.backup) data.put("backup_info", print_occasion(*key.backup));
  data.put("deletion_allowed", key.deletion_allowed).put("derived", key.derived).put("exportable", key.exportable).put("imported_key", key.imported);
  if (key.imported) data.put("imported_key_allow_rotation", key.imported_may_rotate);
  if (key.derived) {
    data.put("kdf", key.kdf == Kdf::hkdf ? "hkdf_sha256" : "hmac-sha256-counter");
    if (key.kdf == Kdf::counter) data.put("kdf_mode", "hmac-sha256-counter");
    data.put("convergent_encryption", key.convergent);
    if (key.convergent) data.put("convergent_encryption_version", key.convergent_version);
  }
  if (key.size != 0) data.put("key_size", key.size);
  data.put("latest_version", key.latest).put("min_available_version", key.available_min).put("min_decryption_version", key.decryption_min);
  data.put("min_encryption_version", key.encryption_min).put("name", open.name());
  if (key.restore) data.put("restore_info", print_occasion(*key.restore));
  data.put("soft_deleted", key.soft_deleted).put("supports_decryption", info.encrypts()).put("supports_derivation", info.derives());
  data.put("supports_encryption", info.encrypts()).put("supports_signing", info.signs()).put("type", info.name);
  TRY(put_versions(data, open, context));
  return data;
}

}  // namespace sr::transit
