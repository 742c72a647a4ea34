// How a text may be written as a YAML scalar. Internal.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sr::yaml {

enum class Style : std::uint8_t { plain, single_quoted, double_quoted, literal };

// The style that go-yaml chooses; a key is never a literal.
enum class Place : std::uint8_t { key, value };
Style style_of(std::string_view text, Place place);

// A JSON number as go-yaml prints what it read from it.
std::string number(std::string_view json);

// go-yaml's order of keys: runs of digits count as numbers, what is not a letter comes first. Not always transitive.
bool comes_before(std::string_view a, std::string_view b);

// Whether a character of one, two or three bytes that starts at text[0] is written as it is within quotes.
bool is_printable(std::string_view text);
// The length of the line break at the front, or 0.
std::size_t break_size(std::string_view text);

}  // namespace sr::yaml
