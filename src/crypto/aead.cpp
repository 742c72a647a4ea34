#include "crypto/aead.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <climits>
#include <span>
#include "base/assert.h"
#include "crypto/aws_lc.h"
#include "crypto/context_pool.h"

namespace sr {
namespace {

// A fetch takes locks and searches the providers; the result never changes.
const EVP_CIPHER* fetch(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  SR_ASSERT(cipher != nullptr);
  return cipher;
}
const EVP_CIPHER* cipher_of(AeadKind kind) {
  static const EVP_CIPHER* const ciphers[] = {fetch("AES-128-GCM"), fetch("AES-256-GCM"), fetch("ChaCha20-Poly1305")};
  return ciphers[kind == AeadKind::aes_128_gcm ? 0 : kind == AeadKind::aes_256_gcm ? 1 : 2];
}

aws_lc::Cipher quick_cipher(AeadKind kind) {
  switch (kind) {
    case AeadKind::aes_128_gcm: return aws_lc::Cipher::aes_128_gcm;
    case AeadKind::aes_256_gcm: return aws_lc::Cipher::aes_256_gcm;
    case AeadKind::chacha20_poly1305: return aws_lc::Cipher::chacha20_poly1305;
    case AeadKind::xchacha20_poly1305: break;
  }
  return aws_lc::Cipher::xchacha20_poly1305;
}

using Pool = ContextPool<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;  // freeing one wipes its key schedule

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

int length(std::string_view text) {
  SR_ASSERT(text.size() <= INT_MAX - Aead::tag_size);
  return static_cast<int>(text.size());
}

// HChaCha20: the key that XChaCha20 uses under the first 16 bytes of its nonce. It is a ChaCha20 block without the addition of what went
// in at the end, of which the first and the last row are kept. OpenSSL has the block with that addition, so it is taken back.
Secret hchacha20(std::string_view key, std::string_view nonce) {
  static const EVP_CIPHER* const stream = fetch("ChaCha20");
  constexpr std::string_view constants = "expand 32-byte k";
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  Secret block = Secret::of_size(64);  // zeros, which the key stream is added to
  int written = 0;
  SR_ASSERT(context && EVP_EncryptInit_ex(context.get(), stream, nullptr, bytes(key), bytes(nonce)) == 1);  // OpenSSL's nonce is the whole last row
  SR_ASSERT(EVP_EncryptUpdate(context.get(), bytes(block.data()), &written, bytes(block.data()), 64) == 1 && written == 64);
  const auto subtract_row = [](char* row, std::string_view added) {
    for (int word = 0; word < 4; ++word) {
      std::uint32_t sum = 0, part = 0;
      for (int byte = 3; byte >= 0; --byte) {
        sum = sum << 8 | static_cast<unsigned char>(row[4 * word + byte]);
        part = part << 8 | static_cast<unsigned char>(added[static_cast<std::size_t>(4 * word + byte)]);
      }
      sum -= part;
      for (int byte = 0; byte < 4; ++byte) row[4 * word + byte] = static_cast<char>(sum >> 8 * byte);
    }
  };
  subtract_row(block.data(), constants);
  subtract_row(block.data() + 48, nonce.substr(0, 16));
  Secret derived = Secret::of_size(32);
  std::memcpy(derived.data(), block.data(), 16);
  std::memcpy(derived.data() + 16, block.data() + 48, 16);
  return derived;
}

}  // namespace

struct Aead::State {
  State(AeadKind kind_, std::string_view text)
      : kind(kind_), key(text), quick(sr_aws_lc_sealer(quick_cipher(kind), bytes(text), text.size())) {}

  // A context under this key and nonce. (Contexts serve both directions: neither way schedules the key anew.)
  class Lease {
   public:
    Lease(State& state, std::string_view nonce, bool encrypts) : lease_(state.idle, [&] {
        auto* context = EVP_CIPHER_CTX_new();
        SR_ASSERT(context != nullptr);
        SR_ASSERT(EVP_EncryptInit_ex(context, cipher_of(state.kind), nullptr, bytes(state.key.reveal()), nullptr) == 1);
        return context;
      }) {
      if (state.kind != AeadKind::xchacha20_poly1305) {
        SR_ASSERT(EVP_CipherInit_ex(get(), nullptr, nullptr, nullptr, bytes(nonce), encrypts) == 1);
        return;
      }
      const Secret derived = hchacha20(state.key.reveal(), nonce);
      std::array<char, 12> rest{};
      std::memcpy(rest.data() + 4, nonce.data() + 16, 8);
      SR_ASSERT(EVP_CipherInit_ex(get(), nullptr, nullptr, bytes(derived.reveal()), bytes(rest.data()), encrypts) == 1);
    }
    EVP_CIPHER_CTX* get() const { return lease_.get(); }

