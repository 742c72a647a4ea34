// Matching with `*`, as allowed_parameters, bound claims and policy globs of token roles use it.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace sr {

// ryanuber/go-glob: each `*` stands for any number of characters, anywhere in the pattern.
bool glob_matches(std::string_view pattern, std::string_view text);

// strutil.GlobbedStringsMatch: a `*` counts only at the front and at the end of the pattern; between them it is a character.
// As there, the pattern "*" alone matches only the text "*".
bool edge_glob_matches(std::string_view pattern, std::string_view text);
bool any_edge_glob_matches(std::span<const std::string> patterns, std::string_view text);

}  // namespace sr
