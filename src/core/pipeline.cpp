#include "core/pipeline.h"
#include "base/assert.h"
#include "base/concat.h"
#include "core/core.h"
#include "core/envelope.h"
#include "core/outside_intents.h"
#include "core/folded_path.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr std::string_view permission_denied = "1 error occurred:\n\t* permission denied\n\n";
constexpr std::string_view invalid_token = "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n";
constexpr std::string_view unsupported_path = "1 error occurred:\n\t* unsupported path\n\n";
constexpr std::string_view unsupported_operation = "1 error occurred:\n\t* unsupported operation\n\n";
constexpr std::string_view upgrading =
    "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and will resume service shortly.";
constexpr std::string_view audit_advice = "the request could not be written to the audit log: the server's own log names the device and says what to mend";
constexpr std::string_view contended = "too many concurrent changes, try again";

using SteadyClock = std::chrono::steady_clock;

// The time since the last lap; the next one begins.
Timing::Duration lap(Request& request) {
  const auto now = SteadyClock::now();
  return now - std::exchange(request.lap, now);
}

}  // namespace

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

// ---- admit ----------------------------------------------------------------------------------------------------------------
// Also where a call that lost a race starts over: on the mounts, the token and the rows that are there now.
Result<void> Pipeline::resolve(Parked& r) {
  TRY(check_epoch(*r));
  r->complaint.reset();
  r->folded_path.clear();
  r->route = nullptr;
  r->router = core_.mounts().router();
  r->barrier = &core_.barrier();
  const std::string& path = r->in.path.text();
  r->mount = r->router->find(path);
  if (!r->mount) {
    r->complaint = Error{Code::not_found, concat("no handler for route \"", path, "\". route entry not found.")};
    return {};
  }
  r->inside = std::string_view(path).substr(std::min(path.size(), r->mount->entry.path.size()));  // "secret" is "secret/"
  const bool writes = r->in.op == Op::create || r->in.op == Op::update || r->in.op == Op::patch;
  if (writes && path.ends_with('/')) {
    r->complaint = Error{Code::invalid, "cannot write to a path ending in '/'"};
    return {};
  }
  if (r->in.op == Op::help && r->inside.empty()) return {};  // of the whole mount
  const auto found = match(r->mount->spec, r->inside);
  if (!found) {
    r->complaint = Error{Code::not_found, std::string(unsupported_path)};
    return {};
  }
  r->route = found->route;
  r->captured = found->captured;
  r->folded_path = folded_path(*found->route, found->captured, path);
  if (r->in.op == Op::help) return {};
  if (r->mount->entry.upgrading) {
    r->complaint = Error{Code::invalid, std::string(upgrading)};
    return {};
  }
  if (r->in.complaint) {
    r->complaint = r->in.complaint;
    return {};
  }
  auto fields = decode_fields(found->route->fields, found->captured, r->in.body, *r->in.arena);
  if (fields) r->fields = std::move(*fields);
  else r->complaint = Error{fields.error().code, (found->route->exists && r->in.op == Op::update ? "" : "Field validation failed: ") + fields.error().message};
  return {};
}

// What was found out about a request, its caller or a use that it has paid for means nothing in a store that has come into the place of
// the one where it was found out. What it still reads is of that one; what it writes, the store refuses.
Result<void> Pipeline::check_epoch(const Request& r) const {
  if (r.epoch == core_.store().epoch()) return {};
  return fail(Code::busy, "the store was replaced by a snapshot meanwhile, try again");
}

Result<void> Pipeline::gate(Parked& r) {
  if ((r->route && r->route->when_sealed) || r->in.open) {
    r->barrier = nullptr;
    return {};
  }
  if (!core_.seal_state().is_open()) return fail(Code::sealed, "Vault is sealed");
  return {};
}

// Of a login into a mount that has quotas for roles. Whatever is wrong with the login is for its handler to say.
Result<std::string> Pipeline::role_of(Request& r) {
  if (r.complaint || !r.route || !r.route->role || r.in.op == Op::help) return std::string();
  const CallerInfo caller = caller_info(r);
  const Call::Parts parts{r.in.op, r.inside, r.fields, r.in.body, *r.in.arena, caller, *r.mount->host};
  Call call(parts, mount_view(r));
  auto role = r.route->role(*r.mount->engine, call);
  if (r.transaction->incomplete()) return fail(Code::incomplete, "");
  return std::move(role).value_or("");
}

