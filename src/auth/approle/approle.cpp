#include "auth/approle/approle.h"
#include "auth/approle/engine.h"
#include "auth/approle/fields.h"
#include "auth/approle/settings.h"
#include "logical/paging.h"

namespace sr::approle {
namespace {

FieldList role_fields() {
  FieldList all{&field::role_name, &field::role_id, &field::bind_secret_id, &field::secret_id_bound_cidrs, &field::bound_cidr_list,
                &field::secret_id_num_uses, &field::secret_id_ttl, &field::local_secret_ids, &field::policies, &field::period};
  for (const FieldInfo* shared : token_field::all()) all.push_back(shared);
  return all;
}

Route setting_route(const Setting& setting) {
  Route route{.paths = {setting.path}, .help = setting.help, .fields = setting.fields,
              .verbs = {on<&AppRole::read_setting>(Op::read, "Read this setting of the role.")}};
  route.fields.push_back(&field::role_name);
  if (setting.reset) {
    route.verbs.push_back(on<&AppRole::write_setting>(Op::update, "Change this setting."));
    route.verbs.push_back(on<&AppRole::reset_setting>(Op::remove, "Set it back to its default."));
  }
  return route;
}

std::unique_ptr<Engine> make(const Mounted&) { return std::make_unique<AppRole>(); }

}  // namespace

Spec spec() {
  const FieldList new_secret_id{&field::role_name, &field::metadata, &field::cidr_list, &field::token_bound_cidrs, &field::num_uses, &field::ttl};
  FieldList chosen_secret_id = new_secret_id;
  chosen_secret_id.push_back(&field::secret_id);
  FieldList listed_secret_id = new_secret_id;
  listed_secret_id.insert(listed_secret_id.end(), {&paging::after, &paging::limit});

  Spec spec{
    .type = "approle",
    .help = "Machines log in with the id of a role and a secret id of it.",
    .routes = {
      {.paths = {"login"}, .help = "Log in.", .fields = {&field::role_id, &field::secret_id},
       .verbs = {on<&AppRole::log_in>(Op::update, "Get a token with the policies of the role.")},
       .access = Access::open,
       .who = &thunk<&AppRole::who, Result<std::string>, Call&>,
       .role = &thunk<&AppRole::role_of_login, Result<std::string>, Call&>},

      {.paths = {"role/", "role"}, .help = "The roles.", .fields = {&paging::after, &paging::limit},
       .verbs = {on<&AppRole::list_roles>(Op::list, "List the names of the roles.")}},
      {.paths = {"role/{role_name}"}, .help = "One role: who may log in by it, and what tokens come of that.", .fields = role_fields(),
       .verbs = {on<&AppRole::read_role>(Op::read, "Read the role's settings."),
                 on<&AppRole::write_role>(Op::create, "Make a role."),
                 on<&AppRole::write_role>(Op::update, "Change the settings that are given."),
                 on<&AppRole::remove_role>(Op::remove, "Remove the role; its secret ids are of no use any more.")},
       .exists = exists_by<&AppRole::role_exists>()},
      {.paths = {"role/{role_name}/role-id"}, .help = "The role id of a role.", .fields = {&field::role_name, &field::role_id},
       .verbs = {on<&AppRole::read_role_id>(Op::read, "Read the role id."),
                 on<&AppRole::write_role_id>(Op::update, "Choose another role id.")}},

      {.paths = {"role/{role_name}/secret-id", "role/{role_name}/secret-id/"}, .help = "The secret ids of a role.", .fields = listed_secret_id,
       .verbs = {on<&AppRole::make_secret_id>(Op::update, "Make a secret id."),
                 on<&AppRole::list_secret_ids>(Op::list, "List the accessors of the secret ids.")}},
      {.paths = {"role/{role_name}/custom-secret-id"}, .help = "Secret ids that are chosen.", .fields = chosen_secret_id,
       .verbs = {on<&AppRole::take_secret_id>(Op::update, "Make a secret id of the given text.")}},
      {.paths = {"role/{role_name}/secret-id/lookup"}, .help = "The limits of a secret id.", .fields = {&field::role_name, &field::secret_id},
       .verbs = {on<&AppRole::look_up_secret_id>(Op::update, "Look a secret id up.")}},
      {.paths = {"role/{role_name}/secret-id/destroy"}, .help = "The end of a secret id.", .fields = {&field::role_name, &field::secret_id},
       .verbs = {on<&AppRole::destroy_secret_id>(Op::update, "Destroy a secret id."),
                 on<&AppRole::destroy_secret_id>(Op::remove, "Destroy a secret id.")}},
      {.paths = {"role/{role_name}/secret-id-accessor/lookup"}, .help = "The limits of a secret id, by its accessor.",
       .fields = {&field::role_name, &field::secret_id_accessor},
       .verbs = {on<&AppRole::look_up_accessor>(Op::update, "Look a secret id up by its accessor.")}},
      {.paths = {"role/{role_name}/secret-id-accessor/destroy"}, .help = "The end of a secret id, by its accessor.",
       .fields = {&field::role_name, &field::secret_id_accessor},
       .verbs = {on<&AppRole::destroy_accessor>(Op::update, "Destroy a secret id by its accessor."),
                 on<&AppRole::destroy_accessor>(Op::remove, "Destroy a secret id by its accessor.")}},

      {.paths = {"tidy/secret-id"}, .help = "Clears away secret ids that have ended.",
       .verbs = {on<&AppRole::tidy>(Op::update, "Clear a batch of them away now.")}},
    },
    .make = make,
    .renew = &thunk<&AppRole::renew, Result<Login>, Call&, std::string_view>,
    .is_auth = true,
  };
  for (const auto& setting : settings()) spec.routes.push_back(setting_route(setting));
  return spec;
}

}  // namespace sr::approle
