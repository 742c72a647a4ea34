// sys/leases: looking at leases, and prolonging them. Tokens are listed among them, as in Vault.
#include "core/issued.h"
#include "logical/paging.h"
#include "storage/record.h"
#include "sys/leases.h"

namespace sr::sys {
namespace lease_field {

constexpr TextField prefix{"prefix", "Where the leases were made: the beginning of their ids."};
constexpr TextField type{"type", "Which leases; only \"irrevocable\" has an answer."};
constexpr FlagField include_child_namespaces{"include_child_namespaces", "Those of the namespaces below as well. There are none here."};
constexpr TextField limit{"limit", "At most so many; \"none\" for all. 10,000 when absent."};
constexpr DurationField increment{"increment", "For how long from now on the lease is wanted."};

}  // namespace lease_field

using namespace lease_field;

// ---- lookup -----------------------------------------------------------------------------------------------------------------
Result<std::string_view> lease_id_of(Call& call) {
  const std::string_view id = call[lease_id].empty() ? call[url_lease_id] : call[lease_id];
  if (id.empty()) return fail(Code::invalid, "lease_id must be specified");
  return id;
}

namespace {

json::Object describe(std::string_view id, std::string_view path, Time issued, std::optional<Time> expires, std::optional<Time> renewed, Time now, bool renewable) {
  json::Object data;
  data.put("id", id).put("path", path).put("issue_time", rfc3339(issued)).put("expire_time", nullptr).put("last_renewal", nullptr).put("renewable", renewable);
  if (expires) data.put("expire_time", rfc3339(*expires));
  if (renewed) data.put("last_renewal", rfc3339(*renewed));
  data.put("ttl", expires ? std::chrono::floor<Seconds>(*expires - now).count() : std::int64_t{0});
  return data;
}

std::optional<Time> unless_epoch(Time time) { return time == Time{} ? std::nullopt : std::optional(time); }

}  // namespace

Result<Reply> Sys::look_up_lease(Call& call) {
  const std::string_view id = call[lease_id];
  if (id.empty()) return fail(Code::invalid, "lease_id must be specified");
  Transaction& transaction = call.storage().transaction();
  if (const auto hash = TRY(core_.leases().find_token(transaction, id))) {
    const auto found = TRY(core_.tokens().find(transaction, *hash));
    if (found) {
      const Token& token = found->value->token;
      return Reply::data(describe(id, token.path, token.created, unless_epoch(token.expires), unless_epoch(token.renewed), call.now(),
                                  token.renewable && token.ends() && !token.has_ended(call.now())));
    }
  }
  const auto found = TRY(core_.leases().find(transaction, id));
  if (!found) return fail(Code::invalid, "invalid lease");
  const LeaseRecord& lease = found->lease;
  const bool is_renewable = core_.leases().check_renewable(lease).has_value() && lease.holder_expires == Time{};
  auto data = describe(id, lease.path, lease.issued, lease.expires, unless_epoch(lease.renewed), call.now(), is_renewable);
  if (lease.irrevocable) data.put("revoke_error", lease.error);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::list_leases(Call& call) {
  std::string under(call[prefix]);
  if (!under.empty() && !under.ends_with('/')) under += '/';
  Transaction& transaction = call.storage().transaction();
  return Reply::list(TRY(list_issued(transaction, TRY(mount_paths(transaction, *core_.mounts().router())), under, paging::page_in(call))));
}

// ---- the irrevocable ones -------------------------------------------------------------------------------------------------------
namespace {

bool is_about_irrevocable(Call& call) { return to_lower(call[type]) == "irrevocable"; }

// In the words of Go's strconv, as Vault has them.
Result<std::size_t> parse_limit(std::string_view text) {
  if (text.empty()) return limits::irrevocable_shown;
  if (to_lower(text) == "none") return limits::list_names;
  std::size_t limit = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (problem == std::errc() && end == text.data() + text.size()) {
    if (limit > 0) return std::min(limit, limits::list_names);
  } else if (!text.starts_with('-')) {
    Buffer quoted;
    json::quote(quoted, text);
    return fail(Code::invalid, concat("invalid 'limit' provided: strconv.Atoi: parsing ", quoted.view(), ": invalid syntax"));
  }
  return fail(Code::invalid, "limit must be 'none' or a positive integer");
}

std::string accessor_of(const Router& router, const LeaseRecord& lease) {
  const Mount* mount = router.by_uuid(lease.mount);
  return mount ? mount->entry.accessor : "mount-accessor-not-found";
}

}  // namespace

Result<Reply> Sys::count_leases(Call& call) {
  if (!is_about_irrevocable(call)) return Reply::empty();
  const auto router = core_.mounts().router();
  std::map<std::string, std::size_t> by_mount;
  const auto found = TRY(core_.leases().irrevocable(call.storage().transaction(), limits::list_names));
  for (const auto& one : found.leases) by_mount[accessor_of(*router, one.lease)] += 1;
  json::Object counts, data;
  for (const auto& [accessor, count] : by_mount) counts.put(accessor, count);
  data.put("lease_count", found.leases.size()).put("counts", counts);
  return Reply::data(std::move(data));
}

// Ordered by when they should have ended.
Result<Reply> Sys::list_irrevocable_leases(Call& call) {
  if (!is_about_irrevocable(call)) return Reply::empty();
  const std::size_t most = TRY(parse_limit(call[limit]));
  const auto router = core_.mounts().router();
  auto found = TRY(core_.leases().irrevocable(call.storage().transaction(), most));
  std::ranges::sort(found.leases, {}, [](const Leases::Found& one) { return std::pair(one.lease.expires, one.id()); });
  json::Array leases;
  for (const auto& one : found.leases) {
    json::Object shown;
    shown.put("lease_id", one.id()).put("mount_id", accessor_of(*router, one.lease)).put("error", one.lease.error);
    leases.add(shown);
  }
  json::Object data;
  data.put("lease_count", found.leases.size()).put("leases", leases);
  Reply reply = Reply::data(std::move(data));
  if (found.more) reply.add_warning("Command halted because many irrevocable leases were found. To emit the entire list, re-run the command with force set true.");
  return reply;
}

// ---- renew ----------------------------------------------------------------------------------------------------------------------
namespace {

// What plan has decided, for act and settle.
struct Prolonging {
  std::string name{};
  Time expires{};
  std::string mount{};
  std::string kind{};
  Secret outside{};
  Strings warnings{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, name);
    archive(2, expires);
    archive(3, mount);
    archive(4, kind);
    archive(5, outside);
    archive(6, warnings);
  }
};

Reply renewed(const Leases::Found& found, Time now, const Strings& warnings) {
  Reply reply = Reply::empty();
  reply.set_lease_info({.id = found.id(), .ttl = std::chrono::ceil<Seconds>(found.lease.expires - now), .renewable = found.lease.renewable});
  for (const auto& warning : warnings) reply.add_warning(warning);
  return reply;
}

}  // namespace

Result<void> Sys::prolong(Call& call, Leases::Found& found, Time until) {
  const Time due_before = found.lease.due();
  found.lease.expires = until;
  found.lease.renewed = call.now();
  return core_.leases().store(call.storage().transaction(), found.name, due_before, found.lease);
}

Result<Planned> Sys::plan_renewal(Call& call) {
  const TimeIt renewing(&core_.metrics().timing({"expire.renew"}));
  const std::string_view id = TRY(lease_id_of(call));
  Transaction& transaction = call.storage().transaction();
  if (const auto hash = TRY(core_.leases().find_token(transaction, id))) {
    const auto token = TRY(core_.tokens().find(transaction, *hash));
    if (token && (!token->value->token.renewable || !token->value->token.ends())) return fail(Code::invalid, "lease is not renewable");
    return fail(Code::invalid, "tokens cannot be renewed through this endpoint");
  }
  auto found = TRY(core_.leases().find(transaction, id));
  if (!found) return fail(Code::invalid, "lease not found");
  TRY(core_.leases().check_renewable(found->lease));
  const auto router = core_.mounts().router();
  const Mount* mount = router->by_uuid(found->lease.mount);
  const SecretType* kind = mount ? secret_type(mount->spec, found->lease.kind) : nullptr;
  if (!kind) return fail(Code::invalid, "lease is not renewable");
  mount->expect_unchanged(transaction);  // its longest time is a bound
  const Renewal& renewal = kind->renew;
  const Fields none;
  const Call::Parts parts{Op::update, found->lease.inside, none, nullptr, call.arena(), call.caller(), *mount->host};
  Call inner(parts, View::mount(transaction, NamespaceId("root"), mount->entry.uuid));
  const LeaseTerms terms = renewal.terms ? TRY(renewal.terms(*mount->engine, inner, found->lease.held())) : LeaseTerms{found->lease.ttl, found->lease.ttl_max};
  Prolonging prolonging{.name = found->name, .expires = {}, .mount = found->lease.mount, .kind = found->lease.kind};
  prolonging.expires = call.now() + TRY(core_.leases().renewed_ttl(found->lease, terms, *mount->host, call[increment], prolonging.warnings));
  if (!renewal.act) {
    TRY(prolong(call, *found, prolonging.expires));
    return renewed(*found, call.now(), prolonging.warnings);
  }
  HeldLease then = found->lease.held();
  then.expires = prolonging.expires;
  prolonging.outside = TRY(renewal.plan(*mount->engine, inner, then)).what;
  return Intent{store_record(prolonging)};
}

Result<Secret> Sys::act_on_renewal(const Intent& intent, Attempt) {
  const auto prolonging = TRY(load_record<Prolonging>(intent.what));
  const auto router = core_.mounts().current();
  const Mount* mount = router->by_uuid(prolonging.mount);
  const SecretType* kind = mount ? secret_type(mount->spec, prolonging.kind) : nullptr;
  if (!kind || !kind->renew.act) return fail(Code::invalid, "lease not found");
  TRY(kind->renew.act(*mount->engine, Intent{prolonging.outside.copy()}));
  return Secret("");
}

// The lease may have ended meanwhile: then what was prolonged outside is taken back, or has been, and nothing is prolonged here.
Result<Reply> Sys::settle_renewal(Call& call, const Intent& intent, const Result<Secret>& outcome) {
  const auto prolonging = TRY(load_record<Prolonging>(intent.what));
  if (!outcome) return Reply::refuse({Code::invalid, concat("failed to renew entry: resp: (*logical.Response)(nil) err: ", outcome.error().message)});
  auto lease = TRY(core_.leases().load(call.storage().transaction(), prolonging.name));
  if (!lease) return Reply::refuse({Code::invalid, "lease not found"});
  if (lease->ending) return Reply::refuse({Code::invalid, "lease expired"});
  Leases::Found found{prolonging.name, std::move(*lease)};
  TRY(prolong(call, found, prolonging.expires));
  return renewed(found, call.now(), prolonging.warnings);
}

std::vector<Route> lease_routes() {
  const auto renewing = [](std::vector<std::string_view> paths) {
    return Route{.paths = std::move(paths), .help = "Prolongs a lease.", .fields = {&lease_id, &url_lease_id, &increment},
                 .verbs = {outside<&Sys::plan_renewal, &Sys::act_on_renewal, &Sys::settle_renewal>(Op::update, "Prolong it, from now on.")}};
  };
  return {
      {.paths = {"leases/lookup"}, .help = "What is known of a lease.", .fields = {&lease_id},
       .verbs = {on<&Sys::look_up_lease>(Op::update, "Look it up.")}},
      {.paths = {"leases/lookup/", "leases/lookup/{prefix...}"}, .help = "Leases by where they were made.", .fields = {&prefix, &paging::after, &paging::limit},
       .verbs = {on<&Sys::list_leases>(Op::list, "List the leases and folders there.")}, .access = Access::root},
      {.paths = {"leases"}, .help = "Leases that could not be revoked.", .fields = {&type, &include_child_namespaces, &limit},
       .verbs = {on<&Sys::list_irrevocable_leases>(Op::read, "List them, with the reasons.")}, .access = Access::root},
      {.paths = {"leases/count"}, .help = "How many leases could not be revoked.", .fields = {&type, &include_child_namespaces},
       .verbs = {on<&Sys::count_leases>(Op::read, "Count them by mount.")}},
      renewing({"leases/renew", "leases/renew/{url_lease_id...}"}),
      renewing({"renew", "renew/{url_lease_id...}"}),  // as Vault still has it
  };
}

}  // namespace sr::sys
