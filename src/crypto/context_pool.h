// A few OpenSSL contexts of one key that are set up already, each lent to one call at a time. Setting one up costs more than most of
// what is done with it. Shared by all threads; the contexts end with the pool. For this folder alone.
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include "base/thread_slot.h"

namespace sr {

template <class Context, void (*free_context)(Context*)> class ContextPool {
 public:
  ContextPool() = default;
  ContextPool(const ContextPool&) = delete;
  ContextPool& operator=(const ContextPool&) = delete;
  ~ContextPool() {
    for (auto& slot : idle_) free_context(slot.context.load());
  }

  // A context for the call that follows, made by `make` when none is idle; it goes back to its slot afterwards.
  class Lease {
   public:
    template <class Make> Lease(ContextPool& pool, Make make)
        : slot_(pool.idle_[thread_slot()].context), context_(slot_.exchange(nullptr, std::memory_order_acquire)) {
      if (!context_) context_ = make();
    }
    ~Lease() { free_context(slot_.exchange(context_, std::memory_order_acq_rel)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Context* get() const { return context_; }

   private:
    std::atomic<Context*>& slot_;
    Context* context_;
  };

 private:
  struct alignas(64) Slot { std::atomic<Context*> context{nullptr}; };  // a cache line each
  std::array<Slot, thread_slots> idle_;
};

}  // namespace sr