// Counted once for each request, however often it starts over. A refusal is not audited unless the configuration says so: whoever
// floods the server is not to fill its disk.
Result<void> Pipeline::meter(Parked& r) {
  if (r->metered) return {};
  const auto table = core_.quotas().table();
  if (!table || table->rates.empty() || table->is_exempt(r->in.path.view())) return {};
  const std::string_view mount = r->mount ? std::string_view(r->mount->entry.uuid) : std::string_view();
  const std::string role = table->rates.has_roles(mount) ? TRY(role_of(*r)) : std::string();
  r->metered = true;
  const RateLimit* limit = table->rates.find(mount, r->inside, role);
  if (!limit) return {};
  const auto verdict = limit->limiter->take(r->in.address, core_.clock().now());
  if (table->config.headers) {
    const std::string reset = std::to_string(std::chrono::ceil<Seconds>(verdict.reset).count());
    if (!verdict.blocked) {
      r->headers.emplace_back("X-Ratelimit-Limit", std::to_string(limit->limiter->rule().requests));
      r->headers.emplace_back("X-Ratelimit-Remaining", std::to_string(verdict.remaining));
      r->headers.emplace_back("X-Ratelimit-Reset", reset);
    }
    if (!verdict.allowed) r->headers.emplace_back("Retry-After", reset);
  }
  if (verdict.allowed) return {};
  limit->violations.add();
  r->reply = fail(Code::limited, concat("request path \"", r->in.path.text(), "\": rate limit quota exceeded"));
  if (table->config.audit) return std::unexpected(r->reply.error());
  r->next = step(&Pipeline::answer);
  return {};
}

bool Pipeline::would_refuse(std::string_view path, std::string_view address) {
  const auto table = core_.quotas().table();
  if (!table || table->rates.empty() || table->is_exempt(path)) return false;
  const auto router = core_.mounts().router();
  const Mount* mount = router->find(path);
  if (mount && table->rates.has_roles(mount->entry.uuid)) return false;  // that takes the body to tell
  const RateLimit* limit = table->rates.find(mount ? std::string_view(mount->entry.uuid) : "", mount ? path.substr(std::min(path.size(), mount->entry.path.size())) : "", "");
  if (!limit || !limit->limiter->would_refuse(address, core_.clock().now())) return false;
  limit->violations.add();
  return true;
}

// The wrapping token that the route is about. What is none is refused before anybody is judged: its holder may have no other token,
// and whoever finds it used up must hear that and nothing else.
Result<void> Pipeline::find_wrapping_token(Request& r) {
  std::string_view id = r.in.token.reveal();
  if (const json::Value* given = r.in.body ? r.in.body->find("token") : nullptr; given && !given->is_null()) {
    if (!given->is_string()) return fail(Code::denied, "error validating wrapping token: could not decode token in request body");
    if (given->text.empty()) return fail(Code::denied, "error validating wrapping token: empty token in request body");
    id = given->text;
  }
  if (id.empty()) return fail(Code::denied, "error validating wrapping token: token is empty");
  r.wrapping = TRY(core_.tokens().hash_of(*r.barrier, id));
  if (!TRY(core_.wrapping().find(transaction(r), r.wrapping))) return fail(Code::invalid, std::string(no_wrapping_token));
  return {};
}

Result<void> Pipeline::identify(Parked& r) {
  r->transaction.reset();
  r->wrapping.clear();
  if (r->route && r->route->wrapping != WrappingToken::none && r->in.op != Op::help) TRY(find_wrapping_token(*r));
  if (r->spent) return {};  // the use is paid for, and the token may be gone with it
  r->caller = {};
  if (r->in.open || (r->route && (r->route->access == Access::open || r->route->when_sealed))) return {};
  r->lap = SteadyClock::now();
  if (r->in.token.empty()) return fail(Code::denied, std::string("permission denied"));
  Caller& caller = r->caller;
  caller.hash = TRY(core_.tokens().hash_of(*r->barrier, r->in.token.reveal()));
  auto found = TRY(core_.tokens().identify(transaction(*r), *r->barrier, r->in.token.reveal(), caller.hash));
  // Somebody may have taken the wrapping token since it was found: the cache forgets at once.
  const auto invalid = [&] { return caller.hash == r->wrapping ? fail(Code::invalid, std::string(no_wrapping_token)) : fail(Code::denied, std::string(invalid_token)); };
  if (!found) return invalid();
  const Token& token = found->token;
  const bool maker_is_gone = !token.mount.empty() && !r->router->by_uuid(token.mount);  // its auth method was disabled
  if (token.uses == Token::spent_uses || maker_is_gone || TRY(core_.tokens().ancestor_is_going(transaction(*r), token))) return invalid();
  if (!address_within(token.bound_cidrs, r->in.address)) return fail(Code::denied, "permission denied");
  caller.held = std::move(found);
  caller.token = &caller.held->token;
  const bool is_taken = r->route && r->route->wrapping == WrappingToken::taken && caller.hash == r->wrapping &&
                        (r->in.op == Op::update || r->in.op == Op::create);  // a GET takes nothing, and is a use like any other
  caller.limited = token.is_limited() && !is_taken;  // the handler takes the token itself, with all that it holds, or nothing
  meters_.check_token.add(lap(*r));
  return {};
}

