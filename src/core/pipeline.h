// The road of a request, from the loop that owns it and back: plain functions in three stages, admit, run and answer, each in a file
// of its own. No thread waits for a commit or an audit write; whoever was asked calls back.
//
// Pipeline is shared by all threads. What it holds is constant, but for the lines of contended keys.
#pragma once
#include <condition_variable>
#include "core/lanes.h"
#include "core/lines.h"
#include "core/under_way.h"

namespace sr {

class Core;

class Pipeline {
 public:
  struct Limits {
    std::size_t requests = limits::requests;
    std::size_t waiting_per_key = limits::waiting_per_key;
    unsigned conflicts = limits::conflicts;
  };
  Pipeline(Core& core, Limits limits);
  ~Pipeline() { drain(); }

  void submit(Loop& home, Incoming in, AnswerTo reply_to);  // on the thread of `home`; 503 beyond the limit and while draining
  void drain();                                             // returns when all that is under way has been answered
  std::size_t under_way() const { return under_way_; }
  // Before a large body is read: whether a rate limit would refuse it, as far as that can be told without the body.
  bool would_refuse(std::string_view path, std::string_view address);
  std::vector<UnderWay::Seen> list_under_way() { return list_.list(); }

  struct Step { std::string_view name; Result<void> (Pipeline::*take)(Parked&); };

 private:
  using StepFunction = Result<void> (Pipeline::*)(Parked&);
  static const Step road[];
  static std::size_t step(StepFunction);

  // Each takes the request one step on. Afterwards it is still here, or has been moved to where it is parked; an error is
  // its answer, but for Code::incomplete on a loop: then the same step is taken again on a lane.
  Result<void> resolve(Parked&), gate(Parked&), meter(Parked&), identify(Parked&), spend(Parked&), exists(Parked&), judge(Parked&);
  Result<void> try_inline(Parked&), audit_request(Parked&), run(Parked&), add_records(Parked&), wrap(Parked&);
  Result<void> commit(Parked&), act(Parked&), settle(Parked&), commit_settled(Parked&), audit_answer(Parked&), answer(Parked&);

  void carry(Parked, Place);
  void carry_home(Parked);                                   // carry on, on the request's own loop
  Result<void> move_to(Parked&, Place, StepFunction again);  // take that step again, on a lane
  void leave();                                              // one request fewer under way
  void leave_line(Request&);
  Result<void> wait_in_line(Parked&, const std::string& key, StepFunction again);
  Result<void> park_for_commit(Parked&, Batch, StepFunction again);
  Result<void> park_for_audit(Parked&, bool with_request_line, bool with_answer_line);
  Result<void> check_epoch(const Request&) const;
  Result<void> find_wrapping_token(Request&);
  Result<std::string> role_of(Request&);
  Result<Reply> handle(Request&), log_in(Request&, Call&);
  Result<void> add_lease(Request&), hold_places(Request&, const Batch&);
  void hand_over(Parked);
  void cap_page(Request&) const;
  void count_made(const Request&);
  Result<void> filter_keys(Request&, Reply&);
  void print_answer(Request&);
  View mount_view(Request&);
  Transaction& transaction(Request&);
  CallerInfo caller_info(const Request&) const;

  struct Asked;  // a request as its engine sees it

  struct Meters {
    explicit Meters(Metrics& metrics);
    Timing &handle_request, &handle_login, &check_token, &fetch_acl, &put, &log_request, &log_response, &register_lease, &register_token;
    Counter &conflicts, &refused_at_door, &log_request_failure, &log_response_failure;
  };

  Core& core_;
  const Limits limits_;
  Meters meters_;
  UnderWay list_;
  Lines lines_;
  std::mutex mutex_;  // guards the two below, but for a look at under_way_
  std::condition_variable quiet_;
  std::atomic<std::size_t> under_way_ = 0;
  std::atomic<bool> draining_ = false;
  Lane<Parked> normal_, cpu_, external_, transfer_;  // last: their threads end before what they use
};

}  // namespace sr
