// Between the server and a store that is not trusted: every row goes out sealed and comes in verified. The storage key is
// sealed along with the value, so that no row can pass for another.
//
// Shared by all threads. Locked (the server says "sealed") it holds no key, and every call but unlock() is
// Code::sealed "Vault is sealed".
//
// To rotate, keep this order, or records may be lost with a key that was never stored:
//   next = ring->rotated(random, clock.now());   commit next->seal(place, random);   barrier.exchange(next);
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr {

class Keyring;

class Barrier {
 public:
  explicit Barrier(Random& random);  // gives the nonces: the system's, except in tests
  ~Barrier();

  void unlock(std::shared_ptr<const Keyring> keyring);
  // From one ring to the next; false, and nothing done, when it has been locked meanwhile.
  bool exchange(std::shared_ptr<const Keyring> keyring);
  // Afterwards no call is under way and the keys are gone, unless somebody else holds the ring still.
  void lock();
  bool locked() const;
  std::shared_ptr<const Keyring> keyring() const;  // null when locked; to be held for a moment only

  // For the row at `storage_key`.
  Result<std::string> seal(std::string_view storage_key, std::string_view plain) const;
  // Code::internal when the row is not what was sealed there; the message names the key and nothing of the value.
  Result<Secret> open(std::string_view storage_key, std::string_view sealed) const;

  std::uint64_t sealed() const;  // rows since the start of the program

  // Keyring::storage_hmac of the ring.
  Result<std::string> storage_hmac(std::string_view purpose, std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sr
