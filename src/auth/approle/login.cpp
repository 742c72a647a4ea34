#include "auth/approle/engine.h"
#include "auth/approle/fields.h"
#include "base/concat.h"
#include "text/trim.h"

namespace sr::approle {
namespace {

// Whatever is wrong with the pair of ids: who guesses learns nothing from the answer.
constexpr std::string_view invalid_ids = "invalid role or secret ID";

std::unexpected<Error> wrong_address(const Call& call, std::string_view where) {
  return fail(Code::invalid, concat("source address \"", call.caller().address, "\" unauthorized ", where));
}

// One login less, in the transaction of that login: of many that race, each finds the row as the one before it left it.
Result<void> spend_use(Call& call, const Role& role, std::string_view hash, SecretId& secret) {
  if (secret.uses == 0) return {};
  if (secret.uses == 1) return remove_secret_id(call, role.uid, hash, secret);
  --secret.uses;
  secret.updated = call.now();
  return store_secret_id(call, role, hash, secret);
}

}  // namespace

// A role id is not a secret. Both ids are read from files, which end with a new line.
Result<std::string> AppRole::who(Call& call) {
  const auto id = trimmed(call[field::role_id]);
  if (id.empty()) return fail(Code::invalid, "missing role_id");
  return std::string(id);
}

Result<std::string> AppRole::role_of_login(Call& call) {
  auto found = TRY(role_by_id(call, TRY(who(call))));
  return found ? std::move(found->first) : std::string();
}

// Only a wrong secret id of a role that exists counts as a failed login: a role id that nobody has opens nothing.
Result<Reply> AppRole::log_in(Call& call) {
  auto found = TRY(role_by_id(call, TRY(who(call))));
  if (!found) return fail(Code::invalid, std::string(invalid_ids));
  auto& [name, role] = *found;

  std::optional<SecretId> secret;
  std::string hash;
  if (role.bind_secret_id) {
    const std::string_view secret_id = trimmed(call[field::secret_id].reveal());
    if (secret_id.empty()) return fail(Code::invalid, "missing secret_id");
    hash = TRY(hash_of_secret_id(call, secret_id));
    secret = TRY(load_secret_id(call, role, hash));
    if (!secret) return Reply::bad_credentials(std::string(invalid_ids));
    if (secret->has_ended(call.now())) return fail(Code::invalid, std::string(invalid_ids));
    if (!call.host().admits(secret->cidrs, call.caller().address)) return wrong_address(call, "through CIDR restrictions on the secret ID");
  }
  if (!call.host().admits(role.secret_id_bound_cidrs, call.caller().address)) return wrong_address(call, "by CIDR restrictions on the role");
  if (secret) TRY(spend_use(call, role, hash, *secret));

  Login login = login_with(role.token);
  login.display_name = login_display_name(call.host());
  login.alias = role.role_id.reveal();
  login.renew_with = name;
  if (secret) {
    login.metadata = secret->metadata;
    if (!secret->token_cidrs.empty()) login.bound_cidrs = secret->token_cidrs;
  }
  login.metadata.insert_or_assign("role_name", name);
  return Reply::login(std::move(login));
}

// A token goes on only while its role is there, and as far as the role says today.
Result<Login> AppRole::renew(Call& call, std::string_view name) {
  const auto role = TRY(load_role(call, name));
  if (!role) return fail(Code::invalid, concat("role \"", name, "\" does not exist during renewal"));
  return login_with(role->token);
}

}  // namespace sr::approle
