// State that all threads use all the time is kept several times over, so that they do not pull one cache line to and fro.
// Each thread has a number, and with it a favourite among the copies; two that share one are slower, never wrong.
#pragma once
#include <atomic>

namespace sr {

inline constexpr unsigned thread_slots = 16;

inline unsigned thread_slot() {
  static std::atomic<unsigned> next{0};
  thread_local const unsigned mine = next++ % thread_slots;
  return mine;
}

}  // namespace sr
