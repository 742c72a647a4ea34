// Keys that come from outside, and keys that are agreed on with somebody there.
#include "base/concat.h"
#include "crypto/pem.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "engines/transit/lifecycle.h"
#include "engines/transit/wrapping.h"
#include "text/base64.h"
#include "text/lower.h"

namespace sr::transit {
namespace {

constexpr unsigned wrapping_key_bits = 4096;

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

// Made when it is first asked for.
Result<KeyPair> wrapping_key(Call& call) {
  if (const auto stored = TRY(load_row<WrappingKey>(call.storage(), wrapping_key_row))) return KeyPair::parse_private(stored->key.reveal(), KeyPair::Check::no);
  TRY(call.storage().transaction().need_lane("rsa needs a lane"));
  KeyPair made = KeyPair::generate(KeyAlgorithm::rsa, wrapping_key_bits);
  TRY(call.storage().put(wrapping_key_row, store_record(WrappingKey{.key = made.print_private()})));
  return made;
}

// What a client has sent: private when there is a ciphertext, be there a public key beside it or not.
struct Sent {
  bool is_private = false;
  Secret key{};                              // raw, or PKCS #8
  std::string public_key{};                  // SubjectPublicKeyInfo
};
Result<Sent> read_sent(Call& call, const KeyTypeInfo& info) {
  Sent sent{.is_private = call.has(field::wrapped_key)};
  if (!sent.is_private) {
    if (!info.pair) return invalid("provided type does not support public_key import");
    auto blocks = parse_pem(call[field::public_key], 1);
    if (blocks.empty()) return invalid("error importing key: error parsing public key: not in PEM format");
    sent.public_key = std::move(blocks.front().der);
    return sent;
  }
  const DigestKind hash = TRY(parse_oaep_hash(call[field::hash_function]));
  Buffer wrapped;
  TRY(base64::decode_as_go(wrapped, call[field::wrapped_key]));
  if (wrapped.size() > 2 * limits::key_bytes) return invalid("a wrapped key of this size is not supported");
  if (wrapped.size() <= wrapping_key_bits / 8) return invalid("provided ciphertext is too short");
  const auto stored = TRY(load_row<WrappingKey>(call.storage(), wrapping_key_row));
  if (!stored) return invalid("crypto/rsa: decryption error");  // nobody has asked for the key that it would be wrapped for
  sent.key = TRY(unwrap_key(TRY(KeyPair::parse_private(stored->key.reveal(), KeyPair::Check::no)), hash, wrapped));
  return sent;
}

std::string_view go_type_of(const KeyPair& pair) {
  switch (pair.algorithm()) {
    case KeyAlgorithm::rsa: return pair.is_private() ? "*rsa.PrivateKey" : "*rsa.PublicKey";
    case KeyAlgorithm::ed25519: return pair.is_private() ? "ed25519.PrivateKey" : "ed25519.PublicKey";
    default: return pair.is_private() ? "*ecdsa.PrivateKey" : "*ecdsa.PublicKey";
  }
}

Result<void> check_fit(const KeyTypeInfo& info, const KeyPair& pair) {
  const bool is_curve = pair.algorithm() != KeyAlgorithm::rsa && pair.algorithm() != KeyAlgorithm::ed25519;
  if (info.is_rsa() ? pair.algorithm() != KeyAlgorithm::rsa : info.is_ecdsa() ? !is_curve : pair.algorithm() != *info.pair)
    return invalid(concat("invalid key type: expected ", info.name, ", got ", go_type_of(pair)));
  if (info.is_ecdsa() && pair.algorithm() != *info.pair) return invalid(concat("invalid curve: expected ", info.public_name, ", got P-", std::to_string(pair.bits())));
  if (info.is_rsa() && pair.bits() != info.rsa_bits)
    return invalid(concat("invalid key size: expected ", std::to_string(info.rsa_bits / 8), " bytes, got ", std::to_string((pair.bits() + 7) / 8), " bytes"));
  return {};
}

Result<KeyPair> parse_sent(const Sent& sent) {
  auto pair = sent.is_private ? KeyPair::parse_private(sent.key.reveal(), KeyPair::Check::yes) : KeyPair::parse_public(sent.public_key, KeyPair::Check::yes);
  if (!pair) return invalid(concat("error parsing ", sent.is_private ? "asymmetric" : "public", " key: ", pair.error().message));
  return pair;
}

// The halves that a pair brings, as a version keeps them.
void fill(Version& version, const KeyPair& pair) {
  version.public_key = pair.print_public();
  if (!pair.is_private()) return;
  version.key = pair.print_private();
  if (pair.algorithm() != KeyAlgorithm::ed25519) return;
  // RFC 8410: the seed is the end of the structure.
  version.key = seed_and_public(version.key.reveal().substr(version.key.size() - 32), pair);
}

Result<Version> make_version(Call& call, Key& key, const Sent& sent) {
  const KeyTypeInfo& info = key.info();
  Version version{.created = call.now()};
  version.hmac_key = Secret::of_size(32);
  call.host().random().fill(std::as_writable_bytes(std::span(version.hmac_key.data(), version.hmac_key.size())));
  if (info.pair) {
    if (info.is_ed25519() && key.derived && !sent.is_private)
      return invalid("unable to import only public key for derived Ed25519 key: imported key should not be an Ed25519 key pair but is instead an HKDF key");
    const KeyPair pair = TRY(parse_sent(sent));
    TRY(check_fit(info, pair));
    fill(version, pair);
    return version;
  }
  const std::size_t size = sent.key.size();
  const bool fits = info.aead ? size == Aead::key_size(*info.aead) : size >= static_cast<std::size_t>(hmac_key_min) && size <= static_cast<std::size_t>(hmac_key_max);
  if (!fits) return invalid(concat("invalid key size ", std::to_string(size), " bytes for key type ", info.name));
  version.key = sent.key.copy();
  if (info.type == KeyType::hmac) {
    version.hmac_key = sent.key.copy();
    key.size = static_cast<std::int64_t>(size);
  }
  return version;
}

// The private half of a version that has the public one alone.
Result<void> complete_version(Call& call, const Key& key, VersionNumber number, const Sent& sent) {
  auto version = number < std::max(key.decryption_min, key.first_kept()) || number > key.latest ? std::nullopt : TRY(load_version(call.storage(), key, number));
  if (!version) return invalid("no such key version");
  if (!key.info().pair) return invalid("provided type does not support importing key versions");
  if (!version->has_private() && !sent.is_private) return invalid("cannot add a public key to a key version that already has a public key set");
  if (version->has_private()) return invalid("private key imported, key version cannot be updated");
  const KeyPair pair = TRY(parse_sent(sent));
  TRY(check_fit(key.info(), pair));
  if (!pair.has_public_key_of(TRY(KeyPair::parse_public(version->public_key, KeyPair::Check::no)))) return invalid("cannot import key, key pair does not match");
  fill(*version, pair);
  return store_version(call.storage(), key, number, *version);
}

// A new version; or, where the latest one waits for its private half and this is it, that one as a whole.
Result<void> add_sent(Call& call, std::string_view name, Key& key, const Sent& sent) {
  if (key.latest > 0 && sent.is_private && key.info().pair && complete_version(call, key, key.latest, sent)) return {};
  const Version version = TRY(make_version(call, key, sent));
  return sr::transit::add_version(call.storage(), name, key, version);
}

}  // namespace

Result<Reply> Transit::read_wrapping_key(Call& call) {
  const KeyPair key = TRY(wrapping_key(call));
  return Reply::data(json::Object().set("public_key", print_pem("PUBLIC KEY", key.print_public())));
}

Result<Reply> Transit::import_key(Call& call) {
  const auto name = TRY(check_name(call[field::name]));
  if (call.body() && call.body()->find(field::convergent_encryption.name)) return invalid("import cannot be used on keys with convergent encryption enabled");
  if (call[field::auto_rotate_period] > Seconds(0) && !call[field::allow_rotation]) return invalid("allow_rotation must be set to true if auto-rotation is enabled");
  const KeyTypeInfo* info = find_type(to_lower(call[field::type]));
  if (!info) return invalid(concat("unknown key type: ", call[field::type]));
  if (TRY(load_key(call.storage(), name))) return invalid("the import path cannot be used with an existing key; use import-version to rotate an existing imported key");
  TRY(check_derivation(*info, call[field::derived], false));
  Key key = new_key(*info, call.host().random());
  key.derived = call[field::derived], key.exportable = call[field::exportable], key.plaintext_backup = call[field::allow_plaintext_backup];
  key.imported = true, key.imported_may_rotate = call[field::allow_rotation], key.rotation_period = call[field::auto_rotate_period];
  if (key.derived) key.kdf = Kdf::counter;  // Vault's imported keys have the first way of derivation, since nothing says otherwise
  const Sent sent = TRY(read_sent(call, *info));
  if (const auto added = add_sent(call, name, key, sent); !added) return invalid(concat("error importing key: ", added.error().message));
  return Reply::empty();
}

Result<Reply> Transit::import_version(Call& call) {
  OpenKey open_key = TRY(open(call, field::name, concat("no key found with name ", call[field::name], "; to import a new key, use the import/ endpoint")));
  Key& key = open_key.settings();
  if (!key.imported) return invalid("the import_version endpoint can only be used with an imported key");
  if (key.convergent) return invalid("import_version cannot be used on keys with convergent encryption enabled");
  const Sent sent = TRY(read_sent(call, key.info()));
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  if (call.has(field::version)) TRY(complete_version(call, key, call[field::version], sent));
  else TRY(add_sent(call, open_key.name(), key, sent));
  return Reply::empty();
}

// ECDH with a key of ours and somebody's public one; what is agreed on becomes a key here.
Result<Reply> Transit::derive_key(Call& call) {
  const auto name = TRY(check_name(call[field::name]));
  if (call[field::key_derivation_algorithm] != "ecdh") return invalid(concat("key derivation algorithm ", call[field::key_derivation_algorithm], " not supported"));
  if (call[field::peer_public_key].empty()) return invalid("peer public key not provided");
  const KeyTypeInfo* info = find_type(to_lower(call[field::derived_key_type]));
  if (!info || !info->aead) return invalid(concat("unknown key type ", call[field::derived_key_type]));
  if (!is_key_name(call[field::base_key_name])) return invalid("specified base key not found");
  OpenKey base = TRY(open(call, field::base_key_name, "specified base key not found"));
  if (!base.info().agrees()) return invalid(concat("base key type ", base.info().name, " does not support key agreement"));
  if (base.settings().soft_deleted) return invalid(std::string(soft_deleted));
  const VersionNumber wanted = call[field::base_key_version], number = wanted == 0 ? base.settings().latest : wanted;
  if (number < 0) return invalid("requested version of the base key is negative");
  if (number > base.settings().latest) return invalid("requested version of the base key is higher than the latest key version");
  if (number < base.settings().available_min) return invalid("requested version of the base key is less than the minimum available key version");
  const Material* material = TRY(base.version(number));
  if (!material->version.has_private()) return invalid("requested version of the base key does not contain a private part");

  const auto blocks = parse_pem(call[field::peer_public_key], 1);
  const auto peer = blocks.empty() ? fail(Code::invalid, "not in PEM format") : KeyPair::parse_public(blocks.front().der, KeyPair::Check::yes);
  if (!peer) return invalid(concat("failed to parse supplied peer public key PEM: ", peer.error().message));
  if (peer->algorithm() == KeyAlgorithm::rsa || peer->algorithm() == KeyAlgorithm::ed25519) return invalid("supplied peer public key is not an ECDSA key");
  if (peer->algorithm() != material->pair->algorithm()) return invalid(concat("base private key type ", base.info().name, " does not match peer public key curve"));
  const Secret agreed = TRY(material->pair->agree(*peer));

  Key key = TRY(load_key(call.storage(), name)).value_or(new_key(*info, call.host().random()));
  if (key.latest == 0) key.imported = true;
  if (key.type != info->type) return invalid(concat("error importing key: the key is of type ", key.info().name));
  if (key.convergent) return invalid("a key with convergent encryption enabled takes no derived version");
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  const Sent sent{.is_private = true, .key = hkdf_sha256(agreed.reveal(), "", Aead::key_size(*info->aead))};
  if (const auto added = add_sent(call, name, key, sent); !added) return invalid(concat("error importing key: ", added.error().message));
  return Reply::empty();
}

}  // namespace sr::transit
