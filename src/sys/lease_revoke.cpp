// sys/leases/revoke and its like: taking secrets back before their time. Each writes what is asked for in its own commit, so that it
// happens whatever becomes of the client; who asks to wait for it is called back.
#include "core/issued.h"
#include "sys/leases.h"

namespace sr::sys {
namespace {

constexpr TextField prefix{"prefix", "Where the leases were made: the beginning of their ids, or one id."};
constexpr FlagField sync{"sync", "Answer when it is done. Otherwise with 202, and it is done soon.", "true"};

Revocations::Done then(Acted done) {
  return [done = std::move(done)](Result<void> outcome) mutable {
    if (outcome) done(Secret(""));
    else done(std::unexpected(outcome.error()));
  };
}

}  // namespace

// ---- one lease ----------------------------------------------------------------------------------------------------------------
Result<Planned> Sys::plan_revocation(Call& call) {
  return plan_end_of(call, TRY(lease_id_of(call)), false);
}

// A lease that is not there needs nothing done, as in Vault. With `forget` it ends whatever the engine says.
Result<Planned> Sys::plan_end_of(Call& call, std::string_view id, bool forget) {
  Transaction& transaction = call.storage().transaction();
  const bool waits = forget || call[sync];
  const auto done = [&] { return waits ? Reply::empty() : Reply::empty().status(202); };
  if (const auto hash = TRY(core_.leases().find_token(transaction, id))) {
    TRY(core_.tokens().revoke(transaction, *hash));
    return done();
  }
  auto found = TRY(core_.leases().find(transaction, id));
  if (!found) return done();
  const std::string mount = found->lease.mount;
  TRY(core_.leases().end_soon(transaction, found->name, std::move(found->lease)));
  if (!waits) return done();
  return Intent{Secret(concat(forget ? "forget " : "revoke ", mount, " ", found->name))};
}

// ---- many -----------------------------------------------------------------------------------------------------------------------
Result<Planned> Sys::plan_prefix_revocation(Call& call) { return plan_end_under(call, false); }
Result<Planned> Sys::plan_forced_revocation(Call& call) { return plan_end_under(call, true); }

Result<Planned> Sys::plan_end_under(Call& call, bool forget) {
  const TimeIt revoking(&core_.metrics().timing({forget ? "expire.revoke-force" : "expire.revoke-prefix"}));
  std::string under(call[prefix]);
  Transaction& transaction = call.storage().transaction();
  if (!under.ends_with('/')) {
    const bool is_one = TRY(core_.leases().find_token(transaction, under)) || TRY(core_.leases().find(transaction, under));
    if (is_one) return plan_end_of(call, under, forget);
    under += '/';
  }
  Revocations::Sweeping sweeping{.places = places_under(TRY(mount_paths(transaction, *core_.mounts().router())), under), .forget = forget, .asked = call.now()};
  const bool waits = forget || call[sync];
  if (sweeping.places.empty()) return waits ? Reply::empty() : Reply::empty().status(202);
  const std::string job = TRY(Revocations::ask(transaction, core_.random(), sweeping));
  if (!waits) return Reply::empty().status(202);
  return Intent{Secret(concat("job ", job))};
}

// ---- waiting for it ---------------------------------------------------------------------------------------------------------------
void Sys::begin_revocation(const Intent& intent, Acted done) {
  const std::string_view what = intent.what.reveal();
  const std::string_view kind = what.substr(0, what.find(' ')), rest = what.substr(kind.size() + 1);
  if (kind == "job") return core_.revocations().await(std::string(rest), then(std::move(done)));
  const auto space = rest.find(' ');
  core_.revocations().revoke({.name = std::string(rest.substr(space + 1)), .mount = std::string(rest.substr(0, space)), .forget = kind == "forget"}, then(std::move(done)));
}

Result<Reply> Sys::settle_revocation(Call&, const Intent&, const Result<Secret>& outcome) {
  if (!outcome) {
    const bool is_ours = outcome.error().code == Code::internal || outcome.error().code == Code::busy || outcome.error().code == Code::sealed;
    return Reply::refuse({is_ours ? outcome.error().code : Code::invalid, outcome.error().message});
  }
  return Reply::empty();
}

// ---- tidy -------------------------------------------------------------------------------------------------------------------------
// A lease and what finds it are written and removed in one commit, so that there is nothing left over to find.
Result<Reply> Sys::tidy_leases(Call&) {
  core_.sweep_soon();
  return Reply::empty().status(202).warn("Tidy operation successfully started. Any information from the operation will be printed to Strongroom's server logs.");
}

std::vector<Route> lease_revoke_routes() {
  const auto one = [](std::vector<std::string_view> paths) {
    return Route{.paths = std::move(paths), .help = "Revokes a lease.", .fields = {&lease_id, &url_lease_id, &sync},
                 .verbs = {handed_over<&Sys::plan_revocation, &Sys::begin_revocation, &Sys::settle_revocation>(Op::update, "Take its secret back.")}};
  };
  const auto under = [](std::string_view path) {
    return Route{.paths = {path}, .help = "Revokes all leases and tokens that were made under a path.", .fields = {&prefix, &sync},
                 .verbs = {handed_over<&Sys::plan_prefix_revocation, &Sys::begin_revocation, &Sys::settle_revocation>(Op::update, "Take them all back.")},
                 .access = Access::root};
  };
  const auto forced = [](std::string_view path) {
    return Route{.paths = {path}, .help = "As revoke-prefix, but a lease is forgotten even when its secret could not be taken back.", .fields = {&prefix},
                 .verbs = {handed_over<&Sys::plan_forced_revocation, &Sys::begin_revocation, &Sys::settle_revocation>(Op::update, "Take them back, or forget them.")},
                 .access = Access::root};
  };
  return {
      one({"leases/revoke", "leases/revoke/{url_lease_id...}"}),
      under("leases/revoke-prefix/{prefix...}"),
      forced("leases/revoke-force/{prefix...}"),
      {.paths = {"leases/tidy"}, .help = "Looks for leases that are left over.", .verbs = {on<&Sys::tidy_leases>(Op::update, "Begin.")}},
      // as Vault still has them
      one({"revoke", "revoke/{url_lease_id...}"}),
      under("revoke-prefix/{prefix...}"),
      forced("revoke-force/{prefix...}"),
  };
}

}  // namespace sr::sys
