#include <gtest/gtest.h>
#include "net/server.h"

namespace sr::net {
namespace {

TEST(Loops, RunWhatIsPostedFromAnyThread) {
  Loops loops(2);
  std::atomic<int> ran = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      for (int n = 0; n < 1000; ++n) loops[(i + n) % 2].post([&] { loops[0].post([&] { ++ran; }); });
    });
  for (auto& thread : threads) thread.join();
  while (ran < 4000) std::this_thread::yield();
}

}  // namespace
}  // namespace sr::net
