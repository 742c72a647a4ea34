#include "text/glob.h"
#include <algorithm>

namespace sr {

// Each piece between stars is taken at its first place, which is right as long as the last piece is held to the end. Linear
// in the product of the lengths at worst, without backtracking over earlier pieces.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  text.remove_prefix(star);
  pattern.remove_prefix(star + 1);
  while ((star = pattern.find('*')) != std::string_view::npos) {
    const std::size_t found = text.find(pattern.substr(0, star));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + star);
    pattern.remove_prefix(star + 1);
  }
  return text.ends_with(pattern);
}

bool edge_glob_matches(std::string_view pattern, std::string_view text) {
  if (pattern.size() < 2) return pattern == text;
  const bool front = pattern.starts_with('*'), back = pattern.ends_with('*');
  if (front) pattern.remove_prefix(1);
  if (back) pattern.remove_suffix(1);
  if (front && back) return text.find(pattern) != std::string_view::npos;
  return front ? text.ends_with(pattern) : back ? text.starts_with(pattern) : text == pattern;
}

bool any_edge_glob_matches(std::span<const std::string> patterns, std::string_view text) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) { return edge_glob_matches(pattern, text); });
}

}  // namespace sr
