// Keys given out: as they are, or wrapped for an RSA key that is here too.
#include <charconv>
#include "base/concat.h"
#include "crypto/pem.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "engines/transit/wrapping.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

enum class What : std::uint8_t { encryption_key, signing_key, hmac_key, public_key, certificate_chain };

std::optional<What> parse_what(std::string_view text) {
  if (text == "encryption-key") return What::encryption_key;
  if (text == "signing-key") return What::signing_key;
  if (text == "hmac-key") return What::hmac_key;
  if (text == "public-key") return What::public_key;
  if (text == "certificate-chain") return What::certificate_chain;
  return std::nullopt;
}

Secret in_base64(std::string_view bytes) {
  Buffer text;
  base64::encode(text, bytes);
  return Secret(text);
}

// Of all but RSA keys Vault takes the line break at the end away.
Secret trimmed(Secret pem, const KeyTypeInfo& info) {
  return info.is_rsa() ? std::move(pem) : Secret(pem.reveal().substr(0, pem.size() - 1));
}

Result<Secret> print_raw(const Secret& key, std::string_view format) {
  if (format == "der" || format == "pem") return invalid("unknown format for HMAC key; supported values are `` or `raw`");
  return in_base64(key.reveal());
}

std::unexpected<Error> no_raw_form(const KeyTypeInfo& info) {
  return invalid(concat("unknown key format for ", info.is_rsa() ? "rsa" : "ec", " key; supported values are ``, `der`, or `pem`"));
}

// The version's private half; empty when it has none.
Result<Secret> print_private(const KeyTypeInfo& info, const Version& version, std::string_view format) {
  if (format == "raw" && !info.is_ed25519()) return no_raw_form(info);
  if (!version.has_private()) return Secret();
  if (info.is_ed25519() && (format.empty() || format == "raw")) return in_base64(version.key.reveal());
  const KeyPair pair = TRY(info.is_ed25519() ? KeyPair::ed25519_from_seed(version.key.reveal().substr(0, 32)) : KeyPair::parse_private(version.key.reveal(), KeyPair::Check::no));
  if (format == "der") return in_base64(pair.print_private().reveal());
  if (format == "pem") return trimmed(print_secret_pem("PRIVATE KEY", pair.print_private()), info);
  return trimmed(print_secret_pem(info.is_rsa() ? "RSA PRIVATE KEY" : "EC PRIVATE KEY", pair.print_traditional()), info);
}

Result<Secret> print_public(const KeyTypeInfo& info, const Version& version, std::string_view format) {
  if (format == "raw" && !info.is_ed25519()) return no_raw_form(info);
  if (info.is_ed25519() && (format.empty() || format == "raw"))
    return in_base64(TRY(KeyPair::parse_public(version.public_key, KeyPair::Check::no)).ed25519_public());
  if (format == "der") return in_base64(version.public_key);
  return trimmed(Secret(print_pem("PUBLIC KEY", version.public_key)), info);
}

Result<Secret> print_chain(const Version& version) {
  if (version.certificates.empty()) return invalid("selected key version does not have a certificate chain imported");
  std::string chain;
  for (const auto& certificate : version.certificates) chain += print_pem("CERTIFICATE", certificate);
  chain.pop_back();
  return Secret(chain);
}

Result<Secret> print(const Key& key, const Material& material, What what, std::string_view format) {
  const KeyTypeInfo& info = key.info();
  const Version& version = material.version;
  switch (what) {
    case What::hmac_key: return print_raw(material.hmac_key(key), format);
    case What::encryption_key: return info.aead ? print_raw(version.key, format) : print_private(info, version, format);
    case What::signing_key: return print_private(info, version, format);
    case What::certificate_chain: return print_chain(version);
    case What::public_key: break;
  }
  if (info.pair) return print_public(info, version, format);
  return invalid(concat("unknown key type ", info.name, " for export type public-key"));
}

