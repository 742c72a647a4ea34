// The memory of buffers and arenas. Large blocks are kept for whoever wants the next one, up to a bound and for a while: one that comes fresh
// from the system costs a fault for each of its pages, which is more than what most requests then do with it.
//
// Called by all threads.
#pragma once
#include <cstddef>

namespace sr::blocks {

// At least `size` bytes; `size` becomes how many. Throws std::bad_alloc.
void* take(std::size_t& size);
// `size` as take() left it. Whoever gives back a block has wiped it.
void give_back(void* block, std::size_t size);
// Those that nobody has wanted since the call before go back to the system.
void release_idle();
std::size_t bytes_kept();

}  // namespace sr::blocks