// In a commit of its own, with the revision of the token's row as its precondition: refused requests spend uses too, and of
// two that race for the last use one finds the row changed. Afterwards the row is read no more: other uses change it.
Result<void> Pipeline::spend(Parked& r) {
  if (!r->caller.limited || r->spent) return {};
  transaction(*r).go_on(Tier::any);
  TRY(core_.tokens().spend(transaction(*r), r->caller));
  return park_for_commit(r, TRY(r->transaction->take_batch()), &Pipeline::resolve);
}

Result<void> Pipeline::exists(Parked& r) {
  r->spent = r->caller.limited;  // who comes here has paid
  if (r->complaint || r->in.op == Op::help) return {};
  if (r->route->exists && (r->in.op == Op::create || r->in.op == Op::update)) {
    const CallerInfo caller = caller_info(*r);
    const Call::Parts parts{r->in.op, r->inside, r->fields, r->in.body, *r->in.arena, caller, *r->mount->host};
    Call call(parts, mount_view(*r));
    r->in.op = TRY(r->route->exists(*r->mount->engine, call)) ? Op::update : Op::create;
  }
  r->verb = verb_of(*r->route, r->in.op);
  if (!r->verb && r->in.op == Op::create) r->verb = verb_of(*r->route, Op::update);
  if (!r->verb) r->complaint = Error{Code::unsupported, r->route->when_sealed ? std::string() : std::string(unsupported_operation)};
  return {};
}

Result<void> Pipeline::judge(Parked& r) {
  if (r->caller.token) {
    r->lap = SteadyClock::now();
    r->caller.acl = TRY(core_.policies().acl(transaction(*r), r->caller.token->policies, r->caller.held->policy_set));
    const Question question{.op = r->in.op, .path = r->in.path.view(), .folded = r->folded_path, .parameters = r->in.body,
                            .wrap_ttl = r->in.wrap_ttl.count() > 0 ? std::optional(r->in.wrap_ttl) : std::nullopt,
                            .needs_sudo = r->route && r->route->access == Access::root};
    r->decision = r->caller.acl->decide(question);
    meters_.fetch_acl.add(lap(*r));
    if (!r->decision.allowed) return fail(Code::denied, std::string(permission_denied));
    if (r->decision.page_limit > 0) cap_page(*r);
  }
  if (r->complaint) return std::unexpected(*r->complaint);
  return {};
}

// Where a policy bounds pages, "max" asks for as much as it gives; elsewhere it is no number.
static void decode_without_max(Request& r) {
  const json::Value* asked = r.in.body ? r.in.body->find("limit") : nullptr;
  if (!r.complaint || r.in.complaint || r.mount->entry.upgrading || !asked || !asked->is_string() || asked->text != "max") return;
  const auto members = r.in.arena->make_array<json::Member>(r.in.body->members.size() - 1);
  std::ranges::copy_if(r.in.body->members, members.begin(), [](const json::Member& member) { return member.key != "limit"; });
  const json::Value without{.type = json::Type::object, .members = members};
  auto fields = decode_fields(r.route->fields, r.captured, &without, *r.in.arena);
  if (!fields) return;
  r.fields = std::move(*fields);
  r.complaint.reset();
  r.verb = verb_of(*r.route, r.in.op);
  if (!r.verb) r.complaint = Error{Code::unsupported, std::string(unsupported_operation)};
}

// A policy's pagination_limit holds whatever the caller asked for: nothing, zero and too much become the limit.
void Pipeline::cap_page(Request& r) const {
  if (!r.route) return;
  decode_without_max(r);
  const auto field = std::ranges::find(r.route->fields, "limit", [](const FieldInfo* info) { return info->name; });
  if (field == r.route->fields.end() || (*field)->kind != Kind::integer) return;
  const auto given = std::ranges::find(r.fields, *field, &Fields::value_type::first);
  if (given == r.fields.end()) r.fields.emplace_back(*field, r.decision.page_limit);
  else if (auto& limit = std::get<std::int64_t>(given->second); limit <= 0 || limit > r.decision.page_limit) limit = r.decision.page_limit;
}

