#include "storage/barrier.h"
#include <pthread.h>
#include <array>
#include <mutex>
#include <shared_mutex>
#include "base/assert.h"
#include "base/metrics.h"
#include "base/thread_slot.h"
#include "storage/keyring.h"
#include "storage/sealed_record.h"

namespace sr {
namespace {

// Readers lock a stripe of their own, which no other core touches; who changes the ring locks them all. So a record costs no
// contended counter, and lock() knows that nobody works with the keys any more: thread-local copies would keep them.
class Stripes {
 public:
  // A std::shared_mutex lets readers pass a waiting writer, for ever if there are enough of them; an order to seal comes first.
  class alignas(64) Stripe {
   public:
    ~Stripe() { pthread_rwlock_destroy(&lock_); }
    void lock() { SR_ASSERT(pthread_rwlock_wrlock(&lock_) == 0); }
    void lock_shared() { SR_ASSERT(pthread_rwlock_rdlock(&lock_) == 0); }
    void unlock() { pthread_rwlock_unlock(&lock_); }
    void unlock_shared() { pthread_rwlock_unlock(&lock_); }

   private:
    pthread_rwlock_t lock_ = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
  };

  std::shared_lock<Stripe> read() { return std::shared_lock(stripes_[thread_slot()]); }
  void lock() {
    for (Stripe& stripe : stripes_) stripe.lock();
  }
  void unlock() {
    for (Stripe& stripe : stripes_) stripe.unlock();
  }

 private:
  std::array<Stripe, thread_slots> stripes_;
};

std::unexpected<Error> is_locked() { return fail(Code::sealed, "Vault is sealed"); }

}  // namespace

struct Barrier::State {
  Random& random;
  Counter sealed{};
  Stripes stripes{};                           // guard keyring
  std::shared_ptr<const Keyring> keyring{};

  void replace(std::shared_ptr<const Keyring> next) {
    std::lock_guard lock(stripes);
    keyring.swap(next);
  }  // the old ring ends here, after the lock
};

Barrier::Barrier(Random& random) : state_(std::make_unique<State>(random)) {}
Barrier::~Barrier() = default;

void Barrier::unlock(std::shared_ptr<const Keyring> keyring) {
  SR_ASSERT(keyring != nullptr);
  state_->replace(std::move(keyring));
}
bool Barrier::exchange(std::shared_ptr<const Keyring> keyring) {
  SR_ASSERT(keyring != nullptr);
  std::lock_guard lock(state_->stripes);
  if (!state_->keyring) return false;
  state_->keyring.swap(keyring);
  return true;
}  // the old ring ends here, behind the lock
std::uint64_t Barrier::sealed() const { return state_->sealed.totals(); }
void Barrier::lock() { state_->replace(nullptr); }

bool Barrier::locked() const {
  const auto reading = state_->stripes.read();
  return state_->keyring == nullptr;
}
std::shared_ptr<const Keyring> Barrier::keyring() const {
  const auto reading = state_->stripes.read();
  return state_->keyring;
}

Result<std::string> Barrier::seal(std::string_view storage_key, std::string_view plain) const {
  const auto reading = state_->stripes.read();
  const Keyring* ring = state_->keyring.get();
  if (!ring) return is_locked();
  state_->sealed.add();
  return seal_record(ring->active_key(), ring->active_term(), storage_key, plain, state_->random);
}

Result<Secret> Barrier::open(std::string_view storage_key, std::string_view sealed) const {
  const auto reading = state_->stripes.read();
  const Keyring* ring = state_->keyring.get();
  if (!ring) return is_locked();
  const SealedRecord record = TRY(SealedRecord::parse(storage_key, sealed));
  const Aes256Gcm* key = ring->key_of(record.term);
  if (!key) return fail(Code::internal, "sealed record at \"" + std::string(storage_key) + "\" has the unknown term " + std::to_string(record.term));
  return record.open(*key, storage_key);
}

Result<std::string> Barrier::storage_hmac(std::string_view purpose, std::string_view text) const {
  const auto reading = state_->stripes.read();
  if (!state_->keyring) return is_locked();
  return state_->keyring->storage_hmac(purpose, text);
}

}  // namespace sr
