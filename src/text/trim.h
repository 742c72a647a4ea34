// Text without the blanks around it.
#pragma once
#include <algorithm>
#include <string_view>

namespace sr {

// What Go's strings.TrimSpace takes away, of ASCII.
inline constexpr std::string_view go_blanks = " \t\r\n\v\f";

// Without what stands of `blanks` at either end; "" when there is nothing else. Borrows from `text`.
// (Not find_first_not_of, which costs the parser of HTTP three times as much: it calls memchr for each character.)
constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n") {
  const auto is_blank = [&](char c) { return std::ranges::find(blanks, c) != blanks.end(); };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace sr
