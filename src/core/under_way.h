// The requests under way, for those who ask what the server is doing. Each loop's are in a list of their own, so that coming and
// going takes a lock that hardly anybody else wants.
#pragma once
#include <array>
#include <mutex>
#include <string>
#include <vector>
#include "base/clock.h"
#include "base/inbox.h"
#include "logical/op.h"

namespace sr {

struct Request;

class UnderWay {
  struct alignas(64) Stripe;

 public:
  struct Seen {
    std::string id{}, path{}, address{};
    std::uint16_t port = 0;
    Op op = Op::read;  // as it was asked for
    Time started{};
  };
  std::vector<Seen> list();

  // The request is in the list as long as this lives. It is the last member of the request: what the list tells is there until then.
  class Entry {
   public:
    Entry(UnderWay& all, const Request& request);
    Entry(const Entry&) = delete;
    ~Entry();

   private:
    friend class UnderWay;
    Stripe& stripe_;
    const Request& request_;
    const Op op_;
    Entry *before_ = nullptr, *behind_ = nullptr;
  };

 private:
  struct alignas(64) Stripe {
    std::mutex mutex;  // guards the list
    Entry* first = nullptr;
  };
  std::array<Stripe, 16> stripes_;
};

}  // namespace sr
