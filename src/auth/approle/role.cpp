#include "auth/approle/engine.h"
#include "auth/approle/fields.h"
#include "auth/approle/settings.h"
#include "logical/paging.h"

namespace sr::approle {
namespace {

constexpr std::size_t swept_with_a_role = 64;

}  // namespace

Result<Reply> AppRole::list_roles(Call& call) { return Reply::list(TRY(paging::list_names(call, "role/"))); }

// A name that is none is refused by the handler, after the policies have had their say.
Result<bool> AppRole::role_exists(Call& call) {
  const auto name = role_name(call);
  return !name || TRY(load_role(call, *name)).has_value();
}

Result<Reply> AppRole::read_role(Call& call) {
  const auto role = TRY(load_role(call, TRY(role_name(call))));
  if (!role) return Reply::empty();
  json::Object data;
  for (const auto& setting : settings())
    if (setting.name() != "bound-cidr-list") setting.print(data, *role);
  put_token_settings(data, role->token);
  return Reply::data(std::move(data));
}

Result<Reply> AppRole::write_role(Call& call) {
  const std::string name = TRY(role_name(call));
  auto found = TRY(load_role(call, name));
  const bool is_new = !found;
  Role role = is_new ? Role{.uid = random_uuid(call.host().random())} : std::move(*found);
  if (call.has(field::local_secret_ids)) {
    if (!is_new) return fail(Code::invalid, "local_secret_ids can only be modified during role creation");
    role.local_secret_ids = call[field::local_secret_ids];
  }
  Reply reply = Reply::empty();
  for (auto& warning : TRY(read_settings(call, role))) reply.add_warning(std::move(warning));
  if (call.has(field::role_id) && call[field::role_id].empty()) return fail(Code::invalid, "invalid role_id supplied, or failed to generate a role_id");
  if (call.has(field::role_id)) TRY(claim_role_id(call, name, role, call[field::role_id]));
  else if (is_new) TRY(claim_role_id(call, name, role, random_uuid(call.host().random())));
  TRY(store_role(call, name, role));
  return reply;
}

Result<Reply> AppRole::remove_role(Call& call) {
  const std::string name = TRY(role_name(call));
  const auto role = TRY(load_role(call, name));
  if (!role) return Reply::empty();
  TRY(sweep(call, swept_with_a_role));
  TRY(approle::remove_role(call, name, *role));
  return Reply::empty();
}

Result<Reply> AppRole::read_role_id(Call& call) {
  const auto role = TRY(load_role(call, TRY(role_name(call))));
  if (!role) return Reply::empty();
  json::Object data;
  data.put("role_id", role->role_id.reveal());
  return Reply::data(std::move(data));
}

Result<Reply> AppRole::write_role_id(Call& call) {
  const std::string name = TRY(role_name(call));
  auto role = TRY(load_role(call, name));
  if (!role) return unsupported_path();
  if (call[field::role_id].empty()) return fail(Code::invalid, "missing role_id");
  TRY(claim_role_id(call, name, *role, call[field::role_id]));
  TRY(store_role(call, name, *role));
  return Reply::empty();
}

}  // namespace sr::approle
