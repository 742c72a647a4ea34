#include "base/blocks.h"
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>
#include "base/limits.h"

namespace sr::blocks {
namespace {

// Beyond these sizes malloc is quick, or a block too rare to keep.
constexpr std::size_t smallest = 128 * 1024, largest = 4 * 1024 * 1024;

struct Kept {
  void* block;
  std::size_t size;
  std::uint64_t since;  // the number of the period
};

struct Shelf {
  std::mutex mutex;
  std::vector<Kept> kept;
  std::size_t bytes = 0;
  std::uint64_t period = 0;
};

// Never destroyed: other static objects may give back later.
Shelf& shelf() {
  static auto* const all = new Shelf;
  return *all;
}

bool is_kept_kind(std::size_t size) { return size >= smallest && size <= largest && std::has_single_bit(size); }

void* take_kept(std::size_t size) {
  Shelf& all = shelf();
  std::lock_guard lock(all.mutex);
  for (std::size_t i = all.kept.size(); i-- > 0;) {  // the last one is the likeliest to be in the processor's cache
    if (all.kept[i].size != size) continue;
    void* block = all.kept[i].block;
    all.kept.erase(all.kept.begin() + static_cast<std::ptrdiff_t>(i));
    all.bytes -= size;
    return block;
  }
  return nullptr;
}

}  // namespace

void* take(std::size_t& size) {
  if (size > smallest / 2 && size <= largest) size = std::bit_ceil(size);
  void* block = is_kept_kind(size) ? take_kept(size) : nullptr;
  if (!block) block = std::malloc(size);
  if (!block) throw std::bad_alloc();
  return block;
}

void give_back(void* block, std::size_t size) {
  if (is_kept_kind(size)) {
    Shelf& all = shelf();
    std::lock_guard lock(all.mutex);
    if (all.bytes + size <= limits::blocks_kept_bytes) {
      all.kept.push_back({block, size, all.period});
      all.bytes += size;
      return;
    }
  }
  std::free(block);
}

void release_idle() {
  Shelf& all = shelf();
  std::vector<Kept> idle;
  {
    std::lock_guard lock(all.mutex);
    std::erase_if(all.kept, [&](const Kept& one) {
      if (one.since == all.period) return false;
      idle.push_back(one);
      all.bytes -= one.size;
      return true;
    });
    ++all.period;
  }
  for (const Kept& one : idle) std::free(one.block);
}

std::size_t bytes_kept() {
  Shelf& all = shelf();
  std::lock_guard lock(all.mutex);
  return all.bytes;
}

}  // namespace sr::blocks
