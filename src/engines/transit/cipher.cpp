#include "engines/transit/cipher.h"
#include <charconv>
#include "base/concat.h"
#include "crypto/hmac.h"
#include "engines/transit/engine.h"
#include "text/base64.h"

namespace sr::transit {
namespace {

constexpr std::int64_t convergent_version_min = 3;

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

std::unexpected<Error> too_old_to_converge(std::int64_t version) {
  return invalid(concat("refusing to support decryption with old convergent encryption key: version ", std::to_string(version)));
}

Result<std::string_view> decode_associated(Buffer& to, std::string_view text) {
  to.clear();
  if (const auto decoded = base64::decode_as_go(to, text); !decoded)
    return invalid(concat("unable to get associated_data/additional_data from factory[0]: ", decoded.error().message));
  return to.view();
}

// As Go's ciphers say it.
std::unexpected<Error> forged(AeadKind kind) {
  const bool is_gcm = kind == AeadKind::aes_128_gcm || kind == AeadKind::aes_256_gcm;
  return invalid(concat(is_gcm ? "cipher" : "chacha20poly1305", ": message authentication failed"));
}

}  // namespace

std::string_view Nonces::take(std::size_t size) {
  constexpr std::size_t bytes_at_once = 4096;
  if (drawn_.size() - used_ < size) {
    drawn_ = random_bytes(random_, std::clamp(expected_ * size, size, bytes_at_once));
    used_ = 0;
  }
  expected_ = std::max<std::size_t>(expected_, 2) - 1;
  return std::string_view(drawn_).substr(std::exchange(used_, used_ + size), size);
}

Result<void> leave_loop_if_slow(Call& call, const Key& key, Amount amount) {
  const bool is_slow = key.info().is_rsa() || key.type == KeyType::ecdsa_p384 || key.type == KeyType::ecdsa_p521;
  if (!is_slow && (amount == Amount::one || (key.info().aead && !key.derived))) return {};
  return call.storage().transaction().need_lane("this much arithmetic needs a lane");
}

Result<Prefixed> split_prefix(std::string_view text, std::string_view kind) {
  constexpr std::string_view prefix = "vault:v";
  if (!text.starts_with(prefix)) return invalid(concat("invalid ", kind, ": no prefix"));
  text.remove_prefix(prefix.size());
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return invalid(concat("invalid ", kind, ": wrong number of fields"));
  std::string_view digits = text.substr(0, colon);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  VersionNumber number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc{} || end != digits.data() + digits.size() || (digits.size() < colon && number < 0)) return invalid(concat("invalid ", kind, ": version number could not be decoded"));
  return Prefixed{number, text.substr(colon + 1)};
}

// ---- encrypting ---------------------------------------------------------------------------------------------------------------
Result<void> Encryptor::operator()(Buffer& out, const Input& input) {
  const Key& key = key_.settings();
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  if (!key.info().encrypts()) return invalid(concat("message encryption not supported for key type ", key.info().name));
  const VersionNumber number = version_of(input.key_version);
  if (number < 0) return invalid("requested version for encryption is negative");
  if (number > key.latest) return invalid("requested version for encryption is higher than the latest key version");
  if (number < key.encryption_min) return invalid("requested version for encryption is less than the minimum encryption key version");

  if (key.derived) {
    const auto* derived = TRY(key_.derive(number, input.context));
    const auto convergent = key_.convergent_version(*TRY(key_.version(number)));
    if (key.convergent && convergent < convergent_version_min) return too_old_to_converge(convergent);
    TRY(seal(*derived->aead, derived->nonce_key.reveal(), input));
  } else if (const Material* material = TRY(key_.version(number)); material->aead) {
    TRY(seal(*material->aead, {}, input));
  } else {
    auto sealed = material->pair->encrypt_oaep(DigestKind::sha2_256, input.plain);
    if (!sealed) return invalid(concat("failed to RSA encrypt the plaintext: crypto/rsa: ", sealed.error().message));
    sealed_ = Buffer(*sealed);
  }
  out += "vault:v";
  out.append_number(number) += ':';
  base64::encode(out, sealed_);
  return {};
}

// A convergent key's nonce is an HMAC of the plaintext, under a key that the associated data have a part in: equal plaintexts with equal data are
// equal ciphertexts, and no two others share a nonce.
Result<void> Encryptor::seal(const Aead& aead, std::string_view nonce_key, const Input& input) {
  const auto associated = TRY(decode_associated(associated_, input.associated));
  const std::size_t nonce_size = Aead::nonce_size(aead.kind());
  sealed_.clear();
  if (nonce_key.empty()) sealed_ += nonces_.take(nonce_size);
  else if (associated.empty()) sealed_ += as_text(HmacSha256(nonce_key)(input.plain)).substr(0, nonce_size);
  else sealed_ += as_text(HmacSha256(as_text(HmacSha256(nonce_key)(associated)))(input.plain)).substr(0, nonce_size);
  char* to = sealed_.extend(input.plain.size() + Aead::tag_size);
  aead.seal_to(to, sealed_.view().substr(0, nonce_size), associated, input.plain);
  return {};
}

// ---- decrypting ---------------------------------------------------------------------------------------------------------------
Result<std::string_view> Decryptor::operator()(const Input& input) {
  const Key& key = key_.settings();
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  if (!key.info().encrypts()) return invalid(concat("message decryption not supported for key type ", key.info().name));
  auto [number, text] = TRY(split_prefix(input.ciphertext, "ciphertext"));
  if (number == 0) number = 1;  // Vault's first keys were numbered from 0
  if (number > key.latest) return invalid("invalid ciphertext: version is too new");
  if (number < key.decryption_min) return invalid("ciphertext or signature version is disallowed by policy (too old)");
  const Material* material = TRY(key_.version(number));
  if (const auto convergent = key_.convergent_version(*material); key.convergent && convergent < convergent_version_min) return too_old_to_converge(convergent);
  sealed_.clear();
  if (!base64::decode_as_go(sealed_, text)) return invalid("invalid ciphertext: could not decode base64");

  if (key.derived) return open(*TRY(key_.derive(number, input.context))->aead, sealed_, input.associated);
  if (material->aead) return open(*material->aead, sealed_, input.associated);
  if (!material->version.has_private()) return invalid("cannot decrypt ciphertext, key version does not have a private counterpart");
  auto plain = material->pair->decrypt_oaep(DigestKind::sha2_256, sealed_);
  if (!plain) return invalid(concat("failed to RSA decrypt the ciphertext: crypto/rsa: ", plain.error().message));
  plain_ = Buffer(plain->reveal());
  return plain_.view();
}

Result<std::string_view> Decryptor::open(const Aead& aead, std::string_view sealed, std::string_view associated_text) {
  const auto associated = TRY(decode_associated(associated_, associated_text));
  const std::size_t nonce_size = Aead::nonce_size(aead.kind());
  if (sealed.size() < nonce_size) return invalid("invalid ciphertext length");
  if (sealed.size() < nonce_size + Aead::tag_size) return forged(aead.kind());
  plain_.clear();
  char* to = plain_.extend(sealed.size() - nonce_size - Aead::tag_size);
  if (!aead.open_to(to, sealed.substr(0, nonce_size), associated, sealed.substr(nonce_size))) return forged(aead.kind());
  return plain_.view();
}

}  // namespace sr::transit
