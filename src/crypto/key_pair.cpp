// Keys as they are made, read and printed.
#include "crypto/key_pair.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <malloc.h>
#include "base/limits.h"
#include "crypto/key_pair_state.h"

namespace sr {

std::unexpected<Error> openssl::refusal(std::string why) {
  ERR_clear_error();
  return fail(Code::invalid, std::move(why));
}

bool openssl::ed25519_seed(const EVP_PKEY* key, Secret& seed) {
  std::size_t size = 0;
  return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PRIV_KEY, bytes(seed.data()), seed.size(), &size) == 1 && size == seed.size();
}

namespace {

using openssl::bytes;
using openssl::ed25519_seed_size;
using openssl::refusal;

// What OpenSSL frees is wiped. By itself it leaves copies of keys behind: reading PKCS #8, for one, it prints all of it once more, into a block that it
// frees as it is. Larger than any key are the buffers of TLS, which come and go with each request.
constexpr std::size_t wiped_most = limits::key_bytes + 64;  // and what malloc adds
void* take_block(std::size_t size, const char*, int) { return size == 0 ? nullptr : std::malloc(size); }
void free_block(void* block, const char*, int) {
  if (!block) return;
  const std::size_t size = ::malloc_usable_size(block);
  if (size <= wiped_most) wipe(block, size);
  std::free(block);
}
void* resize_block(void* block, std::size_t size, const char* file, int line) {
  const std::size_t before = block ? ::malloc_usable_size(block) : 0;
  if (block && size > 0 && size <= before) return block;
  void* other = take_block(size, file, line);
  if (other && block) std::memcpy(other, block, before);
  if (other || size == 0) free_block(block, file, line);
  return other;
}
// Before main, since it is refused once OpenSSL has taken its first block.
[[maybe_unused]] const int wipes = CRYPTO_set_mem_functions(take_block, resize_block, free_block);

struct Free {
  void operator()(PKCS8_PRIV_KEY_INFO* info) const { PKCS8_PRIV_KEY_INFO_free(info); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(X509_PUBKEY* key) const { X509_PUBKEY_free(key); }
  void operator()(ASN1_OBJECT* object) const { ASN1_OBJECT_free(object); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

std::optional<KeyAlgorithm> algorithm_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS: return KeyAlgorithm::rsa;
    case EVP_PKEY_ED25519: return KeyAlgorithm::ed25519;
    case EVP_PKEY_EC: break;
    default: return std::nullopt;
  }
  char name[64] = "";
  if (EVP_PKEY_get_group_name(key, name, sizeof name, nullptr) != 1) return std::nullopt;
  switch (OBJ_txt2nid(name)) {
    case NID_X9_62_prime256v1: return KeyAlgorithm::ecdsa_p256;
    case NID_secp384r1: return KeyAlgorithm::ecdsa_p384;
    case NID_secp521r1: return KeyAlgorithm::ecdsa_p521;
    default: return std::nullopt;
  }
}

// RFC 8410's key in the structure of RFC 5915, as NSS and some others write it: the algorithm is that of curves, the curve is
// Ed25519, and the private key an ECPrivateKey whose first octet string is the seed.
std::optional<Secret> seed_in_a_curves_clothes(const PKCS8_PRIV_KEY_INFO* info) {
  const ASN1_OBJECT* algorithm = nullptr;
  const unsigned char* text = nullptr;
  int size = 0;
  const X509_ALGOR* parameters = nullptr;
  if (PKCS8_pkey_get0(&algorithm, &text, &size, &parameters, info) != 1 || OBJ_obj2nid(algorithm) != NID_X9_62_id_ecPublicKey) return std::nullopt;
  const void* curve = nullptr;
  int type = 0;
  X509_ALGOR_get0(nullptr, &type, &curve, parameters);
  if (type != V_ASN1_OBJECT) return std::nullopt;
  const std::unique_ptr<ASN1_OBJECT, Free> nss(OBJ_txt2obj("1.3.6.1.4.1.11591.15.1", 1));
  if (OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(curve)) != NID_ED25519 && OBJ_cmp(static_cast<const ASN1_OBJECT*>(curve), nss.get()) != 0) return std::nullopt;
  // SEQUENCE { INTEGER 1, OCTET STRING (32) ... }
  constexpr std::string_view start("\x02\x01\x01\x04\x20", 5);
  const std::string_view inner(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  if (inner.size() < 2 + start.size() + ed25519_seed_size || inner[0] != 0x30 || static_cast<unsigned char>(inner[1]) > 0x7f || inner.substr(2, start.size()) != start) return std::nullopt;
  return Secret(inner.substr(2 + start.size(), ed25519_seed_size));
}

bool is_sound(EVP_PKEY* key, bool is_private) {
  const Context context(EVP_PKEY_CTX_new(key, nullptr));
  SR_ASSERT(context != nullptr);
  return (is_private ? EVP_PKEY_check(context.get()) : EVP_PKEY_public_check(context.get())) == 1;
}

}  // namespace

KeyPair::KeyPair(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyPair::KeyPair(KeyPair&&) noexcept = default;
KeyPair& KeyPair::operator=(KeyPair&&) noexcept = default;
KeyPair::~KeyPair() = default;

KeyPair KeyPair::generate(KeyAlgorithm algorithm, unsigned rsa_bits) {
  KeyHandle key;
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p256: key.reset(EVP_EC_gen("P-256")); break;
    case KeyAlgorithm::ecdsa_p384: key.reset(EVP_EC_gen("P-384")); break;
    case KeyAlgorithm::ecdsa_p521: key.reset(EVP_EC_gen("P-521")); break;
    case KeyAlgorithm::ed25519: key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")); break;
    case KeyAlgorithm::rsa: key.reset(EVP_RSA_gen(rsa_bits)); break;
  }
  SR_ASSERT(key != nullptr);
  auto state = std::make_unique<State>();
  state->key = std::move(key), state->algorithm = algorithm, state->is_private = true;
  return KeyPair(std::move(state));
}

// Owns `key` from here on.
Result<KeyPair> KeyPair::adopt(void* given, Check check) {
  auto state = std::make_unique<State>();
  state->key.reset(static_cast<EVP_PKEY*>(given));
  const auto algorithm = state->key ? algorithm_of(state->key.get()) : std::nullopt;
  if (!algorithm) return refusal("a key of no known algorithm or curve");
  state->algorithm = *algorithm;
  BIGNUM* number = nullptr;
  Secret seed = Secret::of_size(ed25519_seed_size);
  if (*algorithm == KeyAlgorithm::ed25519) state->is_private = openssl::ed25519_seed(state->key.get(), seed);
  else state->is_private = EVP_PKEY_get_bn_param(state->key.get(), *algorithm == KeyAlgorithm::rsa ? "d" : "priv", &number) == 1;
  BN_clear_free(number);
  ERR_clear_error();
  const int bits = EVP_PKEY_get_bits(state->key.get());
  if (*algorithm == KeyAlgorithm::rsa && (bits < 1024 || bits > static_cast<int>(limits::rsa_bits))) return refusal("an rsa key of this size is not supported");
  if (check == Check::yes && *algorithm != KeyAlgorithm::ed25519 && !is_sound(state->key.get(), state->is_private)) return refusal("the numbers of the key do not fit together");
  return KeyPair(std::move(state));
}

Result<KeyPair> KeyPair::parse_private(std::string_view der, Check check) {
  if (der.empty() || der.size() > limits::key_bytes) return fail(Code::invalid, "a private key of this size is not supported");
  const unsigned char* at = bytes(der);
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free> info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != bytes(der) + der.size()) return refusal("no PKCS #8 private key");
  if (const auto seed = seed_in_a_curves_clothes(info.get())) return ed25519_from_seed(seed->reveal());

