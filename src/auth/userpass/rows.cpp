#include "auth/userpass/rows.h"
#include "auth/userpass/fields.h"
#include "base/concat.h"
#include "logical/names.h"
#include "text/lower.h"

namespace sr::userpass {
namespace {

constexpr std::size_t name_bytes_max = 512;  // so that failed logins by made-up names do not fill the store

std::string user_key(std::string_view name) { return concat("user/", name); }

}  // namespace

Result<std::string> user_name(const Call& call) {
  const std::string_view name = call[field::username];
  if (!is_plain_name(name) || name.size() > name_bytes_max)
    return fail(Code::not_found, call.path().starts_with("login/") ? "unsupported path" : "1 error occurred:\n\t* unsupported path\n\n");
  return to_lower(name);
}

Result<std::optional<User>> load_user(Call& call, std::string_view name) {
  const auto row = TRY(call.storage().get(user_key(name)));
  if (!row) return std::nullopt;
  return TRY(load_record<User>(row->value));
}
Result<void> store_user(Call& call, std::string_view name, const User& user) { return call.storage().put(user_key(name), store_record(user)); }
Result<void> remove_user(Call& call, std::string_view name) { return call.storage().remove(user_key(name)); }

}  // namespace sr::userpass
