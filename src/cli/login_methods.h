// The ways in that `login` knows: for each auth method what it takes as K=V, and the request that it makes of that. A table of
// constants, which `auth help` shows.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include "cli/call.h"

namespace sr::cli {

using LoginConfig = std::map<std::string, std::string>;
std::string value_of(const LoginConfig& config, const std::string& key);  // "" when it is not there

struct Setting {
  std::string_view name;
  std::string_view help;
};

struct LoginMethod {
  std::string_view name;
  std::string_view text;
  std::span<const Setting> settings;
  std::span<const Example> examples;
  // `config` has the mount's path below auth/ as "mount". The answer has a login in it, or a wrapping of one.
  MaybeAnswer (*log_in)(Call& call, const LoginConfig& config);
};

std::span<const LoginMethod> login_methods();
const LoginMethod* find_login_method(std::string_view name);

}  // namespace sr::cli
