// auth/token/renew and revoke, each with its self and accessor forms.
#include "sys/token.h"
#include "sys/token_fields.h"

namespace sr::token {

// ---- renew ----------------------------------------------------------------------------------------------------------------
// From now on, within what the token's maker, its mount and its explicit maximum allow. A login's token asks its auth method
// once more.
Result<Reply> TokenApi::prolong(Call& call, const Found& found, std::string_view id) {
  const Token& before = found.token;
  if (!before.renewable || !before.ends()) return fail(Code::invalid, "lease is not renewable");
  Token after = before;
  // Without an increment, which clients write as 0, the token gets what it was made with once more.
  const Seconds increment = call[field::increment];
  LifeWish wish{.ttl = increment.count() > 0 ? increment : before.ttl, .ttl_max = before.ttl_max, .explicit_ttl_max = before.explicit_ttl_max, .period = before.period, .is_renewal = true};
  const auto router = core_.mounts().router();
  const Mount* mount = before.mount.empty() ? nullptr : router->by_uuid(before.mount);
  if (!before.mount.empty() && !mount) return fail(Code::invalid, "lease is not renewable");
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
  const auto found = TRY(find_hash(call, std::string(call.caller().token_hash)));
  if (!found) return fail(Code::invalid, "token not found");
  return prolong(call, *found, call.caller().token);
}

Result<Reply> TokenApi::renew_accessor(Call& call) { return prolong(call, TRY(find_by_accessor(call)), ""); }

// ---- revoke -----------------------------------------------------------------------------------------------------------------
Result<Reply> TokenApi::revoke(Call& call) {
  const auto id = call[field::token].reveal();
  if (id.empty()) return fail(Code::invalid, "missing token ID");
  TRY(core_.tokens().revoke(call.storage().transaction(), TRY(core_.tokens().hash_of(core_.barrier(), id))));
  return Reply::empty();
}

Result<Reply> TokenApi::revoke_self(Call& call) {
  TRY(core_.tokens().revoke(call.storage().transaction(), std::string(call.caller().token_hash)));
  return Reply::empty();
}

Result<Reply> TokenApi::revoke_accessor(Call& call) {
  if (call[field::accessor].empty()) return fail(Code::invalid, "missing accessor");
  const auto hash = TRY(core_.tokens().hash_by_accessor(call.storage().transaction(), core_.barrier(), call[field::accessor]));
  if (!hash) return Reply::empty().warn("No token found with this accessor");
  TRY(core_.tokens().revoke(call.storage().transaction(), *hash));
  return Reply::empty();
}

Result<Reply> TokenApi::revoke_orphan(Call& call) {
  if (!call.caller().has_sudo) return fail(Code::invalid, "root or sudo privileges required to revoke and orphan");
  const auto id = call[field::token].reveal();
  if (id.empty()) return fail(Code::invalid, "missing token ID");
  const auto found = TRY(find(call, id));
  if (!found) return fail(Code::invalid, "token to revoke not found");
  TRY(core_.tokens().revoke_alone(call.storage().transaction(), found->hash));
  return Reply::empty();
}

}  // namespace sr::token
