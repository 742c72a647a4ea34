#include "logical/spec.h"

namespace sr {
namespace {

std::string_view next_segment(std::string_view& rest) {
  const auto end = std::min(rest.find('/'), rest.size());
  const auto segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

// A slash at the end is part of a path: "keys/" lists, "keys" is something else. A capture of the rest takes it along.
bool captures(std::string_view pattern, std::string_view path, Captures& found) {
  found.clear();
  if (!pattern.ends_with("...}") && pattern.ends_with('/') != path.ends_with('/')) return false;
  while (!pattern.empty()) {
    const auto expected = next_segment(pattern);
    if (path.empty()) return false;
    if (expected.ends_with("...}")) {  // all that is left, but for what the pattern ends with
      if (path.size() <= pattern.size() || !path.ends_with(pattern)) return false;
      auto rest = path.substr(0, path.size() - pattern.size());
      if (!pattern.empty()) {
        if (!rest.ends_with('/') || rest.size() == 1) return false;
        rest.remove_suffix(1);
      }
      found.emplace_back(expected.substr(1, expected.size() - 5), rest);
      return true;
    }
    const auto segment = next_segment(path);
    if (expected.starts_with('{')) found.emplace_back(expected.substr(1, expected.size() - 2), segment);
    else if (expected != segment) return false;
  }
  return path.empty();
}

}  // namespace

std::optional<Match> match(const Spec& spec, std::string_view path) {
  Match result;
  for (const auto& route : spec.routes)
    for (const auto pattern : route.paths)
      if (captures(pattern, path, result.captured)) {
        result.route = &route;
        return result;
      }
  return std::nullopt;
}

const Verb* verb_of(const Route& route, Op op) {
  const auto found = std::ranges::find(route.verbs, op, &Verb::op);
  if (found != route.verbs.end()) return &*found;
  return op == Op::create ? verb_of(route, Op::update) : nullptr;
}

const SecretType* secret_type(const Spec& spec, std::string_view name) {
  const auto found = std::ranges::find(spec.secrets, name, &SecretType::name);
  return found == spec.secrets.end() ? nullptr : &*found;
}

}  // namespace sr
