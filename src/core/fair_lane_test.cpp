// The lane by itself: turns among owners, bounds, what hangs, and what becomes of it at the end. Order is seen by holding the only thread.
#include "core/fair_lane.h"
#include <gtest/gtest.h>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sr {
namespace {

using std::chrono::milliseconds;

FairLane::Size small(unsigned threads = 1, unsigned of_owner = 1) {
  return {.threads = threads, .of_owner = of_owner, .stuck = 1, .waiting_of_owner = 4, .deadline = milliseconds(0), .patience = milliseconds(20)};
}

bool push(FairLane& lane, const std::string& owner, std::function<void(FairLane::Slot&)> what, FairLane::Turn turn = FairLane::Turn::last) {
  FairLane::Task task = std::move(what);
  return lane.push(owner, task, turn);
}

// Holds one thread until it is let go.
class Holder {
 public:
  Holder(FairLane& lane, const std::string& owner) {
    EXPECT_TRUE(push(lane, owner, [latches = latches_](FairLane::Slot&) {
      latches->holds.count_down();
      latches->may_go.wait();
    }));
    latches_->holds.wait();
  }
  ~Holder() { let_go(); }
  void let_go() {
    if (!std::exchange(gone_, true)) latches_->may_go.count_down();
  }

 private:
  struct Latches { std::latch holds{1}, may_go{1}; };
  const std::shared_ptr<Latches> latches_ = std::make_shared<Latches>();
  bool gone_ = false;
};

struct Order {
  std::mutex mutex;
  std::vector<std::string> names;
  std::function<void(FairLane::Slot&)> note(std::string name) {
    return [this, name](FairLane::Slot&) {
      std::lock_guard lock(mutex);
      names.push_back(name);
    };
  }
};

TEST(FairLane, OwnersTakeTurnsHoweverMuchOneHas) {
  Order order;
  FairLane lane(small());
  Holder holder(lane, "a");
  for (const char* name : {"a1", "a2", "a3"}) EXPECT_TRUE(push(lane, "a", order.note(name)));
  EXPECT_TRUE(push(lane, "b", order.note("b1")));
  EXPECT_TRUE(push(lane, "c", order.note("c1")));
  EXPECT_EQ(lane.waiting(), 5u);
  EXPECT_EQ(lane.running(), 1u);
  holder.let_go();
  lane.wait_until_idle();
  EXPECT_EQ(order.names, (std::vector<std::string>{"b1", "c1", "a1", "a2", "a3"}));
}

TEST(FairLane, WhoIsFirstGoesBeforeHisOwnAndNotBeforeOthers) {
  Order order;
  FairLane lane(small());
  Holder holder(lane, "a");
  EXPECT_TRUE(push(lane, "a", order.note("late")));
  EXPECT_TRUE(push(lane, "a", order.note("urgent"), FairLane::Turn::first));
  EXPECT_TRUE(push(lane, "b", order.note("other")));
  holder.let_go();
  lane.wait_until_idle();
  EXPECT_EQ(order.names, (std::vector<std::string>{"other", "urgent", "late"}));
}

TEST(FairLane, AQueueIsBoundedAndARefusedTaskIsUntouched) {
  FairLane lane(small());
  Holder holder(lane, "a");
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(push(lane, "a", [](FairLane::Slot&) {}));
  EXPECT_FALSE(lane.has_room("a"));
  EXPECT_TRUE(lane.has_room("b"));
  FairLane::Task refused = [](FairLane::Slot&) {};
  EXPECT_FALSE(lane.push("a", refused, FairLane::Turn::first));
  EXPECT_TRUE(refused);
  EXPECT_TRUE(push(lane, "b", [](FairLane::Slot&) {}));
}

TEST(FairLane, OneOwnerHasNoMoreThreadsThanItsShare) {
  Order order;
  FairLane lane(small(3, 2));
  Holder one(lane, "a"), two(lane, "a");
  EXPECT_TRUE(push(lane, "a", order.note("a3")));
  std::promise<void> other;
  EXPECT_TRUE(push(lane, "b", [&](FairLane::Slot&) { other.set_value(); }));
  other.get_future().wait();
  EXPECT_EQ(lane.waiting(), 1u) << "though a thread is free";
  one.let_go();
  two.let_go();
  lane.wait_until_idle();
  EXPECT_EQ(order.names, std::vector<std::string>{"a3"});
}

// Its thread is given up and another comes in its place, once; when it is back all goes on with as many as before.
TEST(FairLane, WhatStaysOutsideHoldsUpNobody) {
  FairLane lane(small(1, 1));
  std::latch outside(1), may_come_back(1);
  std::promise<void> late;
  std::promise<bool> back;
  EXPECT_TRUE(push(lane, "a", [&](FairLane::Slot& slot) {
    slot.go_outside([&] { late.set_value(); });
    outside.count_down();
    may_come_back.wait();
    back.set_value(slot.come_back());
  }));
  outside.wait();
  std::promise<void> other;
  EXPECT_TRUE(push(lane, "b", [&](FairLane::Slot&) { other.set_value(); }));
  EXPECT_EQ(lane.waiting(), 1u);
  lane.look_for_late();
  late.get_future().wait();
  other.get_future().wait();
  lane.look_for_late();  // tells nobody twice
  EXPECT_TRUE(push(lane, "a", [](FairLane::Slot&) {}));
  EXPECT_EQ(lane.waiting(), 1u) << "the owner itself waits for what hangs";
  may_come_back.count_down();
  EXPECT_TRUE(back.get_future().get());
  lane.wait_until_idle();
}

TEST(FairLane, ThreadsForWhatHangsAreBounded) {
  FairLane lane(small(1, 1));
  std::latch may_come_back(1);
  std::atomic<int> told = 0;
  const auto hang = [&](FairLane::Slot& slot) {
    slot.go_outside([&] { ++told; });
    may_come_back.wait();
    slot.come_back();
  };
  for (const char* owner : {"a", "b", "c"}) {
    EXPECT_TRUE(push(lane, owner, hang));
    for (int i = 0; i < 1000 && lane.running() < std::min<std::size_t>(2, static_cast<std::size_t>(owner[0] - 'a' + 1)); ++i) std::this_thread::sleep_for(milliseconds(1));
    lane.look_for_late();
  }
  EXPECT_EQ(told, 1);
  EXPECT_EQ(lane.running(), 2u);
  EXPECT_EQ(lane.waiting(), 1u);
  may_come_back.count_down();
  lane.wait_until_idle();
}

TEST(FairLane, WhatWaitsIsDropped) {
  Order order;
  FairLane lane(small());
  Holder holder(lane, "a");
  auto kept = std::make_shared<int>();
  EXPECT_TRUE(push(lane, "a", [kept](FairLane::Slot&) { FAIL(); }));
  lane.clear();
  EXPECT_EQ(lane.waiting(), 0u);
  EXPECT_EQ(kept.use_count(), 1);
  holder.let_go();
  lane.wait_until_idle();
}

TEST(FairLane, WhoIsStillOutsideAtTheEndTouchesNothingAnyMore) {
  std::latch outside(1);
  auto may_come_back = std::make_shared<std::latch>(1);
  auto back = std::make_shared<std::promise<bool>>();
  {
    FairLane lane(small());
    EXPECT_TRUE(push(lane, "a", [&outside, may_come_back, back](FairLane::Slot& slot) {
      slot.go_outside({});
      outside.count_down();
      may_come_back->wait();
      back->set_value(slot.come_back());
    }));
    outside.wait();
  }
  may_come_back->count_down();
  EXPECT_FALSE(back->get_future().get());
}

}  // namespace
}  // namespace sr
