#pragma once
#include "logical/field.h"

namespace sr::approle {

// The metadata of a secret id, from a text as Vault takes it: a JSON object of strings, that in base64, or "a=b,c=d".
Result<StringMap> parse_metadata(Arena& arena, std::string_view text);

}  // namespace sr::approle
