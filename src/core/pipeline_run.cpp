// The second stage, on lanes: the handler, what the core adds to its transaction, the commit, and for external verbs what happens outside.
#include "base/concat.h"
#include "core/envelope.h"
#include "core/folded_path.h"
#include "core/outside_intents.h"
#include "core/pipeline_steps.h"
#include "storage/record.h"

namespace sr {
namespace {
constexpr std::string_view contended = "too many concurrent changes, try again";
// Whoever stands back behind another has lost nothing, and is counted all the same: so many turns a race may take.
constexpr unsigned turns_of_a_race = 4;
}

Result<Reply> Pipeline::handle(Request& r) {
  const TimeIt handling(&r.mount->timings->of(r.in.op));
  TRY(check_epoch(r));
  if (r.in.op == Op::help) return Reply::bare(path_help(r.mount->spec, r.inside, r.route));
  // Whoever writes into a mount does so only while the mount is there.
  if (r.barrier) r.mount->expect_unchanged(transaction(r));
  // A batch token has no row that something could go with.
  if (r.mount->spec.per_token && r.caller.token && r.caller.token->batch)
    return fail(Code::invalid, concat(r.mount->spec.type, " operations are only supported by 'service' type tokens"));
  // Whoever writes what goes with a token does so only while the token is there: also when a use of it was spent before, and its row
  // is not among what this transaction has read.
  if (r.mount->spec.per_token && r.spent && !TRY(core_.tokens().find(transaction(r), r.caller.hash))) return fail(Code::denied, std::string(invalid_token));
  Asked asked(*this, r);
  Call& call = asked.call;
  if (r.route->who) return log_in(r, call);
  if (r.verb->cost != Cost::external) {
    Reply reply = TRY(r.verb->run(*r.mount->engine, call));
    TRY(filter_keys(r, reply));
    return reply;
  }
  Planned planned = TRY(r.verb->outside.plan(*r.mount->engine, call));
  r.intent = std::move(planned.intent);
  return std::move(planned.reply);
}

// Of the names in a list those stay whose paths the caller may read. An answer that has other members too would tell the names there.
Result<void> Pipeline::filter_keys(Request& r, Reply& reply) {
  const KeyFilter* filter = r.decision.keys_filter;
  if (!filter || !reply.has_data()) return {};
  Arena arena;
  Buffer text;
  reply.print_data(text);
  if (text.view() == "{}") return {};
  const json::Value* data = TRY(json::parse(arena, text.view()));
  const json::Value* keys = data->find("keys");
  const json::Value* info = data->find("key_info");
  const std::size_t known = info ? 2 : 1;
  if (!keys || !keys->is_array() || data->members.size() != known || (info && !info->is_object())) {
    core_.log().error("core", "a list that a policy filters has no names, or more than names", {{"request_id", r.id}, {"path", r.in.path.text()}});
    return fail(Code::internal, "internal error");
  }
  Strings kept;
  json::Object kept_info;
  for (const auto& key : keys->items) {
    const auto path = ApiPath::from_decoded(filter->path_of(r.in.path.view(), key.text));
    if (!path) continue;
    const Mount* mount = r.router->find(path->view());
    const auto found = mount ? match(mount->spec, path->view().substr(std::min(path->view().size(), mount->entry.path.size()))) : std::nullopt;
    const std::string folded = folded_path(*r.router, path->view());
    const Question question{.op = key.text.ends_with('/') ? Op::list : Op::read, .path = path->view(), .folded = folded, .needs_sudo = found && found->route->access == Access::root};
    if (!r.caller.acl->decide(question).allowed) continue;
    kept.emplace_back(key.text);
    if (const json::Value* about = info ? info->find(key.text) : nullptr) kept_info.put(key.text, *about);
  }
  Reply filtered = r.in.op == Op::scan ? Reply::scan(kept, std::move(kept_info)) : Reply::list(kept, std::move(kept_info));
  for (const auto& warning : reply.warnings()) filtered.add_warning(warning);
  reply = std::move(filtered);
  return {};
}

// One transaction with the count of failed logins: a guess is answered only when its count is durable, and a good login only when
// none has failed meanwhile.
Result<Reply> Pipeline::log_in(Request& r, Call& call) {
  const Lockouts& lockouts = core_.lockouts();
  const MountEntry& mount = r.mount->entry;
  if (lockouts.rule(mount).disabled) return r.verb->run(*r.mount->engine, call);
  const std::string who = TRY(r.route->who(*r.mount->engine, call));
  if (TRY(lockouts.is_locked(transaction(r), mount, who))) return fail(Code::denied, "permission denied");
  Reply reply = TRY(r.verb->run(*r.mount->engine, call));
  if (reply.counts_as_failed_login()) TRY(lockouts.count(transaction(r), mount, who));
  else if (reply.login()) TRY(lockouts.forget(transaction(r), mount, who));
  return reply;
}

Result<void> Pipeline::try_inline(Parked& r) {
  const bool is_quick = r->in.op == Op::help || r->verb->cost == Cost::quick || r->verb->cost == Cost::brief;
  if (!is_quick || r->place != Place::loop || r->caller.limited || r->in.large || r->in.wrap_ttl.count() > 0) return {};
  // The ciphers of one round of requests run one after the other: their tables and code fill the caches, and would find them full of the
  // server's own at every turn, and it of theirs.
  if (r->verb && r->verb->cost == Cost::brief && !std::exchange(r->gathered, true)) {
    r->next = step(&Pipeline::try_inline);
    return carry_home(std::move(r)), Result<void>();
  }
  r->reply = handle(*r);
  if (r->transaction && r->transaction->incomplete()) {
    r->reply = Reply::empty();
    return {};
  }
  if (r->reply && (r->reply->lease() || r->reply->login())) return {};
  r->next = step(&Pipeline::audit_answer);
  return {};
}

Result<void> Pipeline::audit_request(Parked& r) {
  if (r->audited == r->in.op) return {};  // a rerun of the same operation has its line
  r->audited = r->in.op;
  return park_for_audit(r, true, false);
}

Result<void> Pipeline::run(Parked& r) {
  r->intent.reset();  // of a plan that lost a race
  const Cost cost = r->in.op == Op::help ? Cost::normal : r->verb->cost;
  const Place lane = cost == Cost::cpu || cost == Cost::brief ? Place::cpu : cost == Cost::transfer ? Place::transfer : Place::normal;  // the plan of an external verb is normal
  if (r->place != lane) return move_to(r, lane, &Pipeline::run);
  r->reply = handle(*r);
  if (r->reply) return {};
  if (!r->transaction) return std::unexpected(r->reply.error());
  r->transaction->discard_writes();  // Reply::refuse keeps them
  // No commit will tell that an error was said of two states at once: it is a lost race like any other.
  if (const auto torn = r->transaction->torn()) return wait_in_line(r, *torn, &Pipeline::resolve);
  return std::unexpected(r->reply.error());
}

Result<void> Pipeline::add_records(Parked& r) {
  if (r->reply->lease()) {
    const TimeIt registering(&meters_.register_lease);
    TRY(add_lease(*r));
  }
  if (const auto& login = r->reply->login()) {
    const auto quotas = core_.quotas().table();
    r->login_role = quotas && quotas->leases.has_roles(r->mount->entry.uuid) ? TRY(role_of(*r)) : std::string();
    const TimeIt registering(&meters_.register_token);
    r->reply->set_auth(TRY(core_.tokens().log_in(transaction(*r), *r->barrier, *r->mount, {r->in.path, r->login_role}, *login, *r->reply)));
  }
  if (r->intent && !r->verb->outside.begin) {
    const std::string key = OutsideIntent::key(r->mount->entry.uuid, r->id);
    if (r->outcome) TRY(core_view(transaction(*r)).remove(key));
    else TRY(core_view(transaction(*r)).put(key, store_record(OutsideIntent{.op = r->in.op, .inside = std::string(r->inside), .what = r->intent->what.copy()})));
  }
  return {};
}

// In the transaction of the secret itself. Of one that was made outside already, and whose token is gone since, the lease ends at
// once: what is outside has to be taken back.
Result<void> Pipeline::add_lease(Request& r) {
  constexpr std::string_view one_use_left = "Secret cannot be returned; token had one use left, so leased credentials were immediately revoked.";
  Reply& reply = *r.reply;
  const bool is_last_use = r.caller.limited && r.caller.token->uses == 1;
  const bool is_made = r.outcome.has_value();
  if (is_last_use && !is_made) return transaction(r).discard_writes(), fail(Code::invalid, std::string(one_use_left));
  if (is_last_use) {
    TRY(core_.leases().create_ended(transaction(r), *r.mount, r.inside, *reply.lease()));
    reply = Reply::refuse({Code::invalid, std::string(one_use_left)});
    return {};
  }
  Strings warnings;
  const Leases::Wish wish{.mount = *r.mount, .path = r.in.path.view(), .inside = r.inside, .caller = r.caller, .lease = *reply.lease(), .is_made = is_made};
  auto made = TRY(core_.leases().create(transaction(r), wish, warnings));
  if (made.ends_at_once) {
    reply = Reply::refuse({Code::denied, std::string(invalid_token)});
    return {};
  }
  for (auto& warning : warnings) reply.add_warning(std::move(warning));
  reply.set_lease_info(std::move(made.info));
  return {};
}

// An error, nothing at all, and what is answered without an envelope are never wrapped, as in Vault.
Result<void> Pipeline::wrap(Parked& r) {
  if (r->in.wrap_ttl.count() == 0 || r->in.op == Op::help || r->intent.has_value() != r->outcome.has_value()) return {};
  Reply& reply = *r->reply;
  if (reply.refused() || reply.wrap() || reply.shape() == Reply::Shape::bare || reply.download() || !r->barrier) return {};
  print_answer(*r);
  if (r->answer.nil && r->answer.warnings.empty()) {
    if (r->in.op == Op::list || r->in.op == Op::scan) return fail(Code::not_found, "unsupported path");
    return {};
  }
  Wrapping::Kept kept{.status = r->answer.status};
  if (r->answer.raw) kept.content_type = r->answer.raw->type, kept.body = std::move(r->answer.raw->bytes);
  else print_envelope(kept.body, r->answer);
  const Wrapping::Wish wish{.ttl = r->in.wrap_ttl, .creation_path = r->in.path.text(), .wrapped_accessor = reply.auth() ? reply.auth()->accessor : reply.accessor()};
  reply.set_wrap(TRY(core_.wrapping().wrap(transaction(*r), wish, kept)));
  return {};
}

// ---- commit ---------------------------------------------------------------------------------------------------------------
// Under a quota of leases. A batch token takes no place, but is not made when there is none. For what an external verb will have made
// its place is held before anything happens outside; when it is there it counts, whatever has become of the quota meanwhile.
Result<void> Pipeline::hold_places(Request& r, const Batch& batch) {
  const auto quotas = core_.quotas().table();
  if (!quotas || quotas->leases.empty()) return {};
  const auto& auth = r.reply->auth();
  const bool is_root = auth && auth->policies.size() == 1 && auth->policies.front() == "root";
  const LeaseCounts::Wanted wanted{.path = r.in.path.text(), .role = r.login_role, .may_be_refused = !r.outcome && !is_root};
  if (!r.outcome) r.places.clear();  // of before a lost race
  if (auth && auth->type == "batch") TRY(core_.lease_counts().need_room(*r.mount, r.inside, wanted));
  if (r.intent && !r.outcome) return r.intent->lends ? core_.lease_counts().hold_one(*r.mount, r.inside, r.id, wanted, r.places) : Result<void>();
  return core_.lease_counts().hold(batch, wanted, r.places);
}

Result<void> Pipeline::commit(Parked& r) {
  if (!r->transaction) return {};
  if (!r->transaction->has_writes()) return hold_places(*r, {});  // what was only read came from one snapshot and needs no check
  Batch batch = TRY(r->transaction->take_batch());
  TRY(hold_places(*r, batch));
  return park_for_commit(r, std::move(batch), &Pipeline::resolve);
}
Result<void> Pipeline::commit_settled(Parked& r) {
  if (!r->transaction || !r->transaction->has_writes()) return {};
  Batch batch = TRY(r->transaction->take_batch());
  TRY(hold_places(*r, batch));
  return park_for_commit(r, std::move(batch), &Pipeline::settle);
}

Result<void> Pipeline::park_for_commit(Parked& r, Batch batch, StepFunction again) {
  if (batch.writes.size() > limits::batch_rows) return fail(Code::internal, "the request would change too many rows at once");
  if (const auto key = lines_.taken(*r, batch)) return wait_in_line(r, *key, again);
  r->transaction.reset();
  r->lap = SteadyClock::now();
  auto done = [this, again, request = std::move(r)](const Committed& committed) mutable {
    meters_.put.add(lap(*request));
    if (committed) {
      request->revision = *committed;
      leave_line(*request);
    } else {
      const auto& [conflict, error] = committed.error();
      const Result<void> goes_on = conflict ? wait_in_line(request, *conflict, again) : std::unexpected(error);
      if (!goes_on) request->reply = std::unexpected(goes_on.error()), request->next = step(&Pipeline::audit_answer);
    }
    if (request) carry_home(std::move(request));
  };
  core_.store().commit(std::move(batch), std::move(done));
  return {};
}

Result<void> Pipeline::wait_in_line(Parked& r, const std::string& key, StepFunction again) {
  meters_.conflicts.add();
  if (++r->conflicts > limits_.conflicts * turns_of_a_race) return fail(Code::busy, std::string(contended));
  if (r->heads != key) leave_line(*r);
  r->next = step(again);
  return lines_.join(r, key);
}

void Pipeline::leave_line(Request& r) {
  if (!r.heads) return;
  if (Parked next = lines_.leave(r)) carry_home(std::move(next));
}

// ---- act ------------------------------------------------------------------------------------------------------------------
Result<void> Pipeline::act(Parked& r) {
  if (!r->intent) r->next = step(&Pipeline::audit_answer);
  else if (r->place != Place::external) return move_to(r, Place::external, &Pipeline::act);
  else if (r->verb->outside.begin) hand_over(std::move(r));
  else r->outcome = r->verb->outside.act(*r->mount->engine, *r->intent, Attempt::first);
  return {};
}

// Whoever was asked calls back once, and the request goes on at home. Until then it is parked there.
void Pipeline::hand_over(Parked r) {
  const Request& request = *r;
  auto done = [this, parked = std::move(r)](Result<Secret> outcome) mutable {
    parked->outcome = std::move(outcome);
    carry_home(std::move(parked));
  };
  request.verb->outside.begin(*request.mount->engine, *request.intent, std::move(done));
}

// An error from settle leaves the intent to a job, which soon finds it without its request; a Reply::refuse ends it.
Result<void> Pipeline::settle(Parked& r) {
  if (r->place == Place::loop) return move_to(r, Place::normal, &Pipeline::settle);
  Asked asked(*this, *r);
  r->reply = r->verb->outside.settle(*r->mount->engine, asked.call, *r->intent, *r->outcome);
  if (!r->reply) return std::unexpected(r->reply.error());
  return {};
}

}  // namespace sr