// Of the names in a list those stay whose paths the caller may read. An answer that has other members too would tell the names there.
Result<void> Pipeline::filter_keys(Request& r, Reply& reply) {
  const KeyFilter* filter = r.decision.keys_filter;
  if (!filter || !reply.data()) return {};
  Arena arena;
  Buffer text;
  reply.data()->print(text);
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
  Reply filtered = Reply::list(kept, std::move(kept_info));
  for (const auto& warning : reply.warnings()) filtered.add_warning(warning);
  reply = std::move(filtered);
  return {};
}

// ---- run ------------------------------------------------------------------------------------------------------------------
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

Result<Reply> Pipeline::handle(Request& r) {
  const TimeIt handling(&r.mount->timings->of(r.in.op));
  TRY(check_epoch(r));
  if (r.in.op == Op::help) return Reply::bare(path_help(r.mount->spec, r.inside, r.route));
  // Whoever writes into a mount does so only while the mount is there.
  if (!r.mount->key.empty() && r.barrier) transaction(r).expect(r.mount->key, r.mount->revision);
  // A batch token has no row that something could go with.
  if (r.mount->spec.per_token && r.caller.token && r.caller.token->batch)
    return fail(Code::invalid, concat(r.mount->spec.type, " operations are only supported by 'service' type tokens"));
  // Whoever writes what goes with a token does so only while the token is there: also when a use of it was spent before, and its row
  // is not among what this transaction has read.
  if (r.mount->spec.per_token && r.spent && !TRY(core_.tokens().find(transaction(r), r.caller.hash))) return fail(Code::denied, std::string(invalid_token));
  const CallerInfo caller = caller_info(r);
  const Call::Parts parts{r.in.op, r.inside, r.fields, r.in.body, *r.in.arena, caller, *r.mount->host, r.in.upload.get()};
  Call call(parts, mount_view(r));
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
  const bool is_quick = r->in.op == Op::help || r->verb->cost == Cost::quick;
  if (!is_quick || r->place != Place::loop || r->caller.limited || r->in.large || r->in.wrap_ttl.count() > 0) return {};
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
  const Place lane = cost == Cost::cpu ? Place::cpu : cost == Cost::transfer ? Place::transfer : Place::normal;  // the plan of an external verb is normal
  if (r->place != lane) return move_to(r, lane, &Pipeline::run);
  r->reply = handle(*r);
  if (!r->reply) {
    if (r->transaction) r->transaction->discard_writes();  // Reply::refuse keeps them
    return std::unexpected(r->reply.error());
  }
  return {};
}

