// Secrets of the configuration may lie elsewhere: "env://NAME" is a variable of the environment, "file:///path" a file.
#pragma once
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr::server {

// The secret itself; what is neither of the above is it already. Of a file at most 1 KiB counts.
Result<Secret> resolve_secret(std::string_view written, Log& log);

// It stands in the configuration itself.
bool is_written_out(std::string_view written);

}  // namespace sr::server
