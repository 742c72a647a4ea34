#include "base/secret.h"
#include <algorithm>
#include <charconv>
#include <strings.h>
#include "base/blocks.h"

namespace sr {

void wipe(void* bytes, std::size_t size) {
  if (size > 0) explicit_bzero(bytes, size);
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  for (std::size_t at = 0; at < a.size(); at += sizeof difference) {
    std::uint64_t x = 0, y = 0;
    const std::size_t size = std::min(a.size() - at, sizeof x);
    std::memcpy(&x, a.data() + at, size);
    std::memcpy(&y, b.data() + at, size);
    difference |= x ^ y;
    asm volatile("" : "+r"(difference));  // the compiler may not find out that one difference decides
  }
  return difference == 0;
}

Secret::Secret(std::string_view bytes) : Secret(of_size(bytes.size())) {
  if (!bytes.empty()) std::memcpy(bytes_.get(), bytes.data(), size_);
}
Secret Secret::of_size(std::size_t size) {
  Secret secret;
  secret.bytes_ = std::make_unique<char[]>(size);
  secret.size_ = size;
  return secret;
}
Secret::~Secret() {
  if (bytes_) wipe(bytes_.get(), size_);
}

void Buffer::grow(std::size_t at_least) {
  std::size_t capacity = std::max<std::size_t>({256, at_least, capacity_ * 2});
  auto* bytes = static_cast<char*>(blocks::take(capacity));
  const std::size_t size = size_;
  if (size > 0) std::memcpy(bytes, bytes_, size);
  release();
  bytes_ = bytes;
  size_ = size;
  capacity_ = capacity;
}

// A truncate leaves old bytes behind the end.
void Buffer::release() {
  if (!bytes_) return;
  wipe(bytes_, std::max(size_, written_));
  blocks::give_back(bytes_, capacity_);
  bytes_ = nullptr;
  written_ = 0;
}

Buffer& Buffer::prepend(std::string_view text) {
  if (text.empty()) return *this;
  extend(text.size());
  std::memmove(bytes_ + text.size(), bytes_, size_ - text.size());
  std::memcpy(bytes_, text.data(), text.size());
  return *this;
}

char* Buffer::extend(std::size_t size) {
  if (size > capacity_ - size_) grow(size_ + size);
  char* start = bytes_ + size_;
  size_ += size;
  return start;
}

Buffer& Buffer::append_number(std::int64_t number) {
  char digits[24];
  const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, number);
  return append({digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace sr
