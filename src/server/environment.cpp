#include "server/environment.h"
#include <cstdlib>
#include "base/concat.h"

namespace sr::server {

std::string environment(std::string_view name) {
  for (const std::string_view prefix : {"STRONGROOM_", "BAO_", "VAULT_"})
    if (const char* value = std::getenv(concat(prefix, name).c_str()); value && *value) return value;
  return {};
}

}  // namespace sr::server
