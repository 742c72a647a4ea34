#include "auth/approle/rows.h"
#include <cstdio>
#include "auth/approle/fields.h"
#include "base/concat.h"
#include "logical/names.h"
#include "logical/paging.h"
#include "text/lower.h"

namespace sr::approle {
namespace {

struct AccessorRow {
  std::string accessor{};
  std::string secret_hash{};
  template <class Archive> void fields(Archive& archive) {
    archive(1, accessor);
    archive(2, secret_hash);
  }
};

std::string role_key(std::string_view name) { return concat("role/", name); }
std::string secret_key(std::string_view uid, std::string_view hash) { return concat("secret/", uid, "/", hash); }

Result<std::string> role_id_key(Call& call, std::string_view id) { return concat("role-id/", TRY(call.host().keyed_hash("role-id", id))); }
Result<std::string> accessor_key(Call& call, std::string_view uid, std::string_view accessor) {
  return concat("accessor/", uid, "/", TRY(call.host().keyed_hash("accessor", accessor)));
}

// In the order of time: nanoseconds as 16 hex digits.
std::string time_text(Time time) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(time.time_since_epoch().count()));
  return digits;
}
std::string expiry_key(Time expires, std::string_view uid, std::string_view hash) { return concat("expiry/", time_text(expires), "/", uid, "/", hash); }

template <class T> Result<std::optional<T>> load(Call& call, const std::string& key) {
  const auto row = TRY(call.storage().get(key));
  if (!row) return std::nullopt;
  return TRY(load_record<T>(row->value));
}

}  // namespace

std::unexpected<Error> unsupported_path() { return fail(Code::not_found, "1 error occurred:\n\t* unsupported path\n\n"); }

// ---- roles ----------------------------------------------------------------------------------------------------------------
Result<std::string> role_name(const Call& call) {
  if (!is_plain_name(call[field::role_name])) return unsupported_path();
  return to_lower(call[field::role_name]);
}

Result<std::optional<Role>> load_role(Call& call, std::string_view name) { return load<Role>(call, role_key(name)); }

Result<void> store_role(Call& call, std::string_view name, const Role& role) {
  if (!role.bind_secret_id && role.secret_id_bound_cidrs.empty() && role.token.bound_cidrs.empty())
    return fail(Code::invalid, "at least one constraint should be enabled on the role");
  return call.storage().put(role_key(name), store_record(role));
}

Result<void> remove_role(Call& call, std::string_view name, const Role& role) {
  TRY(call.storage().remove(role_key(name)));
  TRY(call.storage().remove(TRY(role_id_key(call, role.role_id.reveal()))));
  return call.storage().put(concat("gone/", role.uid), Secret(""));
}

Result<void> claim_role_id(Call& call, std::string_view name, Role& role, std::string_view id) {
  const auto key = TRY(role_id_key(call, id));
  const auto holder = TRY(call.storage().get(key));
  if (holder && holder->value.reveal() != name) return fail(Code::invalid, "role_id already in use");
  if (!role.role_id.empty()) TRY(call.storage().remove(TRY(role_id_key(call, role.role_id.reveal()))));
  role.role_id = Secret(id);
  return call.storage().put(key, Secret(name));
}

Result<std::optional<std::pair<std::string, Role>>> role_by_id(Call& call, std::string_view id) {
  const auto holder = TRY(call.storage().get(TRY(role_id_key(call, id))));
  if (!holder) return std::nullopt;
  std::string name(holder->value.reveal());
  auto role = TRY(load_role(call, name));
  if (!role || role->role_id != Secret(id)) return std::nullopt;
  return std::pair(std::move(name), std::move(*role));
}

// ---- secret ids -------------------------------------------------------------------------------------------------------------
Result<std::string> hash_of_secret_id(Call& call, std::string_view secret_id) { return call.host().keyed_hash("secret-id", secret_id); }

Result<std::optional<SecretId>> load_secret_id(Call& call, const Role& role, std::string_view hash) {
  return load<SecretId>(call, secret_key(role.uid, hash));
}

