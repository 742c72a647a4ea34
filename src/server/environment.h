// A variable of the environment under our own name first, then as OpenBao's and Vault's users have it: STRONGROOM_, BAO_, VAULT_.
#pragma once
#include <string>
#include <string_view>

namespace sr::server {

std::string environment(std::string_view name);  // "": not set

}  // namespace sr::server
