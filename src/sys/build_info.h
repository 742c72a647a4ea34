// What the server says it is. The API is that of Vault 1.19, and clients look at the number.
#pragma once
#include <string_view>

namespace sr {

constexpr std::string_view strongroom_version = "0.1.0";
constexpr std::string_view api_version = "1.19.0+strongroom.0.1.0";
constexpr std::string_view builtin_version = "v1.19.0+builtin.strongroom";
constexpr std::string_view build_date = "2026-11-22T00:00:00Z";

}  // namespace sr