Result<void> store_secret_id(Call& call, const Role& role, std::string_view hash, const SecretId& secret) {
  TRY(call.storage().put(secret_key(role.uid, hash), store_record(secret)));
  TRY(call.storage().put(TRY(accessor_key(call, role.uid, secret.accessor)), store_record(AccessorRow{secret.accessor, std::string(hash)})));
  if (secret.expires) TRY(call.storage().put(expiry_key(*secret.expires, role.uid, hash), Secret("")));
  return {};
}

Result<void> remove_secret_id(Call& call, std::string_view role_uid, std::string_view hash, const SecretId& secret) {
  TRY(call.storage().remove(secret_key(role_uid, hash)));
  TRY(call.storage().remove(TRY(accessor_key(call, role_uid, secret.accessor))));
  if (secret.expires) TRY(call.storage().remove(expiry_key(*secret.expires, role_uid, hash)));
  return {};
}

Result<std::optional<std::string>> hash_by_accessor(Call& call, const Role& role, std::string_view accessor) {
  auto row = TRY(load<AccessorRow>(call, TRY(accessor_key(call, role.uid, accessor))));
  if (!row) return std::nullopt;
  return std::move(row->secret_hash);
}

Result<Strings> accessors_of(Call& call, const Role& role) {
  const std::string folder = concat("accessor/", role.uid, "/");
  Strings accessors;
  for (const auto& hash : TRY(paging::all_names(call.storage(), folder)))
    if (auto row = TRY(load<AccessorRow>(call, folder + hash))) accessors.push_back(std::move(row->accessor));
  return accessors;
}

// ---- what has ended ---------------------------------------------------------------------------------------------------------
namespace {

// Rows are read before they go: who changes one meanwhile is not overrun.
Result<void> sweep_secret_id(Call& call, std::string_view uid, std::string_view hash) {
  if (const auto secret = TRY(load<SecretId>(call, secret_key(uid, hash)))) return remove_secret_id(call, uid, hash, *secret);
  return {};
}

// What the store lists as due, before anything is removed: a transaction does not list what it has changed.
struct Due {
  std::string uid, hash, marker;  // marker: the row that goes with the secret id, or after the last one
};

Result<std::vector<Due>> due_by_time(Call& call, std::size_t most) {
  const std::string now = time_text(call.now());
  std::vector<Due> due;
  for (const auto& name : TRY(call.storage().list("expiry/", {.after = {}, .limit = most}, Depth::all))) {
    const auto uid_at = name.find('/') + 1, hash_at = name.find('/', uid_at) + 1;
    if (name.compare(0, uid_at - 1, now) > 0) break;
    due.push_back({name.substr(uid_at, hash_at - uid_at - 1), name.substr(hash_at), "expiry/" + name});
  }
  return due;
}

Result<std::vector<Due>> due_with_roles(Call& call, std::size_t most) {
  std::vector<Due> due;
  for (const auto& uid : TRY(call.storage().list("gone/", {.after = {}, .limit = most}))) {
    if (due.size() >= most) break;
    const std::size_t left = most - due.size();
    const auto hashes = TRY(call.storage().list(concat("secret/", uid, "/"), {.after = {}, .limit = left}));
    for (const auto& hash : hashes) due.push_back({uid, hash, ""});
    if (hashes.size() < left) due.push_back({uid, "", concat("gone/", uid)});
  }
  return due;
}

}  // namespace

Result<void> sweep(Call& call, std::size_t most) {
  auto due = TRY(due_by_time(call, most));
  std::ranges::move(TRY(due_with_roles(call, most - due.size())), std::back_inserter(due));
  for (const auto& [uid, hash, marker] : due) {
    if (!hash.empty()) TRY(sweep_secret_id(call, uid, hash));
    if (!marker.empty()) TRY(call.storage().remove(marker));
  }
  return {};
}

}  // namespace sr::approle
