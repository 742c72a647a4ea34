#include "base/arena.h"
#include <algorithm>
#include <cstdint>
#include "base/blocks.h"
#include "base/secret.h"

namespace sr {

struct Arena::Block {
  Block* before;
  std::size_t size;  // of the whole block, this header included
};

void* Arena::allocate(std::size_t size, std::size_t alignment) {
  auto aligned = (reinterpret_cast<std::uintptr_t>(at_) + alignment - 1) & ~(alignment - 1);
  if (!at_ || aligned + size > reinterpret_cast<std::uintptr_t>(end_)) {
    std::size_t block_size = std::max({first_block, last_ ? last_->size * 2 : 0, size + alignment + sizeof(Block)});
    auto* block = static_cast<Block*>(blocks::take(block_size));
    *block = {last_, block_size};
    last_ = block;
    held_ += block_size;
    at_ = reinterpret_cast<char*>(block + 1);
    end_ = reinterpret_cast<char*>(block) + block_size;
    aligned = (reinterpret_cast<std::uintptr_t>(at_) + alignment - 1) & ~(alignment - 1);
  }
  at_ = reinterpret_cast<char*>(aligned) + size;
  return reinterpret_cast<void*>(aligned);
}

Arena::~Arena() {
  char* used_to = at_;  // only the newest block is partly used; what is behind at_ was never written
  while (last_) {
    Block* block = last_;
    last_ = block->before;
    auto* const first = reinterpret_cast<char*>(block + 1);
    wipe(first, static_cast<std::size_t>(used_to - first));
    if (last_) used_to = reinterpret_cast<char*>(last_) + last_->size;
    blocks::give_back(block, block->size);
  }
}

}  // namespace sr
