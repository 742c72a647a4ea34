// auth/token/roles.
#include "base/concat.h"
#include "logical/paging.h"
#include "logical/policy.h"
#include "storage/record.h"
#include "sys/token.h"
#include "sys/token_fields.h"
#include "sys/token_role.h"
#include "text/lower.h"

namespace sr::token {
namespace {

constexpr std::string_view roles = "role/";

// Lower-case, sorted, each once.
Strings canonical(const Strings& names) {
  Strings made;
  for (std::string_view name : names) {
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) made.push_back(to_lower(name));
  }
  std::ranges::sort(made);
  made.erase(std::ranges::unique(made).begin(), made.end());
  return made;
}

// Vault asks for \w[\w-.]+\w somewhere in it; we, for the whole of it to be of these characters.
Result<void> check_suffix(std::string_view suffix) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  const bool good = suffix.size() >= 3 && is_word(suffix.front()) && is_word(suffix.back()) &&
                    std::ranges::all_of(suffix, [&](char c) { return is_word(c) || c == '-' || c == '.'; });
  if (!good) return fail(Code::invalid, "given role path suffix contains invalid characters; must match \\w[\\w-.]+\\w");
  if (suffix.contains("..")) return fail(Code::invalid, "error registering path suffix: path cannot contain parent references");
  return {};
}

Result<void> read_type(const Call& call, TokenRole& role) {
  if (call.has(field::role_token_type)) {
    static constexpr std::string_view known[] = {"service", "batch", "default-service", "default-batch"};
    const auto type = call[field::role_token_type];
    if (std::ranges::find(known, type) == std::end(known)) return fail(Code::invalid, concat("invalid 'token_type' value \"", type, "\""));
    role.token.type = type;
  }
  if (role.token.type != "batch") return {};
  const auto refuse = [](std::string_view what) { return fail(Code::invalid, concat("'token_type' cannot be 'batch' when role is set to generate ", what)); };
  if (!role.orphan) return refuse("non-orphan tokens");
  if (role.token.period > Seconds(0)) return refuse("periodic tokens");
  if (role.renewable) return refuse("renewable tokens");
  if (role.token.explicit_ttl_max > Seconds(0)) return refuse("tokens with an explicit max TTL");
  return {};
}

// A setting by its new name, or by the one that is older than the token_* fields.
template <class New, class Old, class T> void read_either(const Call& call, const New& name, const Old& old_name, T& value, bool& shown, Strings& warnings) {
  if (call.has(name)) {
    if (call.has(old_name)) warnings.push_back(concat("Both '", name.name, "' and deprecated '", old_name.name, "' value supplied, ignoring the deprecated value"));
    shown = false;
  } else if (call.has(old_name)) {
    value = call[old_name];
    shown = true;
  }
}

Result<Strings> read_role_fields(const Call& call, TokenRole& role) {
  if (call.has(field::orphan)) role.orphan = call[field::orphan];
  if (call.has(field::renewable)) role.renewable = call[field::renewable];
  if (call.has(field::path_suffix)) role.path_suffix = call[field::path_suffix];
  if (!role.path_suffix.empty()) TRY(check_suffix(role.path_suffix));
  const auto take = [&](const ListField& field, Strings& names) {
    if (call.has(field)) names = canonical(call[field]);
  };
  take(field::allowed_policies, role.allowed);
  take(field::allowed_policies_glob, role.allowed_globs);
  take(field::disallowed_policies, role.disallowed);
  take(field::disallowed_policies_glob, role.disallowed_globs);
  take(field::allowed_entity_aliases, role.entity_aliases);

  TokenSettings settings = role.token;
  if (call.has(field::role_token_type)) settings.type = "default";  // judged below, with the rest of the role
  const auto read = read_token_settings(call, settings);
  if (!read) return fail(read.error().code, concat("error parsing role fields: ", read.error().message));
  Strings warnings = *read;
  settings.type = role.token.type;
  role.token = std::move(settings);
  read_either(call, token_field::period, field::role_period, role.token.period, role.shows_period, warnings);
  read_either(call, token_field::explicit_ttl_max, field::role_explicit_max_ttl, role.token.explicit_ttl_max, role.shows_explicit_ttl_max, warnings);
  read_either(call, token_field::bound_cidrs, field::bound_cidrs, role.token.bound_cidrs, role.shows_bound_cidrs, warnings);
  if (role.shows_bound_cidrs) {
    auto cidrs = read_cidrs(role.token.bound_cidrs);
    if (!cidrs) return fail(cidrs.error().code, concat("error parsing bound_cidrs: ", cidrs.error().message));
    role.token.bound_cidrs = std::move(*cidrs);
  }
  if (role.token.explicit_ttl_max > call.host().ttl_max())
    warnings.push_back(concat("Given explicit max TTL of ", std::to_string(role.token.explicit_ttl_max.count()), " is greater than system/mount allowed value of ",
                              std::to_string(call.host().ttl_max().count()),
                              " seconds; until this is fixed attempting to create tokens against this role will result in an error"));
  TRY(read_type(call, role));
  return warnings;
}

}  // namespace

