#include "crypto/ed25519.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <span>
#include "base/assert.h"

namespace sr {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

constexpr std::size_t seed_size = 32;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

struct Ed25519Key::State {
  Secret seed;
  Key key{};
  Ed25519PublicKey public_key{};
};

Ed25519Key::Ed25519Key(Secret seed) : state_(std::make_unique<State>(std::move(seed))) {
  state_->key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(state_->seed.reveal()), state_->seed.size()));
  SR_ASSERT(state_->key != nullptr);
  std::size_t size = state_->public_key.size();
  SR_ASSERT(EVP_PKEY_get_raw_public_key(state_->key.get(), state_->public_key.data(), &size) == 1 && size == state_->public_key.size());
}
Ed25519Key::Ed25519Key(Ed25519Key&&) noexcept = default;
Ed25519Key& Ed25519Key::operator=(Ed25519Key&&) noexcept = default;
Ed25519Key::~Ed25519Key() = default;

Ed25519Key Ed25519Key::generate(Random& random) {
  Secret seed = Secret::of_size(seed_size);
  random.fill(std::as_writable_bytes(std::span(seed.data(), seed.size())));
  return Ed25519Key(std::move(seed));
}

Result<Ed25519Key> Ed25519Key::from_seed(std::string_view seed) {
  if (seed.size() != seed_size) return fail(Code::invalid, "an ed25519 seed has 32 bytes");
  return Ed25519Key(Secret(seed));
}

const Ed25519PublicKey& Ed25519Key::public_key() const { return state_->public_key; }
const Secret& Ed25519Key::seed() const { return state_->seed; }

Ed25519Signature Ed25519Key::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  Ed25519Signature signature;
  std::size_t size = signature.size();
  SR_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, state_->key.get()) == 1);
  SR_ASSERT(EVP_DigestSign(context.get(), signature.data(), &size, bytes(message), message.size()) == 1 && size == signature.size());
  return signature;
}

bool ed25519_verify(const Ed25519PublicKey& key, std::string_view message, std::string_view signature) {
  const Key public_key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Context context(EVP_MD_CTX_new());
  SR_ASSERT(public_key && context);
  SR_ASSERT(EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1);
  const bool genuine = EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message), message.size()) == 1;
  if (!genuine) ERR_clear_error();  // this thread's next TLS call would take it for its own
  return genuine;
}

}  // namespace sr
