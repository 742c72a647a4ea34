// The settings of a role, each with a path of its own beside that of the whole role.
#pragma once
#include "auth/approle/rows.h"

namespace sr::approle {

struct Setting {
  std::string_view path;                             // "role/{role_name}/token-ttl"
  std::string_view help;
  FieldList fields;                                  // the first one is named when none is given
  void (*print)(json::Object& to, const Role& role);
  void (*reset)(Role& role) = nullptr;               // null: fixed when the role is made

  std::string_view name() const { return path.substr(path.rfind('/') + 1); }
};
std::span<const Setting> settings();

// Takes over what the call has of a role's fields and checks the whole. The warnings are for the reply.
Result<Strings> read_settings(const Call& call, Role& role);

Result<void> check_cidrs(const Strings& cidrs, std::string_view which);  // "CIDR", "token CIDR"
void put_cidrs(json::Object& to, std::string_view name, const Strings& cidrs);  // null for none

}  // namespace sr::approle
