// What the server says it is. The API is that of a Vault, and clients look at its number.
#pragma once
#include <string>
#include <string_view>
#include "base/concat.h"
#include "base/version.h"

namespace sr {

inline const std::string& api_version() {  // "1.19.0+strongroom.0.1.0"
  static const std::string text = concat(vault_api_version, "+strongroom.", version);
  return text;
}
inline const std::string& builtin_version() {  // of the engines, which are all built in
  static const std::string text = concat("v", vault_api_version, "+builtin.strongroom");
  return text;
}
inline constexpr std::string_view build_date = "2026-11-22T00:00:00Z";

}  // namespace sr
