// Hexadecimal: written in lower case, read in either.
#pragma once
#include <string>
#include <string_view>
#include "base/result.h"
#include "base/secret.h"

namespace sr::hex {

void encode(Buffer& out, std::string_view bytes);
std::string encode(std::string_view bytes);
// "0a:1b:ff", as certificate serial numbers are written.
std::string encode_with_colons(std::string_view bytes);

Result<void> decode(Buffer& out, std::string_view text);
Result<std::string> decode(std::string_view text);

}  // namespace sr::hex
