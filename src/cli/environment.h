// The environment of the command line: each variable under three prefixes, and the caller's home.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sr::cli {

// The value of STRONGROOM_name, else BAO_name, else VAULT_name. A variable that is set to nothing counts as set, so that a
// more specific prefix can switch off a general one.
std::optional<std::string> lookup_variable(std::string_view name);
std::string variable_name(std::string_view name);  // which of the three it was; "VAULT_name" when there is none
std::string variable(std::string_view name);  // the same, "" when there is none

// $HOME, else the home that the user database names; empty when there is neither.
std::string home_folder();
std::string expand_home(std::string_view path);  // "~/x" as the shell would

// As Go's strconv.ParseBool: 1 t T TRUE true True, 0 f F FALSE false False.
std::optional<bool> parse_bool(std::string_view text);

}  // namespace sr::cli
