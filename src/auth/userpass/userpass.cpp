#include "auth/userpass/userpass.h"
#include "auth/userpass/engine.h"
#include "auth/userpass/fields.h"
#include "logical/paging.h"

namespace sr::userpass {
namespace {

FieldList user_fields() {
  FieldList all{&field::username, &field::password, &field::password_hash, &field::policies, &field::ttl, &field::ttl_max, &field::bound_cidrs};
  for (const FieldInfo* shared : token_field::all()) all.push_back(shared);
  return all;
}

std::unique_ptr<Engine> make(const Mounted&) { return std::make_unique<UserPass>(); }

}  // namespace

Spec spec() {
  return {
    .type = "userpass",
    .help = "People log in with a name and a password.",
    .routes = {
      {.paths = {"login/{username}"}, .help = "Log in.", .fields = {&field::username, &field::password},
       .verbs = {on<&UserPass::log_in>(Op::update, "Get a token with the policies of the user.", Cost::cpu)},
       .access = Access::open,
       .who = &thunk<&UserPass::who, Result<std::string>, Call&>},

      {.paths = {"users/", "users"}, .help = "The users.", .fields = {&paging::after, &paging::limit},
       .verbs = {on<&UserPass::list_users>(Op::list, "List the names of the users.")}},
      {.paths = {"users/{username}"}, .help = "One user: the password, and what tokens come of a login.", .fields = user_fields(),
       .verbs = {on<&UserPass::read_user>(Op::read, "Read the user's settings, without the password."),
                 on<&UserPass::write_user>(Op::create, "Make a user.", Cost::cpu),
                 on<&UserPass::write_user>(Op::update, "Change the settings that are given.", Cost::cpu),
                 on<&UserPass::remove_user>(Op::remove, "Remove the user; tokens of earlier logins cannot be renewed any more.")},
       .exists = exists_by<&UserPass::user_exists>()},
      {.paths = {"users/{username}/password"}, .help = "The password of a user.", .fields = {&field::username, &field::password, &field::password_hash},
       .verbs = {on<&UserPass::write_password>(Op::update, "Change the password.", Cost::cpu)}},
      {.paths = {"users/{username}/policies"}, .help = "The policies of a user.", .fields = {&field::username, &token_field::policies, &field::policies},
       .verbs = {on<&UserPass::write_policies>(Op::update, "Change the policies.")}},
    },
    .make = make,
    .renew = &thunk<&UserPass::renew, Result<Login>, Call&, std::string_view>,
    .is_auth = true,
  };
}

}  // namespace sr::userpass