Result<void> Pipeline::add_records(Parked& r) {
  if (r->reply->lease()) TRY(add_lease(*r));
  if (const auto& login = r->reply->login())
    r->reply->set_auth(TRY(core_.tokens().log_in(transaction(*r), *r->barrier, *r->mount, r->in.path, *login, *r->reply)));
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
Result<void> Pipeline::commit(Parked& r) {
  if (!r->transaction || !r->transaction->has_writes()) return {};  // what was only read came from one snapshot and needs no check
  return park_for_commit(r, TRY(r->transaction->take_batch()), &Pipeline::resolve);
}
Result<void> Pipeline::commit_settled(Parked& r) {
  if (!r->transaction || !r->transaction->has_writes()) return {};
  return park_for_commit(r, TRY(r->transaction->take_batch()), &Pipeline::settle);
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
  if (++r->conflicts > limits_.conflicts) return fail(Code::busy, std::string(contended));
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

// An error from settle leaves the intent to the start-up job; a Reply::refuse ends it.
Result<void> Pipeline::settle(Parked& r) {
  if (r->place == Place::loop) return move_to(r, Place::normal, &Pipeline::settle);
  const CallerInfo caller = caller_info(*r);
  const Call::Parts parts{r->in.op, r->inside, r->fields, r->in.body, *r->in.arena, caller, *r->mount->host};
  Call call(parts, mount_view(*r));
  r->reply = r->verb->outside.settle(*r->mount->engine, call, *r->intent, *r->outcome);
  if (!r->reply) return std::unexpected(r->reply.error());
  return {};
}

// ---- answer -----------------------------------------------------------------------------------------------------------------
Result<void> Pipeline::audit_answer(Parked& r) {
  leave_line(*r);
  r->transaction.reset();
  print_answer(*r);
  const bool has_request_line = r->audited == r->in.op;
  return park_for_audit(r, !has_request_line, true);
}

// What the answer says, once: the audit hashes the same text that the client gets.
void Pipeline::print_answer(Request& r) {
  Answer& answer = r.answer;
  answer = {};
  answer.request_id = r.id;
  answer.headers = r.headers;
  answer.revision = r.revision;
  if (r.mount) answer.mount_type = r.mount->spec.type;
  const Error* error = !r.reply ? &r.reply.error() : r.reply->refused() ? &*r.reply->refused() : nullptr;
  if (error) {
    answer.status = http_status(error->code);
    answer.error = *error;
    return;
  }
  Reply& reply = *r.reply;
  answer.object_version = reply.object_version();
  if (reply.wrap()) {  // and nothing of what is inside
    answer.request_id.clear();
    answer.mount_type.clear();
    answer.wrap = std::move(reply.wrap());
    return;
  }
  answer.shape = reply.shape();
  if (reply.data()) reply.data()->print(answer.data);
  if (reply.auth()) reply.auth()->print().print(answer.auth);
  answer.lease_ttl = reply.read_again_after();
  if (const auto& lease = reply.lease_info()) {
    answer.lease_id = lease->id;
    answer.lease_ttl = lease->ttl;
    answer.renewable = lease->renewable;
  }
  answer.warnings = reply.warnings();
  const bool says_something = !reply.is_nil() || !reply.warnings().empty();  // a 204 stays one
  if (says_something && r.route && !r.route->any_field && r.in.body && r.in.op != Op::help) {
    const auto odd = odd_parameters(r.route->fields, r.captured, r.in.body);
    auto name_them = [&](std::string text, const Strings& names) {
      if (names.empty()) return;
      text += '[';
      for (const auto& name : names) text += text.back() == '[' ? name : ' ' + name;
      answer.warnings.push_back(text + ']');
    };
    name_them("Endpoint ignored these unrecognized parameters: ", odd.unknown);
    name_them("Endpoint replaced the value of these parameters with the values captured from the endpoint's path: ", odd.replaced);
  }
  answer.download = reply.download();
  if (reply.raw()) answer.raw = std::move(reply.raw()), answer.raw_is_envelope = reply.raw_is_envelope();
  answer.nil = reply.is_nil();
  answer.status = reply.status();
  if (answer.status == 0) {
    const bool asks = r.in.op == Op::read || r.in.op == Op::list || r.in.op == Op::scan;
    answer.status = !answer.nil || !answer.warnings.empty() ? 200 : asks ? 404 : 204;
  }
}

Result<void> Pipeline::answer(Parked& r) {
  if (r->place != Place::loop) return r->next = step(&Pipeline::answer), carry_home(std::move(r)), Result<void>();
  if (!r->answer.error && !r->reply) print_answer(*r);  // an audit device refused: the answer is another
  const bool is_login = r->reply && r->reply->login();
  (is_login ? meters_.handle_login : meters_.handle_request).add(core_.clock().now() - r->started);
  auto reply_to = std::move(r->reply_to);
  reply_to(std::move(r->answer));
  r.reset();
  leave();
  return {};
}

void Pipeline::leave() {
  if (--under_way_ > 0 || !draining_) return;
  std::lock_guard lock(mutex_);
  quiet_.notify_all();
}

Result<void> Pipeline::park_for_audit(Parked& r, bool with_request_line, bool with_answer_line) {
  if (r->in.open || (r->route && r->route->when_sealed)) return {};
  // Threads of a lane may not ask again for long: a copy kept there would keep a disabled device open.
  auto devices = r->place == Place::loop ? core_.audit().devices() : core_.audit().enabled();
  if (devices->empty()) return {};
  static constexpr AuditEntry::Kind both[] = {AuditEntry::Kind::request, AuditEntry::Kind::response};
  const std::span kinds = std::span(both).subspan(with_request_line ? 0 : 1, with_request_line && with_answer_line ? 2 : 1);
  const Request& request = *r;
  r->lap = SteadyClock::now();
  core_.audit().write(std::move(devices), request, kinds, [this, parked = std::move(r), with_request_line, with_answer_line](Result<void> written) mutable {
    const auto took = lap(*parked);
    if (with_request_line) meters_.log_request.add(took);
    if (with_answer_line) meters_.log_response.add(took);
    if (!written) {
      (with_answer_line ? meters_.log_response_failure : meters_.log_request_failure).add();
      core_.log().error("audit", "the request fails, since it could not be audited: mend the device, or let another one take its place",
                        {{"request_id", parked->id}, {"why", written.error().message}});
      parked->reply = fail(Code::internal, "internal error");
      print_answer(*parked);
      parked->answer.advice = audit_advice;
      parked->next = step(&Pipeline::answer);
    }
    carry_home(std::move(parked));
  });
  return {};
}

// ---- between the steps --------------------------------------------------------------------------------------------------
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
