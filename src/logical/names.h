// The grammar of names in paths that Vault has for roles, users and the like.
#pragma once
#include <algorithm>
#include <string_view>

namespace sr {

// Word characters, with dashes and dots between them, and what else an engine allows there: \w(([\w-.]+)?\w)?
inline bool is_plain_name(std::string_view name, std::string_view also_between = {}) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && is_word(name.front()) && is_word(name.back()) &&
         std::ranges::all_of(name, [&](char c) { return is_word(c) || c == '-' || c == '.' || also_between.contains(c); });
}

}  // namespace sr
