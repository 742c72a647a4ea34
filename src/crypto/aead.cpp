#include "crypto/aead.h"
#include <openssl/err.h>
#include <openssl/evp.h>
#include <atomic>
#include <climits>
#include <span>
#include "base/assert.h"
#include "base/thread_slot.h"

namespace sr {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // wipes the key schedule
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// A fetch takes locks and searches the providers; the result never changes.
const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  SR_ASSERT(cipher != nullptr);
  return cipher;
}

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

int length(std::string_view text) {
  SR_ASSERT(text.size() <= INT_MAX - Aes256Gcm::tag_size);
  return static_cast<int>(text.size());
}

}  // namespace

struct Aes256Gcm::State {
  explicit State(std::string_view bytes) : key(bytes) {}
  ~State() {
    for (auto& slot : idle) FreeContext()(slot.context.load());
  }

  // A context for the call that follows; it goes back to its slot afterwards.
  class Lease {
   public:
    explicit Lease(State& state) : slot_(state.idle[thread_slot()].context), context_(slot_.exchange(nullptr, std::memory_order_acquire)) {
      if (context_) return;
      context_.reset(EVP_CIPHER_CTX_new());
      SR_ASSERT(context_ != nullptr);
      SR_ASSERT(EVP_EncryptInit_ex(context_.get(), aes_256_gcm(), nullptr, bytes(state.key.reveal()), nullptr) == 1);
    }
    ~Lease() { Context(slot_.exchange(context_.release(), std::memory_order_acq_rel)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    EVP_CIPHER_CTX* get() const { return context_.get(); }

   private:
    std::atomic<EVP_CIPHER_CTX*>& slot_;
    Context context_;
  };

  struct alignas(64) Slot { std::atomic<EVP_CIPHER_CTX*> context{nullptr}; };  // a cache line each

  Secret key;
  std::array<Slot, thread_slots> idle;
};

Aes256Gcm::Aes256Gcm(std::string_view key) {
  SR_ASSERT(key.size() == key_size);
  state_ = std::make_unique<State>(key);
}
Aes256Gcm::Aes256Gcm(Aes256Gcm&&) noexcept = default;
Aes256Gcm& Aes256Gcm::operator=(Aes256Gcm&&) noexcept = default;
Aes256Gcm::~Aes256Gcm() = default;

void Aes256Gcm::seal(Buffer& out, const Nonce& nonce, std::string_view aad, std::string_view plain) const {
  seal_to(out.extend(plain.size() + tag_size), nonce, aad, plain);
}

void Aes256Gcm::seal_to(char* out, const Nonce& nonce, std::string_view aad, std::string_view plain) const {
  const int aad_length = length(aad), plain_length = length(plain);
  const State::Lease lease(*state_);
  auto* context = lease.get();
  auto* cipher_text = reinterpret_cast<unsigned char*>(out);
  int written = 0;
  SR_ASSERT(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
  if (!aad.empty()) SR_ASSERT(EVP_EncryptUpdate(context, nullptr, &written, bytes(aad), aad_length) == 1);
  if (!plain.empty()) SR_ASSERT(EVP_EncryptUpdate(context, cipher_text, &written, bytes(plain), plain_length) == 1 && written == plain_length);
  SR_ASSERT(EVP_EncryptFinal_ex(context, cipher_text + plain.size(), &written) == 1 && written == 0);
  SR_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_size, cipher_text + plain.size()) == 1);
}

Result<Secret> Aes256Gcm::open(const Nonce& nonce, std::string_view aad, std::string_view sealed) const {
  auto forged = [] { return fail(Code::invalid, "message authentication failed"); };
  if (sealed.size() < tag_size) return forged();
  const std::string_view cipher_text = sealed.substr(0, sealed.size() - tag_size);
  const int aad_length = length(aad), cipher_length = length(cipher_text);
  std::array<unsigned char, tag_size> tag;
  std::memcpy(tag.data(), sealed.data() + cipher_text.size(), tag_size);

  const State::Lease lease(*state_);
  auto* context = lease.get();
  Secret plain = Secret::of_size(cipher_text.size());
  auto* to = reinterpret_cast<unsigned char*>(plain.data());
  unsigned char rest[tag_size];  // GCM leaves nothing for it, but OpenSSL wants a place
  int written = 0;
  SR_ASSERT(EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
  if (!aad.empty()) SR_ASSERT(EVP_DecryptUpdate(context, nullptr, &written, bytes(aad), aad_length) == 1);
  if (!plain.empty()) SR_ASSERT(EVP_DecryptUpdate(context, to, &written, bytes(cipher_text), cipher_length) == 1 && written == cipher_length);
  SR_ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(context, rest, &written) != 1) {
    ERR_clear_error();  // this thread's next TLS call would take it for its own
    return forged();
  }
  return plain;
}

Aes256Gcm::Nonce random_nonce(Random& random) {
  Aes256Gcm::Nonce nonce;
  random.fill(std::as_writable_bytes(std::span(nonce)));
  return nonce;
}

}  // namespace sr
