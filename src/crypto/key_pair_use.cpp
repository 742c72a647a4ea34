// What keys do: sign and verify, encrypt and decrypt, agree.
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include "base/limits.h"
#include "crypto/key_pair_state.h"

namespace sr {
namespace {

using openssl::bytes;
using openssl::refusal;

struct Free {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;
using EcdsaNumbers = std::unique_ptr<ECDSA_SIG, Free>;

Context context_of(const KeyPair::State& state) {
  Context context(EVP_PKEY_CTX_new(state.key.get(), nullptr));
  SR_ASSERT(context != nullptr);
  return context;
}
bool is_curve(KeyAlgorithm algorithm) { return algorithm != KeyAlgorithm::ed25519 && algorithm != KeyAlgorithm::rsa; }

EVP_PKEY_CTX* new_curve_context(const KeyPair::State& state, int (*init)(EVP_PKEY_CTX*)) {
  auto context = context_of(state);
  SR_ASSERT(init(context.get()) == 1);
  return context.release();
}

// The settings of one RSA signature, made or checked.
bool set_padding(EVP_PKEY_CTX* context, int padding, std::optional<DigestKind> hash, int salt) {
  if (EVP_PKEY_CTX_set_rsa_padding(context, padding) != 1) return false;
  if (hash && EVP_PKEY_CTX_set_signature_md(context, openssl::algorithm(*hash)) != 1) return false;
  return padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, salt) == 1;
}
int salt_of(std::optional<std::size_t> salt, int otherwise) { return salt && *salt <= limits::rsa_bits / 8 ? static_cast<int>(*salt) : otherwise; }

Result<std::string> sign_rsa(const KeyPair::State& state, int padding, std::optional<DigestKind> hash, int salt, std::string_view digest) {
  SR_ASSERT(state.is_private && state.algorithm == KeyAlgorithm::rsa);
  const auto context = context_of(state);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(state.key.get())), '\0');
  std::size_t size = signature.size();
  if (EVP_PKEY_sign_init(context.get()) != 1 || !set_padding(context.get(), padding, hash, salt) ||
      EVP_PKEY_sign(context.get(), bytes(signature.data()), &size, bytes(digest), digest.size()) != 1)
    return refusal("the key cannot sign this");
  signature.resize(size);
  return signature;
}

bool verify_rsa(const KeyPair::State& state, int padding, std::optional<DigestKind> hash, int salt, std::string_view digest, std::string_view signature) {
  SR_ASSERT(state.algorithm == KeyAlgorithm::rsa);
  const auto context = context_of(state);
  const bool genuine = EVP_PKEY_verify_init(context.get()) == 1 && set_padding(context.get(), padding, hash, salt) &&
                       EVP_PKEY_verify(context.get(), bytes(signature), signature.size(), bytes(digest), digest.size()) == 1;
  ERR_clear_error();
  return genuine;
}

EcdsaNumbers parse_ecdsa(std::string_view der, std::size_t* used = nullptr) {
  if (der.size() > limits::key_bytes) return nullptr;
  const unsigned char* at = bytes(der);
  EcdsaNumbers numbers(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!numbers) ERR_clear_error();
  if (used) *used = static_cast<std::size_t>(at - bytes(der));
  return numbers;
}

}  // namespace

// ---- AWS-LC -----------------------------------------------------------------------------------------------------------------
namespace {

// The private number at the length of the curve's order; of Ed25519 the seed. Empty: OpenSSL does not hand it out.
Secret private_number(const KeyPair::State& state) {
  const std::size_t size = state.algorithm == KeyAlgorithm::ed25519 ? openssl::ed25519_seed_size : (static_cast<std::size_t>(EVP_PKEY_get_bits(state.key.get())) + 7) / 8;
  Secret number = Secret::of_size(size);
  if (state.algorithm == KeyAlgorithm::ed25519) return openssl::ed25519_seed(state.key.get(), number) ? std::move(number) : Secret("");
  BIGNUM* value = nullptr;
  const bool is_there = EVP_PKEY_get_bn_param(state.key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &value) == 1 && BN_bn2binpad(value, bytes(number.data()), static_cast<int>(size)) >= 0;
  BN_clear_free(value);
  return is_there ? std::move(number) : Secret("");
}

aws_lc::Curve quick_curve(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256: return aws_lc::Curve::p256;
    case KeyAlgorithm::ecdsa_p384: return aws_lc::Curve::p384;
    case KeyAlgorithm::ecdsa_p521: return aws_lc::Curve::p521;
    case KeyAlgorithm::ed25519:
    case KeyAlgorithm::rsa: break;
  }
  SR_ASSERT(algorithm == KeyAlgorithm::ed25519);
  return aws_lc::Curve::ed25519;
}

