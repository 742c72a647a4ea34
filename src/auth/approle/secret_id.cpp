#include "auth/approle/engine.h"
#include "auth/approle/fields.h"
#include "auth/approle/metadata.h"
#include "auth/approle/settings.h"
#include "base/concat.h"
#include "logical/paging.h"
#include "text/cidr.h"

namespace sr::approle {
namespace {

constexpr std::size_t secret_id_bytes_max = 4096;
constexpr std::size_t swept_by_tidy = 200;      // three rows each, within limits::batch_rows
constexpr std::size_t swept_now_and_then = 32;  // by one new secret id of 32, so that none lies for ever without a tidy

std::string no_such_role(std::string_view name) { return concat("role \"", name, "\" does not exist"); }
std::string no_such_accessor(std::string_view accessor) { return concat("failed to find accessor entry for secret_id_accessor: \"", accessor, "\""); }

// The role in the path. A missing one is bad input here, except to those who make secret ids.
Result<Role> role_of(Call& call, Code missing = Code::invalid) {
  const std::string name = TRY(role_name(call));
  auto role = TRY(load_role(call, name));
  if (!role) return fail(missing, no_such_role(name));
  return std::move(*role);
}

std::string quoted_list(const Strings& items) {
  std::string text = "[";
  for (const auto& item : items) text += concat(text.size() > 1 ? " \"" : "\"", item, "\"");
  return text + "]";
}

// A secret id is never wider than its role.
Result<void> check_subset(const Strings& of_role, const Strings& of_secret) {
  const auto lies_within = [&](const std::string& inner) {
    const auto block = Cidr::parse(inner);
    return std::ranges::any_of(of_role, [&](const std::string& outer) {
      const auto around = Cidr::parse(outer);
      return block && around && around->contains(*block);
    });
  };
  if (of_role.empty() || std::ranges::all_of(of_secret, lies_within)) return {};
  return fail(Code::invalid, concat("failed to verify subset relationship between CIDR blocks on the role ", quoted_list(of_role),
                                    " and CIDR blocks on the secret ID ", quoted_list(of_secret)));
}

// A new secret id as the call and the role have it.
Result<SecretId> read_secret_id(Call& call, const Role& role) {
  SecretId secret;
  secret.uses = role.secret_id_uses;
  if (call.has(field::num_uses)) {
    secret.uses = call[field::num_uses];
    if (secret.uses < 0) return fail(Code::invalid, "num_uses cannot be negative");
    if (role.secret_id_uses > 0 && (secret.uses == 0 || secret.uses > role.secret_id_uses))
      return fail(Code::invalid, "num_uses cannot be higher than the role's secret_id_num_uses");
  }
  secret.ttl = role.secret_id_ttl;
  if (call.has(field::ttl)) {
    secret.ttl = call[field::ttl];
    if (role.secret_id_ttl > Seconds(0) && (secret.ttl == Seconds(0) || secret.ttl > role.secret_id_ttl))
      return fail(Code::invalid, "ttl cannot be longer than the role's secret_id_ttl");
  }
  secret.ttl = std::min(secret.ttl, call.host().ttl_max());
  secret.cidrs = call[field::cidr_list];
  TRY(check_cidrs(secret.cidrs, "CIDR"));
  TRY(check_subset(role.secret_id_bound_cidrs, secret.cidrs));
  secret.token_cidrs = call[field::token_bound_cidrs];
  TRY(check_cidrs(secret.token_cidrs, "token CIDR"));
  TRY(check_subset(role.token.bound_cidrs, secret.token_cidrs));
  secret.metadata = TRY(parse_metadata(call.arena(), call[field::metadata]));
  secret.accessor = random_uuid(call.host().random());
  secret.created = secret.updated = call.now();
  if (secret.ttl > Seconds(0)) secret.expires = secret.created + secret.ttl;
  return secret;
}

Result<Reply> add_secret_id(Call& call, const Role& role, std::string_view secret_id) {
  if (!role.bind_secret_id) return fail(Code::invalid, "bind_secret_id is not set on the role");
  const SecretId secret = TRY(read_secret_id(call, role));
  if (random_bytes(call.host().random(), 1).front() % 32 == 0) TRY(sweep(call, swept_now_and_then));
  const std::string hash = TRY(hash_of_secret_id(call, secret_id));
  if (const auto other = TRY(load_secret_id(call, role, hash))) {
    if (!other->has_ended(call.now())) return fail(Code::invalid, "failed to store secret_id: SecretID is already registered");
    TRY(remove_secret_id(call, role.uid, hash, *other));
  }
  TRY(store_secret_id(call, role, hash, secret));
  json::Object data;
  data.put("secret_id", secret_id).put("secret_id_accessor", secret.accessor).put("secret_id_num_uses", secret.uses).put("secret_id_ttl", secret.ttl.count());
  return Reply::data(std::move(data)).accessor(secret.accessor);
}

Reply describe(const SecretId& secret) {
  json::Object metadata;
  for (const auto& [name, value] : secret.metadata) metadata.put(name, value);
  json::Object data;
  data.put("cidr_list", std::span<const std::string>(secret.cidrs))
      .put("creation_time", rfc3339(secret.created))
      .put("expiration_time", secret.expires ? rfc3339(*secret.expires) : "0001-01-01T00:00:00Z")
      .put("last_updated_time", rfc3339(secret.updated))
      .put("metadata", metadata)
      .put("secret_id_accessor", secret.accessor)
      .put("secret_id_num_uses", secret.uses)
      .put("secret_id_ttl", secret.ttl.count())
      .put("token_bound_cidrs", std::span<const std::string>(secret.token_cidrs));
  return Reply::data(std::move(data)).accessor(secret.accessor);
}

}  // namespace

Result<Reply> AppRole::list_secret_ids(Call& call) {
  const Role role = TRY(role_of(call));
  return Reply::list(paging::page_of(call, TRY(accessors_of(call, role))));
}

Result<Reply> AppRole::make_secret_id(Call& call) {
  const Role role = TRY(role_of(call, Code::not_found));
  return add_secret_id(call, role, random_uuid(call.host().random()));
}

Result<Reply> AppRole::take_secret_id(Call& call) {
  const std::string_view chosen = call[field::secret_id].reveal();
  if (chosen.empty()) return fail(Code::invalid, "missing secret_id");
  if (chosen.size() > secret_id_bytes_max)
    return fail(Code::invalid, "failed to store secret_id: failed to create HMAC of secret ID: value is longer than maximum of 4096 bytes");
  const Role role = TRY(role_of(call, Code::not_found));
  return add_secret_id(call, role, chosen);
}

Result<Reply> AppRole::look_up_secret_id(Call& call) {
  if (call[field::secret_id].reveal().empty()) return fail(Code::invalid, "missing secret_id");
  const Role role = TRY(role_of(call));
  const auto secret = TRY(load_secret_id(call, role, TRY(hash_of_secret_id(call, call[field::secret_id].reveal()))));
  return secret && !secret->has_ended(call.now()) ? describe(*secret) : Reply::empty();
}

Result<Reply> AppRole::destroy_secret_id(Call& call) {
  if (call[field::secret_id].reveal().empty()) return fail(Code::invalid, "missing secret_id");
  const Role role = TRY(role_of(call));
  const std::string hash = TRY(hash_of_secret_id(call, call[field::secret_id].reveal()));
  if (const auto secret = TRY(load_secret_id(call, role, hash))) TRY(remove_secret_id(call, role.uid, hash, *secret));
  return Reply::empty();
}

Result<Reply> AppRole::look_up_accessor(Call& call) {
  const auto accessor = call[field::secret_id_accessor];
  if (accessor.empty()) return fail(Code::invalid, "missing secret_id_accessor");
  const Role role = TRY(role_of(call));
  const auto hash = TRY(hash_by_accessor(call, role, accessor));
  if (!hash) {
    json::Object data;
    data.put("error", no_such_accessor(accessor));
    return Reply::data(std::move(data)).status(404);
  }
  const auto secret = TRY(load_secret_id(call, role, *hash));
  return secret && !secret->has_ended(call.now()) ? describe(*secret) : Reply::empty();
}

Result<Reply> AppRole::destroy_accessor(Call& call) {
  const auto accessor = call[field::secret_id_accessor];
  if (accessor.empty()) return fail(Code::invalid, "missing secret_id_accessor");
  const Role role = TRY(role_of(call));
  const auto hash = TRY(hash_by_accessor(call, role, accessor));
  if (!hash) return fail(Code::invalid, no_such_accessor(accessor));
  if (const auto secret = TRY(load_secret_id(call, role, *hash))) TRY(remove_secret_id(call, role.uid, *hash, *secret));
  return Reply::empty();
}

Result<Reply> AppRole::tidy(Call& call) {
  TRY(sweep(call, swept_by_tidy));
  return Reply::empty().status(202).warn("Tidy operation successfully started. Any information from the operation will be printed to Vault's server logs.");
}

}  // namespace sr::approle
