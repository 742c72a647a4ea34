// The first stage, on the loop: whose request is it, what is it about, and may it?
#include "base/concat.h"
#include "core/folded_path.h"
#include "core/pipeline_steps.h"

namespace sr {
namespace {

constexpr std::string_view permission_denied = "1 error occurred:\n\t* permission denied\n\n";
constexpr std::string_view unsupported_path = "1 error occurred:\n\t* unsupported path\n\n";
constexpr std::string_view unsupported_operation = "1 error occurred:\n\t* unsupported operation\n\n";
constexpr std::string_view upgrading =
    "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and will resume service shortly.";

}  // namespace

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
  Asked asked(*this, r);
  auto role = r.route->role(*r.mount->engine, asked.call);
  if (r.transaction->incomplete()) return fail(Code::incomplete, "");
  return std::move(role).value_or("");
}

// By the path in its one spelling: other letters do not make another user of a name whose case does not count.
static const RateLimit* limit_of(const QuotaTable& table, const Mount* mount, std::string_view path, std::string_view role) {
  if (!mount) return table.rates.find("", "", "");
  return table.rates.find(mount->entry.uuid, path.substr(std::min(path.size(), mount->entry.path.size())), role);
}

// Counted once for each request, however often it starts over. A refusal is not audited unless the configuration says so: whoever
// floods the server is not to fill its disk.
Result<void> Pipeline::meter(Parked& r) {
  if (r->metered) return {};
  const auto table = core_.quotas().table();
  if (!table || table->rates.empty() || table->is_exempt(r->in.path.view())) return {};
  const std::string role = r->mount && table->rates.has_roles(r->mount->entry.uuid) ? TRY(role_of(*r)) : std::string();
  r->metered = true;
  const RateLimit* limit = limit_of(*table, r->mount, r->folded_path.empty() ? r->in.path.view() : r->folded_path, role);
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
  const std::string folded = folded_path(*router, path);
  const RateLimit* limit = limit_of(*table, mount, folded.empty() ? path : folded, "");
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
    Asked asked(*this, *r);
    r->in.op = TRY(r->route->exists(*r->mount->engine, asked.call)) ? Op::update : Op::create;
  }
  r->verb = verb_of(*r->route, r->in.op);
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

}  // namespace sr