std::string sign_quickly(const aws_lc::Signer& signer, std::string_view text) {
  std::array<char, aws_lc::signature_room> signature;
  const std::size_t size = sr_aws_lc_sign(&signer, bytes(signature.data()), bytes(text), text.size());
  SR_ASSERT(size > 0);
  return std::string(signature.data(), size);
}

}  // namespace

const aws_lc::Signer* KeyPair::State::quick_signer() const {
  std::call_once(quick_signer_made_, [this] {
    const Secret number = private_number(*this);
    quick_signer_.reset(sr_aws_lc_signer(quick_curve(algorithm), bytes(number.reveal()), number.size()));
    ERR_clear_error();
  });
  return quick_signer_.get();
}

// ---- curves ---------------------------------------------------------------------------------------------------------------
std::string KeyPair::sign_ecdsa(std::string_view digest) const {
  SR_ASSERT(state_->is_private && is_curve(state_->algorithm));
  if (const auto* quick = state_->quick_signer()) return sign_quickly(*quick, digest);
  const decltype(state_->signers)::Lease lease(state_->signers, [&] { return new_curve_context(*state_, EVP_PKEY_sign_init); });
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(state_->key.get())), '\0');
  std::size_t size = signature.size();
  SR_ASSERT(EVP_PKEY_sign(lease.get(), bytes(signature.data()), &size, bytes(digest), digest.size()) == 1);
  signature.resize(size);
  return signature;
}

bool KeyPair::verify_ecdsa(std::string_view digest, std::string_view signature) const {
  SR_ASSERT(is_curve(state_->algorithm));
  const decltype(state_->verifiers)::Lease lease(state_->verifiers, [&] { return new_curve_context(*state_, EVP_PKEY_verify_init); });
  const bool genuine = EVP_PKEY_verify(lease.get(), bytes(signature), signature.size(), bytes(digest), digest.size()) == 1;
  if (!genuine) ERR_clear_error();
  return genuine;
}

Result<std::string> ecdsa_to_fixed(std::string_view der, std::size_t number_size) {
  const auto numbers = parse_ecdsa(der);
  std::string fixed(2 * number_size, '\0');
  if (!numbers || BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), bytes(fixed.data()), static_cast<int>(number_size)) < 0 ||
      BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), bytes(fixed.data() + number_size), static_cast<int>(number_size)) < 0)
    return refusal("no such signature");
  return fixed;
}

std::string ecdsa_from_fixed(std::string_view fixed) {
  if (fixed.size() > limits::key_bytes) return {};
  const EcdsaNumbers numbers(ECDSA_SIG_new());
  const auto half = static_cast<int>(fixed.size() / 2);
  BIGNUM* r = BN_bin2bn(bytes(fixed), half, nullptr);
  BIGNUM* s = BN_bin2bn(bytes(fixed) + half, static_cast<int>(fixed.size()) - half, nullptr);
  SR_ASSERT(numbers && r && s && ECDSA_SIG_set0(numbers.get(), r, s) == 1);
  return openssl::print_der<std::string>(static_cast<const ECDSA_SIG*>(numbers.get()), i2d_ECDSA_SIG);
}

DerSignature inspect_ecdsa(std::string_view der) {
  std::size_t used = 0;
  if (!parse_ecdsa(der, &used)) return DerSignature::invalid;
  return used == der.size() ? DerSignature::fine : DerSignature::has_extra_data;
}

Result<Secret> KeyPair::agree(const KeyPair& peer) const {
  SR_ASSERT(state_->is_private && is_curve(state_->algorithm));
  if (peer.algorithm() != algorithm()) return fail(Code::invalid, "the keys are on two curves");
  const auto context = context_of(*state_);
  std::size_t size = 0;
  if (EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), peer.state_->key.get()) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1)
    return refusal("the keys cannot agree");
  Secret agreed = Secret::of_size(size);
  if (EVP_PKEY_derive(context.get(), bytes(agreed.data()), &size) != 1 || size != agreed.size()) return refusal("the keys cannot agree");
  return agreed;
}

