// One encryption and one decryption, whoever asks for them.
#pragma once
#include "engines/transit/batch.h"
#include "engines/transit/open_key.h"

namespace sr::transit {

// Random bytes for nonces, drawn many at a time: each draw is a system call.
class Nonces {
 public:
  Nonces(Random& random, std::size_t items) : random_(random), expected_(items) {}
  std::string_view take(std::size_t size);

 private:
  Random& random_;
  std::size_t expected_;
  std::string drawn_{};
  std::size_t used_ = 0;
};

// What takes too long for the thread that reads requests leaves it: RSA and the large curves, and batches of all that is not plain
// symmetric encryption. Asked before anything is done.
enum class Amount : std::uint8_t { one, batch };
Result<void> leave_loop_if_slow(Call& call, const Key& key, Amount amount);

class Encryptor {
 public:
  Encryptor(Call& call, OpenKey& key, std::size_t items) : key_(key), nonces_(call.host().random(), items) {}

  // Appends "vault:v1:...". `context` and `plain` are decoded, `associated` is in base64.
  struct Input {
    std::string_view plain, context{}, associated{};
    std::int64_t key_version = 0;
  };
  Result<void> operator()(Buffer& out, const Input& input);

  // Which version that was, for the answer.
  VersionNumber version_of(std::int64_t wanted) const { return wanted == 0 ? key_.settings().latest : wanted; }

 private:
  Result<void> seal(const Aead& aead, std::string_view nonce_key, const Input& input);

  OpenKey& key_;
  Nonces nonces_;
  Buffer associated_{}, sealed_{};           // kept from item to item
};

class Decryptor {
 public:
  explicit Decryptor(OpenKey& key) : key_(key) {}

  // The plaintext, until the next one is asked for. `context` is decoded, `associated` in base64.
  struct Input {
    std::string_view ciphertext, context{}, associated{};
  };
  Result<std::string_view> operator()(const Input& input);

 private:
  Result<std::string_view> open(const Aead& aead, std::string_view sealed, std::string_view associated);

  OpenKey& key_;
  Buffer associated_{}, sealed_{}, plain_{};
};

// The version and what is behind it, of "vault:v1:...". What is wrong is said of a "ciphertext", "signature", "HMAC".
struct Prefixed {
  VersionNumber version;
  std::string_view rest;
};
Result<Prefixed> split_prefix(std::string_view text, std::string_view kind);

}  // namespace sr::transit
