// What this program calls itself, and which API it speaks. Raised together with project() in CMakeLists.txt; a test compares.
#pragma once
#include <string_view>

namespace sr {

inline constexpr std::string_view version = "0.1.0";
inline constexpr std::string_view vault_api_version = "1.19.0";  // the level of Vault's API that clients may count on
inline constexpr std::string_view openbao_version = "2.6.2";     // the OpenBao whose behaviour and output it follows

}  // namespace sr