// The versions that are asked for: one, or all that are in use.
Result<std::vector<VersionNumber>> wanted_versions(const Key& key, std::string_view wanted) {
  const VersionNumber first = std::max(key.decryption_min, key.first_kept());
  std::vector<VersionNumber> numbers;
  if (wanted.empty()) {
    for (VersionNumber number = first; number <= key.latest; ++number) numbers.push_back(number);
    return numbers;
  }
  if (wanted == "latest") return std::vector{key.latest};
  if (wanted.starts_with('v')) wanted.remove_prefix(1);
  VersionNumber number = 0;
  const auto end = wanted.data() + wanted.size();
  if (const auto parsed = std::from_chars(wanted.data(), end, number); parsed.ec != std::errc{} || parsed.ptr != end) return invalid("invalid key version");
  if (number < key.decryption_min) return invalid("version for export is below minimum decryption version");
  if (number > key.latest) return invalid("version does not exist or cannot be found");
  return std::vector{number};
}

json::Object answer(const OpenKey& key, const json::Object& keys) { return json::Object().set("keys", keys).set("name", key.name()).set("type", key.info().name); }

Result<void> check_purpose(const KeyTypeInfo& info, What what) {
  if (what == What::encryption_key && !info.encrypts()) return invalid("encryption not supported for the key");
  if (what == What::signing_key && !info.signs()) return invalid("signing not supported for the key");
  if (what == What::certificate_chain && !info.signs()) return invalid("certificate chain not supported for keys that do not support signing");
  return {};
}

}  // namespace

Result<Reply> Transit::export_key(Call& call) {
  const auto what = parse_what(call[field::export_type]);
  if (!what) return invalid(concat("invalid export type: ", call[field::export_type]));
  const auto format = call[field::format];
  if (!format.empty() && format != "raw" && format != "der" && format != "pem") return invalid(concat("invalid format: ", format));
  auto key = TRY(open(call, call[field::name]));
  if (!key) return Reply::empty();
  if (!key->settings().exportable && *what != What::public_key && *what != What::certificate_chain) return invalid("private key material is not exportable");
  if (key->settings().soft_deleted) return invalid(std::string(soft_deleted));
  TRY(check_purpose(key->info(), *what));
  json::Object keys;
  for (const VersionNumber number : TRY(wanted_versions(key->settings(), call[field::export_version])))
    keys.put(std::to_string(number), TRY(print(key->settings(), *TRY(key->version(number)), *what, format)).reveal());
  return Reply::data(answer(*key, keys));
}

Result<Reply> Transit::export_wrapped(Call& call) {
  OpenKey destination = TRY(open(call, field::destination, "no such destination key to export to"));
  if (destination.settings().soft_deleted) return invalid(concat("for destination key: ", soft_deleted));
  OpenKey source = TRY(open(call, field::source, "no such source key for export"));
  if (!source.settings().exportable) return invalid("key is not exportable");
  if (source.settings().soft_deleted) return invalid(concat("for source key: ", soft_deleted));
  const auto numbers = TRY(wanted_versions(source.settings(), call[field::export_version]));
  const DigestKind hash = TRY(parse_oaep_hash(call[field::hash]));
  if (!destination.info().signs()) return invalid(concat("message signing not supported for key type ", destination.info().name));
  if (!destination.info().is_rsa()) return invalid("unsupported key type in use; must be a rsa key");
  const Material* wrapping = TRY(destination.version(destination.settings().latest));
  json::Object keys;
  for (const VersionNumber number : numbers) {
    const Material* material = TRY(source.version(number));
    if (!material->version.has_private()) return invalid(concat("key version ", std::to_string(number), " has no private part"));
    // Ed25519 in its standard form; what is derived keeps all that it derives from.
    const Secret der = source.info().is_ed25519() ? TRY(KeyPair::ed25519_from_seed(material->version.key.reveal().substr(0, 32))).print_private() : material->version.key.copy();
    keys.put(std::to_string(number), TRY(wrap_key(*wrapping->pair, hash, der, call.host().random())));
  }
  return Reply::data(answer(source, keys));
}

}  // namespace sr::transit
