// What this program calls itself, and which API it speaks. Raised together with project() in CMakeLists.txt; a test compares.
#pragma once
#include <string>
#include <string_view>

namespace sr {

inline constexpr std::string_view version = "0.1.0";
inline constexpr std::string_view vault_api_version = "1.19.0";  // the level of Vault's API that clients may count on
inline constexpr std::string_view openbao_version = "2.6.2";     // the OpenBao whose behaviour and output it follows

const std::string& api_version();         // "1.19.0+strongroom.0.1.0": the API is that of a Vault, and clients look at its number
const std::string& builtin_version();     // of the engines, which are all built in
extern const std::string_view build_date; // of the source: SOURCE_DATE_EPOCH, the last commit, or when the build was configured

}  // namespace sr
