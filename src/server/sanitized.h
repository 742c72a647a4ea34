// The configuration as sys/config/state/sanitized shows it: Vault's names, values as JSON, no secret and no path of a key.
#pragma once
#include "logical/field.h"
#include "server/config.h"

namespace sr::server {

StringMap sanitized(const Config& config);

}  // namespace sr::server
