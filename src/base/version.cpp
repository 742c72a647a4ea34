#include "base/version.h"
#include "base/concat.h"

namespace sr {

const std::string& api_version() {
  static const std::string text = concat(vault_api_version, "+strongroom.", version);
  return text;
}
const std::string& builtin_version() {
  static const std::string text = concat("v", vault_api_version, "+builtin.strongroom");
  return text;
}
const std::string_view build_date = STRONGROOM_BUILD_DATE;

}  // namespace sr
