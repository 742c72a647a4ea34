#include "engines/transit/signature.h"
#include <charconv>
#include "base/concat.h"
#include "engines/transit/cipher.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "text/base64.h"
#include "text/lower.h"

namespace sr::transit {
namespace {

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

std::optional<DigestKind> parse_hash(std::string_view name) { return name == "sha1" ? DigestKind::sha1 : parse_digest_name(name); }

// "auto", "hash", or a number, of which 0 and -1 mean these two.
Result<void> read_salt(SignatureOptions& options, std::string_view given) {
  const std::string text = to_lower(given);
  std::int64_t number = 0;
  if (text == "hash") {
    number = -1;
  } else if (text != "auto") {
    const std::string_view digits = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (problem != std::errc{} || end != digits.data() + digits.size()) return invalid(concat("salt length neither 'auto', 'hash', nor an int: ", given));
    if (number < -1) return invalid(concat("salt length is invalid: ", text));
  }
  options.salt_size = number;
  options.salt = number == -1 ? SignatureOptions::Salt::as_hash : number == 0 ? SignatureOptions::Salt::longest : SignatureOptions::Salt::given;
  return {};
}

std::size_t number_size(const KeyTypeInfo& info) { return info.type == KeyType::ecdsa_p256 ? 32 : info.type == KeyType::ecdsa_p384 ? 48 : 66; }

Result<std::optional<std::size_t>> salt_for(const KeyTypeInfo& info, const SignatureOptions& options) {
  using Salt = SignatureOptions::Salt;
  const std::size_t hash_size = options.hash ? digest_size(*options.hash) : 0;
  const auto longest = static_cast<std::int64_t>(info.rsa_bits / 8 - 2 - hash_size);
  if (options.salt_size > longest) return invalid(concat("requested salt length ", std::to_string(options.salt_size), " is invalid"));
  if (options.salt == Salt::longest) return std::nullopt;
  return options.salt == Salt::as_hash ? hash_size : static_cast<std::size_t>(options.salt_size);
}

Result<SignatureOptions::Scheme> scheme_of(const SignatureOptions& options) {
  if (options.scheme.empty() || options.scheme == "pss") return SignatureOptions::Scheme::pss;
  if (options.scheme == "pkcs1v15") return SignatureOptions::Scheme::pkcs1;
  return invalid(concat("unsupported rsa signature algorithm ", options.scheme));
}

// As Go's crypto/rsa says it, which has other words for each scheme.
Result<void> check_digest(const SignatureOptions& options, std::string_view digest, std::string_view complaint) {
  if (!options.hash || digest.size() == digest_size(*options.hash)) return {};
  return invalid(concat("crypto/rsa: input must be hashed ", complaint));
}

Result<std::string> sign_rsa(const KeyTypeInfo& info, const KeyPair& pair, const SignatureOptions& options, std::string_view digest) {
  if (TRY(scheme_of(options)) == SignatureOptions::Scheme::pss) {
    const auto salt = TRY(salt_for(info, options));
    TRY(check_digest(options, digest, "with given hash"));
    return pair.sign_pss(options.hash.value_or(DigestKind::sha2_256), digest, salt);
  }
  TRY(check_digest(options, digest, "message"));
  auto signature = pair.sign_pkcs1(options.hash, digest);
  if (!signature) return invalid("crypto/rsa: message too long for RSA key size");
  return signature;
}

Result<bool> verify_rsa(const KeyTypeInfo& info, const KeyPair& pair, const SignatureOptions& options, std::string_view digest, std::string_view signature) {
  if (TRY(scheme_of(options)) == SignatureOptions::Scheme::pss) {
    const auto salt = TRY(salt_for(info, options));
    return pair.verify_pss(options.hash.value_or(DigestKind::sha2_256), digest, salt, signature);
  }
  return pair.verify_pkcs1(options.hash, digest, signature);
}

Result<bool> verify_ecdsa(const KeyPair& pair, const SignatureOptions& options, std::string_view digest, std::string_view signature) {
  if (options.is_jws) return pair.verify_ecdsa(digest, ecdsa_from_fixed(signature));
  switch (inspect_ecdsa(signature)) {
    case DerSignature::invalid: return invalid("supplied signature is invalid");
    case DerSignature::has_extra_data: return invalid("supplied signature contains extra data");
    case DerSignature::fine: break;
  }
  return pair.verify_ecdsa(digest, signature);
}

base64::Form form_of(const SignatureOptions& options) { return options.is_jws ? base64::Form::url_raw : base64::Form::standard; }

}  // namespace

Result<DigestKind> read_hmac_algorithm(const Call& call) {
  const auto name = !call[field::urlalgorithm].empty() ? call[field::urlalgorithm] : !call[field::hash_algorithm].empty() ? call[field::hash_algorithm] : call[field::algorithm];
  const auto hash = parse_hash(name);
  if (!hash) return invalid(concat("invalid hash algorithm \"", name, "\""));
  return *hash;
}

Result<SignatureOptions> read_signature_options(const Call& call) {
  SignatureOptions options{.is_hashed = call[field::prehashed], .scheme = std::string(call[field::signature_algorithm])};
  const auto name = !call[field::urlalgorithm].empty() ? call[field::urlalgorithm] : !call[field::hash_algorithm].empty() ? call[field::hash_algorithm] : call[field::algorithm];
  options.hash = parse_hash(name);
  if (!options.hash && name != "none") return invalid(concat("invalid hash algorithm \"", name, "\""));
  const auto marshaling = call[field::marshaling_algorithm];
  if (marshaling != "asn1" && marshaling != "jws") return invalid(concat("invalid marshaling type \"", marshaling, "\""));
  options.is_jws = marshaling == "jws";
  TRY(read_salt(options, call[field::salt_length]));
  return options;
}

Result<void> check_signer(const KeyTypeInfo& info, const SignatureOptions& options, std::string_view what) {
  if (!info.signs()) return invalid(concat("key type ", info.name, " does not support ", what));
  if (!options.hash && (!options.is_hashed || options.scheme != "pkcs1v15")) return invalid("hash_algorithm=none requires both prehashed=true and signature_algorithm=pkcs1v15");
  return {};
}

Buffer prepare_input(const KeyTypeInfo& info, const SignatureOptions& options, Buffer input) {
  if (!info.hashes_first() || options.is_hashed || !options.hash) return input;
  return Buffer(digest(*options.hash, input));
}

Result<Signature> make_signature(OpenKey& open_key, const SignatureOptions& options, VersionNumber number, std::string_view context, std::string_view prepared) {
  const Key& key = open_key.settings();
  const KeyTypeInfo& info = key.info();
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  if (number == 0) number = key.latest;
  if (number < 0) return invalid("requested version for signing is negative");
  if (number > key.latest) return invalid("requested version for signing is higher than the latest key version");
  if (key.encryption_min > 0 && number < key.encryption_min) return invalid("requested version for signing is less than the minimum encryption key version");
  const Material* material = TRY(open_key.version(number));
  if (!material->version.has_private()) return invalid("requested version for signing does not contain a private part");

  Signature signature;
  std::string bytes;
  if (info.is_ecdsa()) {
    bytes = material->pair->sign_ecdsa(prepared);
    if (options.is_jws) bytes = TRY(ecdsa_to_fixed(bytes, number_size(info)));
  } else if (info.is_rsa()) {
    bytes = TRY(sign_rsa(info, *material->pair, options, prepared));
  } else if (key.derived) {
    const auto derived = open_key.derive(number, context);
    if (!derived) return invalid(concat("error deriving key: ", derived.error().message));
    bytes = (*derived)->pair->sign_ed25519(prepared);
    signature.derived_key = base64::encode((*derived)->pair->ed25519_public());
  } else {
    bytes = material->pair->sign_ed25519(prepared);
  }
  signature.text = concat("vault:v", std::to_string(number), ":", base64::encode(bytes, form_of(options)));
  return signature;
}

Result<bool> check_signature(OpenKey& open_key, const SignatureOptions& options, std::string_view context, std::string_view prepared, std::string_view signature) {
  const Key& key = open_key.settings();
  const KeyTypeInfo& info = key.info();
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  const auto [number, text] = TRY(split_prefix(signature, "signature"));
  if (number > key.latest) return invalid("invalid signature: version is too new");
  if (number < key.decryption_min) return invalid("ciphertext or signature version is disallowed by policy (too old)");
  const auto bytes = base64::decode_as_go(text, form_of(options));
  if (!bytes) return invalid("invalid base64 signature value");
  const Material* material = TRY(open_key.version(number));
  if (info.is_ecdsa()) return verify_ecdsa(*material->pair, options, prepared, *bytes);
  if (info.is_rsa()) return verify_rsa(info, *material->pair, options, prepared, *bytes);
  if (!key.derived) return material->pair->verify_ed25519(prepared, *bytes);
  const auto derived = open_key.derive(number, context);
  if (!derived) return invalid(concat("error deriving key: ", derived.error().message));
  return (*derived)->pair->verify_ed25519(prepared, *bytes);
}

}  // namespace sr::transit
