#include "core/pipeline.h"
#include "base/assert.h"
#include "base/concat.h"
#include "core/pipeline_steps.h"

namespace sr {

// The whole life of a request. Where a step says "parks", no thread holds the request until it is called back.
const Pipeline::Step Pipeline::road[] = {
    // admit, on the loop that the request came in on
    {"resolve", &Pipeline::resolve},                // mount, route, fields; complaints are kept. A call that lost a race starts over here
    {"gate", &Pipeline::gate},                      // initialised and unsealed
    {"meter", &Pipeline::meter},                    // rate limits: who asks too often costs no more than this
    {"identify", &Pipeline::identify},              // the caller behind the token
    {"spend", &Pipeline::spend},                    // parks: a limited token's use is gone, once, before anything is judged
    {"exists", &Pipeline::exists},                  // create or update?
    {"judge", &Pipeline::judge},                    // the ACL; only then may a complaint be heard
    // run, where the verb's cost says
    {"try inline", &Pipeline::try_inline},          // a quick read from memory: without effect, so its two lines share one park
    {"audit request", &Pipeline::audit_request},    // parks: nothing has an effect before its line is written
    {"run", &Pipeline::run},                        // moves to a lane: the handler, or the plan of an external verb
    {"add records", &Pipeline::add_records},        // lease, token, intent: the same transaction
    {"wrap", &Pipeline::wrap},                      // the answer is kept, and a token for it made, in it too
    {"commit", &Pipeline::commit},                  // parks: all or nothing. After a conflict: resolve
    // act, external verbs only
    {"act", &Pipeline::act},                        // moves to the external lane: outside, once
    {"settle", &Pipeline::settle},                  // what came of it
    {"add records", &Pipeline::add_records},        // and the end of the intent
    {"wrap", &Pipeline::wrap},
    {"commit settled", &Pipeline::commit_settled},  // parks. After a conflict: settle
    // answer
    {"audit answer", &Pipeline::audit_answer},      // parks; every error jumps here, so refusals are audited too
    {"answer", &Pipeline::answer},                  // on the loop again
};

std::size_t Pipeline::step(StepFunction wanted) {
  return static_cast<std::size_t>(std::ranges::find(road, wanted, &Step::take) - std::begin(road));
}

void Pipeline::carry(Parked request, Place place) {
  request->place = place;
  while (request) {
    const std::size_t at = request->next++;
    Result<void> taken;
    try {
      taken = (this->*road[at].take)(request);
    } catch (const std::exception& exception) {  // the one catch: a stray exception is an audited 500
      if (!request) std::abort();                // parked and thrown: it could be answered twice
      core_.log().error("core", "a handler failed", {{"request_id", request->id}, {"step", road[at].name}, {"what", exception.what()}});
      if (request->transaction) request->transaction->discard_writes();
      taken = fail(Code::internal, "internal error");
    }
    if (taken) continue;
    SR_ASSERT(request);  // an error leaves the request here
    if (taken.error().code == Code::incomplete && request->place == Place::loop) {
      taken = move_to(request, Place::normal, road[at].take);
      if (taken) continue;
    }
    request->reply = std::unexpected(std::move(taken).error());
    request->next = step(at < step(&Pipeline::audit_answer) ? &Pipeline::audit_answer : &Pipeline::answer);
  }
}

// ---- between the steps --------------------------------------------------------------------------------------------------
// The request's transaction goes on; where it may read depends on the thread. Routes that work while sealed see raw rows.
Transaction& Pipeline::transaction(Request& r) {
  if (!r.transaction) r.transaction.emplace(core_.store(), r.barrier);
  r.transaction->go_on(r.place == Place::loop ? Tier::memory : Tier::any);
  return *r.transaction;
}

View Pipeline::mount_view(Request& r) { return View::mount(transaction(r), r.in.path.space(), r.mount->entry.uuid); }

CallerInfo Pipeline::caller_info(const Request& r) const {
  CallerInfo info{.token = r.in.token.reveal(), .token_hash = r.caller.hash, .accessor = {}, .display_name = {}, .address = r.in.address,
                  .wrap_ttl = std::chrono::ceil<Seconds>(r.in.wrap_ttl)};
  if (r.caller.token) {
    info.accessor = r.caller.token->accessor;
    info.display_name = r.caller.token->display_name;
    info.is_root = r.decision.root;
    info.has_sudo = r.decision.sudo;
    info.is_wrapping = r.caller.token->is_wrapping();
  }
  return info;
}

void Pipeline::carry_home(Parked r) {
  Loop& home = r->home;
  home.post([this, request = std::move(r)]() mutable { carry(std::move(request), Place::loop); });
}

Result<void> Pipeline::move_to(Parked& r, Place place, StepFunction again) {
  Lane<Parked>& lane = place == Place::normal ? normal_ : place == Place::cpu ? cpu_ : place == Place::transfer ? transfer_ : external_;
  r->next = step(again);
  if (!lane.push(r)) return fail(Code::busy, "too many requests of this kind, try again");
  return {};
}

Pipeline::Meters::Meters(Metrics& metrics)
    : handle_request(metrics.timing({"core.handle_request"})), handle_login(metrics.timing({"core.handle_login_request"})),
      check_token(metrics.timing({"core.check_token"})), fetch_acl(metrics.timing({"core.fetch_acl_and_token"})), put(metrics.timing({"barrier.put"})),
      log_request(metrics.timing({"audit.log_request"})), log_response(metrics.timing({"audit.log_response"})),
      register_lease(metrics.timing({"expire.register"})), register_token(metrics.timing({"expire.register-auth"})),
      conflicts(metrics.counter({"core.conflicts"})), refused_at_door(metrics.counter({"core.refused_at_door"})),
      log_request_failure(metrics.counter({"audit.log_request_failure"})), log_response_failure(metrics.counter({"audit.log_response_failure"})) {}

Pipeline::Pipeline(Core& core, Limits limits)
    : core_(core), limits_(limits), meters_(core.metrics()), lines_(limits.waiting_per_key),
      normal_({2, limits::normal_lane}, [this](Parked r) { carry(std::move(r), Place::normal); }),
      cpu_({2, limits::cpu_lane}, [this](Parked r) { carry(std::move(r), Place::cpu); }),
      external_({4, limits::external_lane}, [this](Parked r) { carry(std::move(r), Place::external); }),
      transfer_({limits::uploads, limits::uploads}, [this](Parked r) { carry(std::move(r), Place::transfer); }) {}

void Pipeline::submit(Loop& home, Incoming in, AnswerTo reply_to) {
  if (under_way_.fetch_add(1) >= limits_.requests || draining_) {
    leave();
    meters_.refused_at_door.add();
    Answer answer;
    answer.status = 503;
    answer.error = Error{Code::busy, draining_ ? "the server is shutting down" : "too many requests under way, try again"};
    return reply_to(std::move(answer));  // at the door: not audited, like a quota
  }
  auto* request = new Request{.id = random_uuid(core_.random()), .home = home, .in = std::move(in), .reply_to = std::move(reply_to), .started = core_.clock().now(), .epoch = core_.store().epoch()};
  request->listed.emplace(list_, *request);
  carry(Parked(request), Place::loop);
}

void Pipeline::drain() {
  std::unique_lock lock(mutex_);
  draining_ = true;
  quiet_.wait(lock, [this] { return under_way_ == 0; });
}

}  // namespace sr
