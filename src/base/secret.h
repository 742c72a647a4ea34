// Memory that must not outlive its use. Secret is a finished value, Buffer one that is being written; both wipe every
// block that they give back. Neither is copied by accident, printed, or compared in variable time.
//
// Values; each belongs to one thread at a time.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace sr {

// Overwrites `size` bytes in a way that no optimiser takes out.
void wipe(void* bytes, std::size_t size);

// Equal or not, in a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// Owned bytes, wiped when released; move-only, never printable, compared in constant time.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes);
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Secret();

  // `size` bytes, zero at first, for a function that fills them.
  static Secret of_size(std::size_t size);
  Secret copy() const { return Secret(reveal()); }

  // The plain bytes; borrowed. Each use is a place for a reviewer to look at.
  std::string_view reveal() const { return {bytes_.get(), size_}; }
  char* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  friend bool operator==(const Secret& a, const Secret& b) { return equal_in_constant_time(a.reveal(), b.reveal()); }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

// A growing text, wiped when released and whenever it moves to a larger block. What is written for clients and for the
// store is written here.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::string_view text) { append(text); }
  Buffer(Buffer&& other) noexcept
      : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)), capacity_(std::exchange(other.capacity_, 0)),
        written_(std::exchange(other.written_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(written_, other.written_);
    return *this;
  }
  ~Buffer() { release(); }

  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  Buffer& append(std::string_view text) {
    if (text.size() > capacity_ - size_) grow(size_ + text.size());
    if (!text.empty()) std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Buffer& operator+=(std::string_view text) { return append(text); }
  Buffer& operator+=(char c) {
    if (size_ == capacity_) grow(size_ + 1);
    bytes_[size_++] = c;
    return *this;
  }
  Buffer& append_number(std::int64_t number);

  Buffer& prepend(std::string_view text);
  // Room for `size` more bytes that the caller fills; they count as written.
  char* extend(std::size_t size);
  // The reserved room behind what is written; the caller says how much of it he has filled.
  std::span<char> spare() { return {bytes_ + size_, capacity_ - size_}; }
  void add_filled(std::size_t size) { size_ += size; }
  void truncate(std::size_t size) {
    written_ = size_ > written_ ? size_ : written_;
    size_ = size < size_ ? size : size_;
  }
  void clear() { truncate(0); }  // keeps the block; it is wiped at the end

  std::string_view view() const { return {bytes_, size_}; }
  operator std::string_view() const { return view(); }
  char back() const { return bytes_[size_ - 1]; }
  char* data() { return bytes_; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }

 private:
  void grow(std::size_t at_least);
  void release();

  char* bytes_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t written_ = 0;  // of the block, before it was truncated: what to wipe. The rest was never touched, and may not even be there
};

}  // namespace sr
