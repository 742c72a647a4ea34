#include "base/random.h"
#include <sys/random.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace sr {

// A block per thread spares a system call for each id; it is drawn from the end, and what was handed out is zeroed.
void SystemRandom::fill(std::span<std::byte> bytes) {
  auto from_kernel = [](std::byte* to, std::size_t size) {
    while (size > 0) {
      const ssize_t got = getrandom(to, size, 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) std::abort();
      to += got;
      size -= static_cast<std::size_t>(got);
    }
  };
  thread_local std::byte pool[512];
  thread_local std::size_t left = 0;
  if (bytes.size() > sizeof pool / 4) return from_kernel(bytes.data(), bytes.size());
  if (left < bytes.size()) from_kernel(pool, left = sizeof pool);
  left -= bytes.size();
  std::memcpy(bytes.data(), pool + left, bytes.size());
  std::memset(pool + left, 0, bytes.size());
}

// SplitMix64.
void SeededRandom::fill(std::span<std::byte> bytes) {
  for (auto& byte : bytes) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    byte = static_cast<std::byte>(z ^ z >> 31);
  }
}

std::string random_bytes(Random& random, std::size_t count) {
  std::string bytes(count, '\0');
  random.fill(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::string random_base62(Random& random, std::size_t length) {
  constexpr char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string text;
  text.reserve(length);
  std::byte draw[32];
  while (text.size() < length) {
    random.fill(draw);
    for (const std::byte byte : draw) {
      const auto value = std::to_integer<unsigned>(byte);
      if (value < 62 * 4 && text.size() < length) text += alphabet[value % 62];  // 248..255 would favour the first
    }
  }
  return text;
}

std::string random_uuid(Random& random) {
  unsigned char bytes[16];
  random.fill(std::as_writable_bytes(std::span(bytes)));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  char text[36];
  char* to = text;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = "0123456789abcdef"[bytes[i] >> 4];
    *to++ = "0123456789abcdef"[bytes[i] & 15];
  }
  return {text, sizeof text};
}

}  // namespace sr