FieldList role_fields() {
  return {&field::role_name, &field::allowed_policies, &field::allowed_policies_glob, &field::disallowed_policies, &field::disallowed_policies_glob, &field::orphan,
          &field::renewable, &field::path_suffix, &field::allowed_entity_aliases, &field::role_token_type, &field::role_period, &field::role_explicit_max_ttl,
          &field::bound_cidrs, &token_field::period, &token_field::explicit_ttl_max, &token_field::bound_cidrs, &token_field::uses, &token_field::no_default_policy};
}

Result<std::optional<TokenRole>> load_role(View rows, std::string_view name) {
  const auto row = TRY(rows.get(concat(roles, name)));
  if (!row) return std::nullopt;
  return TRY(load_record<TokenRole>(row->value));
}

Result<void> store_role(View rows, std::string_view name, const TokenRole& role) { return rows.put(concat(roles, name), store_record(role)); }

Result<Reply> TokenApi::list_roles(Call& call) { return Reply::list(TRY(paging::list_names(call, roles))); }

Result<bool> TokenApi::role_exists(Call& call) { return TRY(load_role(call.storage(), call[field::role_name])).has_value(); }

Result<Reply> TokenApi::read_role(Call& call) {
  const auto role = TRY(load_role(call.storage(), call[field::role_name]));
  if (!role) return Reply::empty();
  json::Object data;
  const auto list = [&](const FieldInfo& field, const Strings& names) { data.put(field.name, std::span<const std::string>(names)); };
  list(field::allowed_policies, role->allowed);
  list(field::allowed_policies_glob, role->allowed_globs);
  list(field::disallowed_policies, role->disallowed);
  list(field::disallowed_policies_glob, role->disallowed_globs);
  if (role->entity_aliases.empty()) data.put(field::allowed_entity_aliases.name, nullptr);
  else list(field::allowed_entity_aliases, role->entity_aliases);
  data.put("name", call[field::role_name])
      .put("orphan", role->orphan)
      .put("path_suffix", role->path_suffix)
      .put("renewable", role->renewable)
      .put("period", role->shows_period ? role->token.period.count() : 0)
      .put("token_period", role->token.period.count())
      .put("explicit_max_ttl", role->shows_explicit_ttl_max ? role->token.explicit_ttl_max.count() : 0)
      .put("token_explicit_max_ttl", role->token.explicit_ttl_max.count())
      .put("token_no_default_policy", role->token.no_default_policy)
      .put("token_type", role->token.type);
  if (!role->token.bound_cidrs.empty()) list(token_field::bound_cidrs, role->token.bound_cidrs);
  if (role->shows_bound_cidrs && !role->token.bound_cidrs.empty()) list(field::bound_cidrs, role->token.bound_cidrs);
  if (role->token.uses > 0) data.put("token_num_uses", role->token.uses);
  return Reply::data(std::move(data));
}

Result<Reply> TokenApi::write_role(Call& call) {
  TokenRole role = TRY(load_role(call.storage(), call[field::role_name])).value_or(TokenRole());
  Reply reply = Reply::empty();
  for (auto& warning : TRY(read_role_fields(call, role))) reply.add_warning(std::move(warning));
  TRY(store_role(call.storage(), call[field::role_name], role));
  return reply;
}

Result<Reply> TokenApi::remove_role(Call& call) {
  TRY(call.storage().remove(concat(roles, call[field::role_name])));
  return Reply::empty();
}

}  // namespace sr::token
