#include "cli/environment.h"
#include <pwd.h>
#include <unistd.h>
#include <cstdlib>

namespace sr::cli {

std::optional<std::string> lookup_variable(std::string_view name) {
  for (const char* prefix : {"STRONGROOM_", "BAO_", "VAULT_"}) {
    if (const char* value = std::getenv((std::string(prefix) + std::string(name)).c_str())) return std::string(value);
  }
  return std::nullopt;
}

std::string variable_name(std::string_view name) {
  for (const char* prefix : {"STRONGROOM_", "BAO_"}) {
    const std::string full = std::string(prefix) + std::string(name);
    if (std::getenv(full.c_str()) != nullptr) return full;
  }
  return "VAULT_" + std::string(name);
}

std::string variable(std::string_view name) { return lookup_variable(name).value_or(""); }

std::string home_folder() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != 0) return home;
  const passwd* user = getpwuid(getuid());
  return user == nullptr ? "" : user->pw_dir;
}

std::string expand_home(std::string_view path) {
  if (path == "~" || path.starts_with("~/")) return home_folder() + std::string(path.substr(1));
  return std::string(path);
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return std::nullopt;
}

}  // namespace sr::cli