// ---- Ed25519 ----------------------------------------------------------------------------------------------------------------
namespace {
EVP_MD_CTX* new_message_context(const KeyPair::State& state, int (*init)(EVP_MD_CTX*, EVP_PKEY_CTX**, const EVP_MD*, ENGINE*, EVP_PKEY*)) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  SR_ASSERT(context != nullptr && init(context, nullptr, nullptr, nullptr, state.key.get()) == 1);
  return context;
}
}  // namespace

std::string KeyPair::sign_ed25519(std::string_view message) const {
  SR_ASSERT(state_->is_private && state_->algorithm == KeyAlgorithm::ed25519);
  if (const auto* quick = state_->quick_signer()) return sign_quickly(*quick, message);
  const decltype(state_->message_signers)::Lease lease(state_->message_signers, [&] { return new_message_context(*state_, EVP_DigestSignInit); });
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  SR_ASSERT(EVP_DigestSign(lease.get(), bytes(signature.data()), &size, bytes(message), message.size()) == 1 && size == signature.size());
  return signature;
}

bool KeyPair::verify_ed25519(std::string_view message, std::string_view signature) const {
  SR_ASSERT(state_->algorithm == KeyAlgorithm::ed25519);
  const decltype(state_->message_verifiers)::Lease lease(state_->message_verifiers, [&] { return new_message_context(*state_, EVP_DigestVerifyInit); });
  const bool genuine = EVP_DigestVerify(lease.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
  if (!genuine) ERR_clear_error();
  return genuine;
}

// ---- RSA --------------------------------------------------------------------------------------------------------------------
Result<std::string> KeyPair::sign_pss(DigestKind hash, std::string_view digest, std::optional<std::size_t> salt) const {
  return sign_rsa(*state_, RSA_PKCS1_PSS_PADDING, hash, salt_of(salt, RSA_PSS_SALTLEN_MAX), digest);
}
Result<std::string> KeyPair::sign_pkcs1(std::optional<DigestKind> hash, std::string_view digest) const {
  return sign_rsa(*state_, RSA_PKCS1_PADDING, hash, 0, digest);
}
bool KeyPair::verify_pss(DigestKind hash, std::string_view digest, std::optional<std::size_t> salt, std::string_view signature) const {
  return verify_rsa(*state_, RSA_PKCS1_PSS_PADDING, hash, salt_of(salt, RSA_PSS_SALTLEN_AUTO), digest, signature);
}
bool KeyPair::verify_pkcs1(std::optional<DigestKind> hash, std::string_view digest, std::string_view signature) const {
  return verify_rsa(*state_, RSA_PKCS1_PADDING, hash, 0, digest, signature);
}

namespace {
bool set_oaep(EVP_PKEY_CTX* context, DigestKind hash) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_oaep_md(context, openssl::algorithm(hash)) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, openssl::algorithm(hash)) == 1;
}
}  // namespace

Result<std::string> KeyPair::encrypt_oaep(DigestKind hash, std::string_view plain) const {
  SR_ASSERT(state_->algorithm == KeyAlgorithm::rsa);
  const auto context = context_of(*state_);
  std::string sealed(static_cast<std::size_t>(EVP_PKEY_get_size(state_->key.get())), '\0');
  std::size_t size = sealed.size();
  if (EVP_PKEY_encrypt_init(context.get()) != 1 || !set_oaep(context.get(), hash) ||
      EVP_PKEY_encrypt(context.get(), bytes(sealed.data()), &size, bytes(plain), plain.size()) != 1)
    return refusal("message too long for RSA key size");
  sealed.resize(size);
  return sealed;
}

// One text for all that is wrong with it: an oracle about the padding would open the message.
Result<Secret> KeyPair::decrypt_oaep(DigestKind hash, std::string_view sealed) const {
  SR_ASSERT(state_->is_private && state_->algorithm == KeyAlgorithm::rsa);
  const auto context = context_of(*state_);
  Secret plain = Secret::of_size(static_cast<std::size_t>(EVP_PKEY_get_size(state_->key.get())));
  std::size_t size = plain.size();
  if (sealed.size() != plain.size() || EVP_PKEY_decrypt_init(context.get()) != 1 || !set_oaep(context.get(), hash) ||
      EVP_PKEY_decrypt(context.get(), bytes(plain.data()), &size, bytes(sealed), sealed.size()) != 1)
    return refusal("decryption error");
  return Secret(plain.reveal().substr(0, size));
}

}  // namespace sr
