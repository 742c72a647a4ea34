// The rules of policies once more, as slowly and as plainly as they are told: every stanza is tried against the path, those
// that match are sorted, the best is taken. For tests: the Acl must agree with it.
#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "logical/op.h"
#include "logical/policy.h"

namespace sr::brute_force {

inline std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == '/') parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

// A pattern with its final '*' split off.
struct Pattern {
  explicit Pattern(const PathRule& rule)
      : body(rule.pattern.substr(0, rule.pattern.size() - (rule.is_prefix ? 1 : 0))), is_prefix(rule.is_prefix), has_plus(rule.has_wildcard_segments) {}
  std::string body;
  bool is_prefix;
  bool has_plus;
};

inline bool matches(const Pattern& pattern, const std::string& path) {
  if (!pattern.has_plus) return pattern.is_prefix ? path.starts_with(pattern.body) : path == pattern.body;
  const auto wanted = split(pattern.body), given = split(path);
  if (given.size() < wanted.size() || (!pattern.is_prefix && given.size() != wanted.size())) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool last_of_prefix = pattern.is_prefix && i + 1 == wanted.size();
    if (wanted[i] == "+" && !last_of_prefix) continue;
    if (last_of_prefix ? !given[i].starts_with(wanted[i]) : given[i] != wanted[i]) return false;
  }
  return true;
}

// True when `a` stands behind `b`.
inline bool weaker(const Pattern& a, const Pattern& b) {
  const auto first_wildcard = [](const Pattern& p) { return p.has_plus ? p.body.find('+') : p.body.size(); };
  const auto pluses = [](const Pattern& p) {
    const auto parts = split(p.body);
    return p.has_plus ? std::ranges::count(parts, "+") : 0;
  };
  if (first_wildcard(a) != first_wildcard(b)) return first_wildcard(a) < first_wildcard(b);
  if (a.is_prefix != b.is_prefix) return a.is_prefix;
  if (pluses(a) != pluses(b)) return pluses(a) > pluses(b);
  if (a.body.size() != b.body.size()) return a.body.size() < b.body.size();
  return a.body < b.body;
}

// The pattern that decides on the path, of those that `eligible` lets through.
template <class Eligible>
std::optional<std::string> best_pattern(const std::vector<Policy>& policies, const std::string& path, Eligible eligible) {
  const PathRule* best = nullptr;
  for (const Policy& policy : policies)
    for (const PathRule& rule : policy.rules)
      if (!rule.is_templated && eligible(rule) && matches(Pattern(rule), path) && (!best || weaker(Pattern(*best), Pattern(rule)))) best = &rule;
  return best ? std::optional(best->pattern) : std::nullopt;
}

inline CapabilitySet merged(const std::vector<Policy>& policies, const std::string& pattern) {
  CapabilitySet all;
  for (const Policy& policy : policies)
    for (const PathRule& rule : policy.rules)
      if (!rule.is_templated && rule.pattern == pattern) all.add(rule.capabilities);
  return all.denies() ? CapabilitySet{Capability::deny} : all;
}

inline std::optional<std::string> deciding_pattern(const std::vector<Policy>& policies, Op op, const std::string& path) {
  const auto exact = [](const PathRule& rule) { return !rule.is_prefix && !rule.has_wildcard_segments; };
  const auto wild = [&](const PathRule& rule) { return !exact(rule); };
  if (const auto found = best_pattern(policies, path, exact)) return found;
  const bool folder = (op == Op::list || op == Op::scan) && path.ends_with('/');
  if (!folder) return best_pattern(policies, path, wild);

  const std::string entry = path.substr(0, path.size() - 1);
  if (const auto found = best_pattern(policies, entry, exact)) return found;
  const auto for_folder = best_pattern(policies, path, wild), for_entry = best_pattern(policies, entry, wild);
  if (!for_folder || !for_entry) return for_folder ? for_folder : for_entry;
  // The folder's own rule decides, but for a more specific deny of the entry.
  const auto rule_of = [&](const std::string& pattern) {
    PathRule rule{.pattern = pattern, .is_prefix = pattern.ends_with('*')};
    rule.has_wildcard_segments = pattern == "+" || pattern.starts_with("+/") || pattern.find("/+") != pattern.npos;
    return rule;
  };
  const bool stronger = weaker(Pattern(rule_of(*for_folder)), Pattern(rule_of(*for_entry)));
  return stronger && merged(policies, *for_entry).denies() ? for_entry : for_folder;
}

inline CapabilitySet capabilities(const std::vector<Policy>& policies, Op op, const std::string& path) {
  const auto pattern = deciding_pattern(policies, op, path);
  return pattern ? merged(policies, *pattern) : CapabilitySet{};
}

}  // namespace sr::brute_force
