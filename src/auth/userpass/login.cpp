#include "auth/userpass/engine.h"
#include "auth/userpass/fields.h"
#include "base/concat.h"
#include "crypto/bcrypt.h"

namespace sr::userpass {
namespace {

// What is checked when there is no such user, so that it takes as long. Nobody knows a password for it.
constexpr std::string_view nobodys_hash = "$2b$10$mO8vGQZrUAjnaVBSL1yWtuZ9pNdYe0tK3xRfLhC4sEoI7wXb.PqTi";

// Whatever is wrong with the pair: who guesses learns nothing from the answer.
Reply invalid_login() { return Reply::bad_credentials("invalid username or password"); }

// What a renewal is judged by: the user, and the policies that the user had at the login but for "default", which says nothing about
// a user. No name holds a line feed.
std::string print_renewal(std::string_view name, const Strings& policies) {
  std::string text(name);
  for (const auto& policy : parse_policies(policies))
    if (policy != "default") text += '\n' + policy;
  return text;
}

}  // namespace

Result<std::string> UserPass::who(Call& call) { return user_name(call); }

Result<Reply> UserPass::log_in(Call& call) {
  const std::string name = TRY(user_name(call));
  const std::string_view password = call[field::password].reveal();
  if (password.empty()) return fail(Code::invalid, "missing password");
  const auto user = TRY(load_user(call, name));
  const bool is_right = bcrypt::matches(password, user ? user->password_hash.reveal() : nobodys_hash);
  if (!user || !is_right) return invalid_login();
  if (!call.host().admits(user->token.bound_cidrs, call.caller().address)) return fail(Code::denied, "permission denied");

  Login login = login_with(user->token);
  login.display_name = login_display_name(call.host(), name);
  login.alias = name;
  login.metadata = {{"username", name}};
  login.renew_with = print_renewal(name, user->token.policies);
  return Reply::login(std::move(login));
}

// A token goes on only while its user is there and has the policies of the login, and as far as the user's settings say today.
Result<Login> UserPass::renew(Call& call, std::string_view renew_with) {
  const std::string_view name = renew_with.substr(0, renew_with.find('\n'));
  const auto user = TRY(load_user(call, name));
  if (!user) return fail(Code::invalid, "the user does not exist any more, not renewing");
  if (print_renewal(name, user->token.policies) != renew_with) return fail(Code::invalid, "policies have changed, not renewing");
  return login_with(user->token);
}

}  // namespace sr::userpass