  const ASN1_OBJECT* algorithm = nullptr;
  const unsigned char* text = nullptr;
  int size = 0;
  if (PKCS8_pkey_get0(&algorithm, &text, &size, nullptr, info.get()) != 1) return refusal("no PKCS #8 private key");
  // A key that is marked for PSS alone has the numbers of any other, and here it serves as any other.
  if (OBJ_obj2nid(algorithm) == NID_rsassaPss) return adopt(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &text, size), check);
  return adopt(EVP_PKCS82PKEY(info.get()), check);
}

Result<KeyPair> KeyPair::parse_public(std::string_view der, Check check) {
  if (der.empty() || der.size() > limits::key_bytes) return fail(Code::invalid, "a public key of this size is not supported");
  const unsigned char* at = bytes(der);
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  if (key && at != bytes(der) + der.size()) {
    EVP_PKEY_free(key);
    key = nullptr;
  }
  return adopt(key, check);
}

Result<KeyPair> KeyPair::ed25519_from_seed(std::string_view seed) {
  if (seed.size() != ed25519_seed_size) return fail(Code::invalid, "an ed25519 seed has 32 bytes");
  return adopt(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(seed), seed.size()), Check::no);
}

KeyAlgorithm KeyPair::algorithm() const { return state_->algorithm; }
std::size_t KeyPair::bits() const {
  if (state_->algorithm == KeyAlgorithm::ecdsa_p521) return 521;
  return static_cast<std::size_t>(EVP_PKEY_get_bits(state_->key.get()));
}
bool KeyPair::is_private() const { return state_->is_private; }
bool KeyPair::has_public_key_of(const KeyPair& other) const {
  return state_->algorithm == other.state_->algorithm && EVP_PKEY_eq(state_->key.get(), other.state_->key.get()) == 1;
}

Secret KeyPair::print_private() const {
  SR_ASSERT(state_->is_private);
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free> info(EVP_PKEY2PKCS8(state_->key.get()));
  SR_ASSERT(info != nullptr);
  return openssl::print_der<Secret>(info.get(), i2d_PKCS8_PRIV_KEY_INFO);
}
Secret KeyPair::print_traditional() const {
  SR_ASSERT(state_->is_private && state_->algorithm != KeyAlgorithm::ed25519);
  return openssl::print_der<Secret>(static_cast<const EVP_PKEY*>(state_->key.get()), i2d_PrivateKey);
}
std::string KeyPair::print_public() const { return openssl::print_der<std::string>(static_cast<const EVP_PKEY*>(state_->key.get()), i2d_PUBKEY); }

std::string KeyPair::ed25519_public() const {
  std::string raw(32, '\0');
  std::size_t size = raw.size();
  SR_ASSERT(EVP_PKEY_get_raw_public_key(state_->key.get(), bytes(raw.data()), &size) == 1 && size == raw.size());
  return raw;
}

}  // namespace sr
