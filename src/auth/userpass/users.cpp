#include "auth/userpass/engine.h"
#include "auth/userpass/fields.h"
#include "base/concat.h"
#include "crypto/bcrypt.h"
#include "logical/paging.h"

namespace sr::userpass {
namespace {

// Of a hash that comes ready-made: a cheap one protects nothing, a dear one keeps the server busy.
constexpr int cost_min = 5, cost_max = 12;

std::unexpected<Error> no_such_user() { return fail(Code::invalid, "username does not exist"); }

// The hash that the call wants to be stored, of a password or as it is.
Result<Secret> read_password(const Call& call) {
  const std::string_view password = call[field::password].reveal(), hash = call[field::password_hash].reveal();
  if (!password.empty() && !hash.empty()) return fail(Code::invalid, "only one of password or password_hash may be provided");
  if (password.empty() && hash.empty()) return fail(Code::invalid, "must provide either password or password_hash");
  if (hash.empty()) return Secret(TRY(bcrypt::hash(password, call.host().random())));
  const auto cost = bcrypt::cost_of(hash);
  if (!cost) return fail(Code::invalid, "password_hash is not a valid bcrypt hash");
  if (*cost < cost_min) return fail(Code::invalid, concat("bcrypt cost of ", std::to_string(*cost), " is too low, want ", std::to_string(cost_min), " at minimum"));
  if (*cost > cost_max) return fail(Code::invalid, concat("bcrypt cost of ", std::to_string(*cost), " exceeds maximum cost of ", std::to_string(cost_max)));
  return Secret(hash);
}

bool has_password(const Call& call) { return !call[field::password].reveal().empty() || !call[field::password_hash].reveal().empty(); }

// The fields under their old names come first: the new name wins when both are given.
Result<Strings> read_settings(const Call& call, User& user) {
  if (call.has(field::policies)) user.token.policies = parse_policies(call[field::policies]);
  if (call.has(field::ttl)) user.token.ttl = call[field::ttl];
  if (call.has(field::ttl_max)) user.token.ttl_max = call[field::ttl_max];
  if (call.has(field::bound_cidrs)) user.token.bound_cidrs = TRY(read_cidrs(call[field::bound_cidrs]));
  user.shows_policies = shown_by_old_name(call, field::policies, token_field::policies, user.shows_policies);
  user.shows_ttl = shown_by_old_name(call, field::ttl, token_field::ttl, user.shows_ttl);
  user.shows_ttl_max = shown_by_old_name(call, field::ttl_max, token_field::ttl_max, user.shows_ttl_max);
  user.shows_cidrs = shown_by_old_name(call, field::bound_cidrs, token_field::bound_cidrs, user.shows_cidrs);
  return read_token_settings(call, user.token);
}

}  // namespace

Result<Reply> UserPass::list_users(Call& call) { return Reply::list(TRY(paging::list_names(call, "user/"))); }

// A name that is none is refused by the handler, after the policies have had their say.
Result<bool> UserPass::user_exists(Call& call) {
  const auto name = user_name(call);
  return !name || TRY(load_user(call, *name)).has_value();
}

Result<Reply> UserPass::read_user(Call& call) {
  const auto user = TRY(load_user(call, TRY(user_name(call))));
  if (!user) return Reply::empty();
  const TokenSettings& token = user->token;
  json::Object data;
  put_token_settings(data, token);
  if (user->shows_policies && !token.policies.empty()) data.put("policies", std::span<const std::string>(token.policies));
  if (user->shows_ttl && token.ttl > Seconds(0)) data.put("ttl", token.ttl.count());
  if (user->shows_ttl_max && token.ttl_max > Seconds(0)) data.put("max_ttl", token.ttl_max.count());
  if (user->shows_cidrs && !token.bound_cidrs.empty()) data.put("bound_cidrs", std::span<const std::string>(token.bound_cidrs));
  return Reply::data(std::move(data));
}

Result<Reply> UserPass::write_user(Call& call) {
  const std::string name = TRY(user_name(call));
  auto found = TRY(load_user(call, name));
  User user = found ? std::move(*found) : User{};
  Reply reply = Reply::empty();
  for (auto& warning : TRY(read_settings(call, user))) reply.add_warning(std::move(warning));
  if (!found || has_password(call)) user.password_hash = TRY(read_password(call));
  TRY(store_user(call, name, user));
  return reply;
}

Result<Reply> UserPass::remove_user(Call& call) {
  TRY(userpass::remove_user(call, TRY(user_name(call))));
  return Reply::empty();
}

Result<Reply> UserPass::write_password(Call& call) {
  const std::string name = TRY(user_name(call));
  auto user = TRY(load_user(call, name));
  if (!user) return no_such_user();
  user->password_hash = TRY(read_password(call));
  TRY(store_user(call, name, *user));
  return Reply::empty();
}

Result<Reply> UserPass::write_policies(Call& call) {
  const std::string name = TRY(user_name(call));
  auto user = TRY(load_user(call, name));
  if (!user) return no_such_user();
  if (call.has(token_field::policies)) user->token.policies = parse_policies(call[token_field::policies]);
  else if (call.has(field::policies)) user->token.policies = parse_policies(call[field::policies]);
  user->shows_policies = shown_by_old_name(call, field::policies, token_field::policies, user->shows_policies);
  TRY(store_user(call, name, *user));
  return Reply::empty();
}

}  // namespace sr::userpass
