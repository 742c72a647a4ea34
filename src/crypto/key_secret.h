// The few keys that open everything else (root key, keyring), in pages of their own: locked into memory, left out of core
// dumps, not handed to a forked child, wiped at the end. Where the system grants no lock the key works without one.
//
// OpenSSL's scheduled copies of a key lie in ordinary memory, and so do secrets on their way: protect_process_memory()
// does for the whole process what can be done there.
#pragma once
#include <cstddef>
#include <string_view>
#include <utility>
#include "base/random.h"
#include "base/secret.h"

namespace sr {

class KeySecret {  // a value that one thread at a time may move, and all may read
 public:
  KeySecret() = default;
  explicit KeySecret(std::string_view bytes);
  static KeySecret generate(Random& random, std::size_t size = 32);
  KeySecret(KeySecret&& other) noexcept : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  KeySecret& operator=(KeySecret&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~KeySecret();

  KeySecret copy() const { return KeySecret(reveal()); }
  std::string_view reveal() const { return {bytes_, size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const KeySecret& a, const KeySecret& b) { return equal_in_constant_time(a.reveal(), b.reveal()); }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

// What the process could get; the server logs what it could not.
struct MemoryProtection {
  bool locked = false;        // nothing is swapped out, now and later
  bool out_of_dumps = false;  // no core file, no reading by another process of the same user
};
MemoryProtection protect_process_memory();

}  // namespace sr
