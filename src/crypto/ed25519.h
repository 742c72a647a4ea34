// Ed25519 signatures (RFC 8032, pure). Keys are shared by threads as they are.
#pragma once
#include <array>
#include <memory>
#include <string_view>
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr {

using Ed25519PublicKey = std::array<unsigned char, 32>;
using Ed25519Signature = std::array<unsigned char, 64>;

class Ed25519Key {
 public:
  static Ed25519Key generate(Random& random);
  static Result<Ed25519Key> from_seed(std::string_view seed);  // the 32 bytes that RFC 8032 calls the private key
  Ed25519Key(Ed25519Key&&) noexcept;
  Ed25519Key& operator=(Ed25519Key&&) noexcept;
  ~Ed25519Key();

  const Ed25519PublicKey& public_key() const;
  const Secret& seed() const;
  Ed25519Signature sign(std::string_view message) const;

 private:
  struct State;
  explicit Ed25519Key(Secret seed);
  std::unique_ptr<State> state_;
};

bool ed25519_verify(const Ed25519PublicKey& key, std::string_view message, std::string_view signature);

}  // namespace sr
