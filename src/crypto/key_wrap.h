// AES key wrap with padding (RFC 5649) under a 256-bit key. Pure functions.
#pragma once
#include <string>
#include <string_view>
#include "base/result.h"
#include "base/secret.h"

namespace sr {

Result<std::string> key_wrap_pad(std::string_view wrapping_key, std::string_view text);   // of 1 byte or more
Result<Secret> key_unwrap_pad(std::string_view wrapping_key, std::string_view wrapped);   // Code::invalid when it is not exactly what was wrapped

}  // namespace sr
