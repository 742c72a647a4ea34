// Flags that name files with public PGP keys.
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>
#include "cli/call.h"

namespace sr::cli {

// "a.asc,b.gpg" as the API takes keys: the binary form in base64, whichever of the three forms a file has (armored, base64 or
// binary). Nothing when the flag was not given. A file that cannot be read is told as a wrong value of the flag; then the result
// is the exit code. "keybase:name" is refused: nothing is fetched from elsewhere on the way to a key.
std::expected<std::vector<std::string>, int> pgp_keys(Call& call, std::string_view flag);

}  // namespace sr::cli
