// auth/token/renew and revoke, each with its self and accessor forms.
#include "base/concat.h"
#include "core/batch_tokens.h"
#include "sys/token.h"
#include "sys/token_fields.h"
#include "sys/token_role.h"

namespace sr::token {
namespace {

std::unexpected<Error> not_revocable() { return fail(Code::invalid, "batch tokens cannot be revoked"); }

}  // namespace

// ---- renew ----------------------------------------------------------------------------------------------------------------
// From now on, within what the token's maker, its mount and its explicit maximum allow. A login's token asks its auth method
// once more.
Result<Reply> TokenApi::prolong(Call& call, const Found& found, std::string_view id) {
  const Token& before = found.token;
  if (before.batch) return fail(Code::invalid, "batch tokens cannot be renewed");
  if (!before.renewable || !before.ends()) return fail(Code::invalid, "lease is not renewable");
  Token after = before;
  // Without an increment, which clients write as 0, the token gets what it got last once more.
  const Seconds increment = call[field::increment], last = before.granted.count() > 0 ? before.granted : before.ttl;
  LifeWish wish{.ttl = increment.count() > 0 ? increment : last, .ttl_max = before.ttl_max, .explicit_ttl_max = before.explicit_ttl_max, .period = before.period, .is_renewal = true};
  if (!before.role.empty()) {
    const auto role = TRY(load_role(call.storage(), before.role));
    if (!role) return fail(Code::invalid, concat("original token role \"", before.role, "\" could not be found, not renewing"));
    const auto lesser = [](Seconds a, Seconds b) { return a == Seconds(0) || b == Seconds(0) ? std::max(a, b) : std::min(a, b); };
    wish.period = lesser(before.period, role->token.period);
    wish.explicit_ttl_max = lesser(before.explicit_ttl_max, role->token.explicit_ttl_max);
  }
  const auto router = core_.mounts().router();
  const Mount* mount = before.mount.empty() ? nullptr : router->by_uuid(before.mount);
  if (!before.mount.empty() && !mount) return fail(Code::invalid, "lease is not renewable");
  if (mount) mount->expect_unchanged(call.storage().transaction());  // its longest time is a bound
  const Host& host = mount ? *mount->host : call.host();
  if (mount && mount->spec.renew) {
    const Fields none;
    const Call::Parts parts{Op::update, "", none, nullptr, call.arena(), call.caller(), host};
    Call inner(parts, View::mount(call.storage().transaction(), NamespaceId("root"), mount->entry.uuid));
    const Login now = TRY(mount->spec.renew(*mount->engine, inner, before.renew_with));
    after.period = wish.period = now.period;
    after.ttl_max = wish.ttl_max = now.ttl_max;
    if (increment.count() <= 0) wish.ttl = now.ttl;
  }
  Strings warnings;
  const Seconds ttl = bounded_ttl(wish, host, before.created, call.now(), warnings);
  after.expires = call.now() + ttl;
  after.renewed = call.now();
  after.granted = ttl;
  TRY(core_.tokens().store(call.storage().transaction(), found.hash, before, after));
  Reply reply = Reply::token(sr::describe(after, id, ttl));
  for (auto& warning : warnings) reply.add_warning(std::move(warning));
  return reply;
}

Result<Reply> TokenApi::renew(Call& call) {
  const auto id = call[field::token].reveal();
  if (id.empty()) return fail(Code::invalid, "missing token ID");
  const auto found = TRY(find(call, id));
  if (!found) return fail(Code::invalid, "token not found");
  return prolong(call, *found, id);
}

Result<Reply> TokenApi::renew_self(Call& call) {
  const auto found = TRY(find(call, call.caller().token));
  if (!found) return fail(Code::invalid, "token not found");
  return prolong(call, *found, call.caller().token);
}

Result<Reply> TokenApi::renew_accessor(Call& call) { return prolong(call, TRY(find_by_accessor(call)), ""); }

// ---- revoke -----------------------------------------------------------------------------------------------------------------
Result<Reply> TokenApi::revoke(Call& call) {
  const auto id = call[field::token].reveal();
  if (id.empty()) return fail(Code::invalid, "missing token ID");
  if (is_batch_id(id)) return not_revocable();
  TRY(core_.tokens().revoke(call.storage().transaction(), TRY(core_.tokens().hash_of(core_.barrier(), id))));
  return Reply::empty();
}

Result<Reply> TokenApi::revoke_self(Call& call) {
  if (is_batch_id(call.caller().token)) return not_revocable();
  TRY(core_.tokens().revoke(call.storage().transaction(), std::string(call.caller().token_hash)));
  return Reply::empty();
}

Result<Reply> TokenApi::revoke_accessor(Call& call) {
  if (call[field::accessor].empty()) return fail(Code::invalid, "1 error occurred:\n\t* missing accessor\n\n");
  const auto hash = TRY(core_.tokens().hash_by_accessor(call.storage().transaction(), core_.barrier(), call[field::accessor]));
  const auto found = hash ? TRY(core_.tokens().find(call.storage().transaction(), *hash)) : std::nullopt;
  if (!hash || (found && Tokens::is_spent_for(call.caller(), found->value->token, *hash))) return Reply::empty().warn("No token found with this accessor");
  TRY(core_.tokens().revoke(call.storage().transaction(), *hash));
  return Reply::empty();
}

Result<Reply> TokenApi::revoke_orphan(Call& call) {
  if (!call.caller().has_sudo) return fail(Code::invalid, "root or sudo privileges required to revoke and orphan");
  const auto id = call[field::token].reveal();
  if (id.empty()) return fail(Code::invalid, "missing token ID");
  if (is_batch_id(id)) return not_revocable();
  const auto found = TRY(find(call, id));
  // Its children go with a tree that is being revoked: that must not make orphans of them, who would live on.
  if (!found || TRY(core_.tokens().has_lost_an_ancestor(call.storage().transaction(), found->token))) return fail(Code::invalid, "token to revoke not found");
  TRY(core_.tokens().revoke_alone(call.storage().transaction(), found->hash));
  return Reply::empty();
}

// ---- tidy -------------------------------------------------------------------------------------------------------------------
// What a token has of rows goes with it in one commit, so that there is nothing left to find; the sweep takes what has expired.
Result<Reply> TokenApi::tidy(Call&) {
  core_.sweep_soon();
  return Reply::empty().status(202).warn("Tidy operation successfully started. Any information from the operation will be printed to Strongroom's server logs.");
}

}  // namespace sr::token
