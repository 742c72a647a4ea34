// Lower case as Go's strings.ToLower gives it: character by character, independent of any locale. Names that ignore case
// (policies, users, roles, parameters) are made canonical with it.
#pragma once
#include <string>
#include <string_view>

namespace sr {

char32_t to_lower(char32_t character);
std::string to_lower(std::string_view text);  // a byte that is not UTF-8 becomes U+FFFD

// Whether to_lower would give back the same text, told by its bytes alone; may say no of a text that has other letters.
bool is_lower_ascii(std::string_view text);

}  // namespace sr