   private:
    Pool::Lease lease_;
  };

  const AeadKind kind;
  const Secret key;
  const aws_lc::SealerHandle quick;  // null: OpenSSL does it
  Pool idle;
};

Aead::Aead(AeadKind kind, std::string_view key) {
  SR_ASSERT(key.size() == key_size(kind));
  state_ = std::make_unique<State>(kind, key);
}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

AeadKind Aead::kind() const { return state_->kind; }

void Aead::seal_to(char* out, std::string_view nonce, std::string_view aad, std::string_view plain) const {
  const int aad_length = length(aad), plain_length = length(plain);
  SR_ASSERT(nonce.size() == nonce_size(kind()));
  if (state_->quick) {
    SR_ASSERT(sr_aws_lc_seal(state_->quick.get(), bytes(out), bytes(nonce), nonce.size(), bytes(plain), plain.size(), bytes(aad), aad.size()));
    return;
  }
  const State::Lease lease(*state_, nonce, true);
  auto* context = lease.get();
  auto* cipher_text = bytes(out);
  int written = 0;
  if (!aad.empty()) SR_ASSERT(EVP_EncryptUpdate(context, nullptr, &written, bytes(aad), aad_length) == 1);
  if (!plain.empty()) SR_ASSERT(EVP_EncryptUpdate(context, cipher_text, &written, bytes(plain), plain_length) == 1 && written == plain_length);
  SR_ASSERT(EVP_EncryptFinal_ex(context, cipher_text + plain.size(), &written) == 1 && written == 0);
  SR_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, cipher_text + plain.size()) == 1);
}

Result<void> Aead::open_to(char* out, std::string_view nonce, std::string_view aad, std::string_view sealed) const {
  auto forged = [] { return fail(Code::invalid, "message authentication failed"); };
  if (sealed.size() < tag_size) return forged();
  SR_ASSERT(nonce.size() == nonce_size(kind()));
  if (state_->quick) {
    if (sr_aws_lc_open(state_->quick.get(), bytes(out), bytes(nonce), nonce.size(), bytes(sealed), sealed.size(), bytes(aad), aad.size())) return {};
    wipe(out, sealed.size() - tag_size);
    return forged();
  }
  const std::string_view cipher_text = sealed.substr(0, sealed.size() - tag_size);
  const int aad_length = length(aad), cipher_length = length(cipher_text);
  std::array<unsigned char, tag_size> tag;
  std::memcpy(tag.data(), sealed.data() + cipher_text.size(), tag_size);

  const State::Lease lease(*state_, nonce, false);
  auto* context = lease.get();
  unsigned char rest[tag_size];  // these leave nothing for it, but OpenSSL wants a place
  int written = 0;
  if (!aad.empty()) SR_ASSERT(EVP_DecryptUpdate(context, nullptr, &written, bytes(aad), aad_length) == 1);
  if (!cipher_text.empty())
    SR_ASSERT(EVP_DecryptUpdate(context, bytes(out), &written, bytes(cipher_text), cipher_length) == 1 && written == cipher_length);
  SR_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context, rest, &written) != 1) {
    ERR_clear_error();  // this thread's next TLS call would take it for its own
    wipe(out, cipher_text.size());
    return forged();
  }
  return {};
}

void Aes256Gcm::seal(Buffer& out, const Nonce& nonce, std::string_view aad, std::string_view plain) const {
  seal_to(out.extend(plain.size() + tag_size), nonce, aad, plain);
}
void Aes256Gcm::seal_to(char* out, const Nonce& nonce, std::string_view aad, std::string_view plain) const {
  key_.seal_to(out, {reinterpret_cast<const char*>(nonce.data()), nonce.size()}, aad, plain);
}
Result<Secret> Aes256Gcm::open(const Nonce& nonce, std::string_view aad, std::string_view sealed) const {
  Secret plain = Secret::of_size(sealed.size() < tag_size ? 0 : sealed.size() - tag_size);
  TRY(key_.open_to(plain.data(), {reinterpret_cast<const char*>(nonce.data()), nonce.size()}, aad, sealed));
  return plain;
}

Aes256Gcm::Nonce random_nonce(Random& random) {
  Aes256Gcm::Nonce nonce;
  random.fill(std::as_writable_bytes(std::span(nonce)));
  return nonce;
}

}  // namespace sr
