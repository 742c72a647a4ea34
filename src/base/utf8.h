// UTF-8 as Go's unicode/utf8 reads it: a byte that does not start a valid sequence counts as U+FFFD, one byte wide.
#pragma once
#include <cstddef>
#include <string_view>

namespace sr::utf8 {

struct Rune {
  char32_t value = 0xFFFD;
  std::size_t size = 1;
  bool valid = false;
};

// The first character of a text that is not empty. Overlong forms, surrogates and values over U+10FFFF are not valid.
Rune decode(std::string_view text);
bool is_valid(std::string_view text);

// As Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and the space of ASCII. No other space, nothing that cannot be
// seen or that turns the direction of writing, nothing unassigned.
bool is_printable(char32_t rune);
bool is_printable(std::string_view text);  // and valid

// Writes the character (at most 4 bytes) to `out` and returns how many bytes it took; a surrogate or too large a value is
// written as U+FFFD.
std::size_t encode(char32_t rune, char* out);

}  // namespace sr::utf8
