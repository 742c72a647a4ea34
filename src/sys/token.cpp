#include "sys/token.h"
#include "sys/token_fields.h"
#include "sys/token_role.h"
#include "logical/paging.h"

namespace sr::token {

namespace {

FieldList with(const FieldInfo& first, FieldList rest) {
  rest.insert(rest.begin(), &first);
  return rest;
}

}  // namespace

Spec spec(Core& core) {
  const FieldList creating{&field::id, &field::display_name, &field::meta, &field::policies, &field::no_parent, &field::no_default_policy, &field::renewable, &field::ttl, &field::lease, &field::explicit_max_ttl, &field::period,
                           &field::num_uses, &field::type, &field::entity_alias};
  return {
      .type = "token",
      .help = "The token store: makes, shows, renews and revokes tokens.",
      .routes =
          {
              {.paths = {"create"},
               .help = "A new token, child of the caller's unless it is an orphan.",
               .fields = creating,
               .verbs = {on<&TokenApi::create>(Op::update, "Create a token.")}},
              {.paths = {"create-orphan"},
               .help = "A new token without a parent.",
               .fields = creating,
               .verbs = {on<&TokenApi::create_orphan>(Op::update, "Create an orphan token.")}},
              {.paths = {"create/{role_name}"},
               .help = "A new token as a role says.",
               .fields = with(field::role_name, creating),
               .verbs = {on<&TokenApi::create_by_role>(Op::update, "Create a token by a role.")}},
              {.paths = {"roles/", "roles"},
               .help = "The roles.",
               .fields = {&paging::after, &paging::limit},
               .verbs = {on<&TokenApi::list_roles>(Op::list, "List the names of the roles.")}},
              {.paths = {"roles/{role_name}"},
               .help = "One role: what tokens may be made by it, whatever the policies of who makes them.",
               .fields = role_fields(),
               .verbs = {on<&TokenApi::read_role>(Op::read, "Read the role."), on<&TokenApi::write_role>(Op::create, "Make a role."),
                         on<&TokenApi::write_role>(Op::update, "Change the settings that are given."), on<&TokenApi::remove_role>(Op::remove, "Remove the role.")},
               .exists = exists_by<&TokenApi::role_exists>()},
              {.paths = {"tidy"},
               .help = "Clears away what is left of tokens that are gone.",
               .verbs = {on<&TokenApi::tidy>(Op::update, "Start the work.")}},
              {.paths = {"lookup"},
               .help = "What is known of a token.",
               .fields = {&field::token},
               .verbs = {on<&TokenApi::lookup>(Op::read, "Look up the caller's token, or one in the query.", Cost::quick),
                         on<&TokenApi::lookup>(Op::update, "Look up a token.", Cost::quick)}},
              {.paths = {"lookup-self"},
               .help = "What is known of the caller's token.",
               .fields = {&field::token},
               .verbs = {on<&TokenApi::lookup_self>(Op::read, "Look up one's own token.", Cost::quick),
                         on<&TokenApi::lookup_self>(Op::update, "The same.", Cost::quick)}},
              {.paths = {"lookup-accessor"},
               .help = "What is known of a token, by its accessor. The answer does not name the token.",
               .fields = {&field::accessor},
               .verbs = {on<&TokenApi::lookup_accessor>(Op::update, "Look up by accessor.", Cost::quick)}},
              {.paths = {"accessors/"},
               .help = "The accessors of all tokens.",
               .fields = {&paging::after, &paging::limit},
               .verbs = {on<&TokenApi::list_accessors>(Op::list, "List the accessors.")},
               .access = Access::root},
              {.paths = {"renew"},
               .help = "Lets a token last longer.",
               .fields = {&field::token, &field::increment},
               .verbs = {on<&TokenApi::renew>(Op::update, "Renew a token.")}},
              {.paths = {"renew-self"},
               .help = "Lets the caller's token last longer.",
               .fields = {&field::token, &field::increment},
               .verbs = {on<&TokenApi::renew_self>(Op::update, "Renew one's own token.")}},
              {.paths = {"renew-accessor"},
               .help = "Lets a token last longer, by its accessor.",
               .fields = {&field::accessor, &field::increment},
               .verbs = {on<&TokenApi::renew_accessor>(Op::update, "Renew by accessor.")}},
              {.paths = {"revoke"},
               .help = "Ends a token and all under it.",
               .fields = {&field::token},
               .verbs = {on<&TokenApi::revoke>(Op::update, "Revoke a token.")}},
              {.paths = {"revoke-self"},
               .help = "Ends the caller's token and all under it.",
               .verbs = {on<&TokenApi::revoke_self>(Op::update, "Revoke one's own token.")}},
              {.paths = {"revoke-accessor"},
               .help = "Ends a token and all under it, by its accessor.",
               .fields = {&field::accessor},
               .verbs = {on<&TokenApi::revoke_accessor>(Op::update, "Revoke by accessor.")}},
              {.paths = {"revoke-orphan"},
               .help = "Ends a token; its children become orphans.",
               .fields = {&field::token},
               .verbs = {on<&TokenApi::revoke_orphan>(Op::update, "Revoke a token alone; only with sudo.")}},
          },
      .make = [&core](const Mounted&) { return std::make_unique<TokenApi>(core); },
      .is_auth = true,
  };
}

}  // namespace sr::token
