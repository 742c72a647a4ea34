// Random bytes and the ids made of them.
#pragma once
#include <cstddef>
#include <span>
#include <string>

namespace sr {

class Random {  // shared by all threads
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;  // cannot fail: a system without randomness aborts
};

// The kernel's generator.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override;
};

// The same sequence for the same seed: for tests only.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::byte> bytes) override;

 private:
  std::uint64_t state_;  // one thread only
};

std::string random_bytes(Random&, std::size_t count);
std::string random_base62(Random&, std::size_t length);  // without bias
std::string random_uuid(Random&);                        // version 4, as "6ba7b810-9dad-41d1-80b4-00c04fd430c8"

}  // namespace sr
