#include "auth/approle/settings.h"
#include "auth/approle/engine.h"
#include "auth/approle/fields.h"
#include "base/concat.h"
#include "text/cidr.h"
#include "text/duration.h"

namespace sr::approle {
namespace {

Result<const Setting*> setting_of(const Call& call) {
  const auto name = call.path().substr(call.path().rfind('/') + 1);
  const auto found = std::ranges::find(settings(), name, &Setting::name);
  if (found == settings().end()) return unsupported_path();
  return &*found;
}

void put_policies(json::Object& to, const Role& role) {
  to.put("token_policies", std::span<const std::string>(role.token.policies));
  if (role.shows_policies && !role.token.policies.empty()) to.put("policies", std::span<const std::string>(role.token.policies));
}
void put_period(json::Object& to, const Role& role) {
  to.put("token_period", role.token.period.count());
  if (role.shows_period && role.token.period > Seconds(0)) to.put("period", role.token.period.count());
}

}  // namespace

std::span<const Setting> settings() {
  static const Setting table[] = {
      {"role/{role_name}/policies", "Policies of the role's tokens.", {&token_field::policies, &field::policies}, put_policies,
       [](Role& role) { role.token.policies.clear(), role.shows_policies = false; }},
      {"role/{role_name}/period", "Whether tokens are periodic, and how long a renewal is for.", {&field::period, &token_field::period}, put_period,
       [](Role& role) { role.token.period = Seconds(0), role.shows_period = false; }},
      {"role/{role_name}/token-ttl", "How long the role's tokens live at first.", {&token_field::ttl},
       [](json::Object& to, const Role& role) { to.put("token_ttl", role.token.ttl.count()); }, [](Role& role) { role.token.ttl = Seconds(0); }},
      {"role/{role_name}/token-max-ttl", "How long the role's tokens live at most.", {&token_field::ttl_max},
       [](json::Object& to, const Role& role) { to.put("token_max_ttl", role.token.ttl_max.count()); }, [](Role& role) { role.token.ttl_max = Seconds(0); }},
      {"role/{role_name}/token-num-uses", "How many requests the role's tokens are good for.", {&token_field::uses},
       [](json::Object& to, const Role& role) { to.put("token_num_uses", role.token.uses); }, [](Role& role) { role.token.uses = 0; }},
      {"role/{role_name}/token-bound-cidrs", "Networks that the role's tokens may be used from.", {&token_field::bound_cidrs},
       [](json::Object& to, const Role& role) { put_cidrs(to, "token_bound_cidrs", role.token.bound_cidrs); },
       [](Role& role) { role.token.bound_cidrs.clear(); }},
      {"role/{role_name}/bind-secret-id", "Whether logins need a secret id.", {&field::bind_secret_id},
       [](json::Object& to, const Role& role) { to.put("bind_secret_id", role.bind_secret_id); }, [](Role& role) { role.bind_secret_id = true; }},
      {"role/{role_name}/secret-id-bound-cidrs", "Networks that logins may come from.", {&field::secret_id_bound_cidrs},
       [](json::Object& to, const Role& role) { put_cidrs(to, "secret_id_bound_cidrs", role.secret_id_bound_cidrs); },
       [](Role& role) { role.secret_id_bound_cidrs.clear(); }},
      {"role/{role_name}/bound-cidr-list", "The old name of secret-id-bound-cidrs.", {&field::bound_cidr_list},
       [](json::Object& to, const Role& role) { put_cidrs(to, "bound_cidr_list", role.secret_id_bound_cidrs); },
       [](Role& role) { role.secret_id_bound_cidrs.clear(); }},
      {"role/{role_name}/secret-id-num-uses", "How many logins a secret id is good for.", {&field::secret_id_num_uses},
       [](json::Object& to, const Role& role) { to.put("secret_id_num_uses", role.secret_id_uses); }, [](Role& role) { role.secret_id_uses = 0; }},
      {"role/{role_name}/secret-id-ttl", "How long a secret id lives.", {&field::secret_id_ttl},
       [](json::Object& to, const Role& role) { to.put("secret_id_ttl", role.secret_id_ttl.count()); }, [](Role& role) { role.secret_id_ttl = Seconds(0); }},
      {"role/{role_name}/local-secret-ids", "Whether secret ids stay in this cluster.", {&field::local_secret_ids},
       [](json::Object& to, const Role& role) { to.put("local_secret_ids", role.local_secret_ids); }},
  };
  return table;
}

// The fields under their old names come first: the new name wins when both are given.
Result<Strings> read_settings(const Call& call, Role& role) {
  if (call.has(field::bind_secret_id)) role.bind_secret_id = call[field::bind_secret_id];
  if (call.has(field::bound_cidr_list)) role.secret_id_bound_cidrs = call[field::bound_cidr_list];
  if (call.has(field::secret_id_bound_cidrs)) role.secret_id_bound_cidrs = call[field::secret_id_bound_cidrs];
  TRY(check_cidrs(role.secret_id_bound_cidrs, "CIDR"));
  if (call.has(field::secret_id_num_uses)) role.secret_id_uses = call[field::secret_id_num_uses];
  if (role.secret_id_uses < 0) return fail(Code::invalid, "secret_id_num_uses cannot be negative");
  if (call.has(field::secret_id_ttl)) role.secret_id_ttl = call[field::secret_id_ttl];

  if (call.has(field::policies)) role.token.policies = parse_policies(call[field::policies]);
  if (call.has(field::period)) role.token.period = call[field::period];
  Strings warnings = TRY(read_token_settings(call, role.token));
  const Seconds most = call.host().ttl_max();
  if (call.has(field::period) && role.token.period > most)  // under its new name it is capped at the login
    return fail(Code::invalid, concat("period of \"", print_duration(role.token.period), "\" is greater than the backend's maximum lease TTL of \"", print_duration(most), "\""));
  if (call.has(token_field::ttl_max) && role.token.ttl_max > most)
    warnings.emplace_back("token_max_ttl is greater than the backend mount's maximum TTL value; issued tokens' max TTL value will be truncated");
  role.shows_policies = shown_by_old_name(call, field::policies, token_field::policies, role.shows_policies);
  role.shows_period = shown_by_old_name(call, field::period, token_field::period, role.shows_period);
  return warnings;
}

Result<void> check_cidrs(const Strings& cidrs, std::string_view which) {
  for (const auto& text : cidrs)
    if (!text.contains('/') || !Cidr::parse(text)) return fail(Code::invalid, concat("failed to validate ", which, " blocks: invalid CIDR address: ", text));
  return {};
}

void put_cidrs(json::Object& to, std::string_view name, const Strings& cidrs) {
  if (cidrs.empty()) to.put(name, nullptr);
  else to.put(name, std::span<const std::string>(cidrs));
}

Result<Reply> AppRole::read_setting(Call& call) {
  const auto role = TRY(load_role(call, TRY(role_name(call))));
  if (!role) return Reply::empty();
  const Setting* setting = TRY(setting_of(call));
  json::Object data;
  setting->print(data, *role);
  Reply reply = Reply::data(std::move(data));
  if (setting->name() == "bound-cidr-list")
    reply.add_warning("The \"bound_cidr_list\" field is deprecated and will be removed. Please use \"secret_id_bound_cidrs\" instead.");
  return reply;
}

// A setting does not make a role: Vault has no create there, and says that the path is not supported.
Result<Reply> AppRole::write_setting(Call& call) {
  const std::string name = TRY(role_name(call));
  auto role = TRY(load_role(call, name));
  if (!role) return unsupported_path();
  const Setting* setting = TRY(setting_of(call));
  // Of networks Vault takes none at all for a wish to leave them, and an empty list for a mistake, but for those of tokens.
  const FieldInfo& asked = *setting->fields.front();
  const bool is_given = std::ranges::any_of(setting->fields, [&](const FieldInfo* given) { return call.has(*given); });
  if (!is_given && asked.lists_networks) return Reply::empty();
  const bool is_empty = (&asked == &field::secret_id_bound_cidrs && call[field::secret_id_bound_cidrs].empty()) || (&asked == &field::bound_cidr_list && call[field::bound_cidr_list].empty());
  if (is_empty) return fail(Code::invalid, "missing bound_cidr_list");
  if (!is_given) return fail(Code::invalid, concat("missing ", asked.name));
  // On these two paths Vault has words of its own for what the role as a whole would be told.
  if (call[token_field::ttl] > role->token.ttl_max && role->token.ttl_max > Seconds(0))
    return fail(Code::invalid, "token_ttl should not be greater than token_max_ttl");
  if (call.has(token_field::ttl_max) && call[token_field::ttl_max] > Seconds(0) && call[token_field::ttl_max] < role->token.ttl)
    return fail(Code::invalid, "token_max_ttl should be greater than or equal to token_ttl");
  Reply reply = Reply::empty();
  for (auto& warning : TRY(read_settings(call, *role))) reply.add_warning(std::move(warning));
  TRY(store_role(call, name, *role));
  return reply;
}

Result<Reply> AppRole::reset_setting(Call& call) {
  const std::string name = TRY(role_name(call));
  auto role = TRY(load_role(call, name));
  if (!role) return Reply::empty();
  TRY(setting_of(call))->reset(*role);
  TRY(store_role(call, name, *role));
  return Reply::empty();
}

}  // namespace sr::approle
