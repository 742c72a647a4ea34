// Where the parts of one request live: bump-allocated, never freed one by one, wiped and given back at the end.
// Holds only what needs no destructor. Belongs to one thread at a time, as the request does.
#pragma once
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <new>
#include <utility>

namespace sr {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  void* allocate(std::size_t size, std::size_t alignment);

  template <class T, class... Args> T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    return new (allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }
  // `count` default-constructed elements.
  template <class T> std::span<T> make_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
    if (count == 0) return {};
    T* first = static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (first + i) T();
    return {first, count};
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* bytes = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
  }
  std::size_t bytes_held() const { return held_; }

 private:
  struct Block;  // a header before the bytes
  static constexpr std::size_t first_block = 1024;  // the largest that malloc keeps at hand for each thread

  Block* last_ = nullptr;
  char* at_ = nullptr;
  char* end_ = nullptr;
  std::size_t held_ = 0;
};

}  // namespace sr
