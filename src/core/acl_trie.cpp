#include "core/acl_trie.h"
#include <algorithm>
#include <bit>
#include <functional>

namespace sr::acl {

namespace {

constexpr std::size_t at_end = std::string_view::npos;  // a place behind the last segment

// The segment that starts at `at`, and where the next one starts.
std::string_view segment_at(std::string_view path, std::size_t at, std::size_t& next) {
  const std::size_t slash = path.find('/', at);
  next = slash == path.npos ? at_end : slash + 1;
  return path.substr(at, slash == path.npos ? path.npos : slash - at);
}

std::string_view without_star(std::string_view text, bool is_prefix) { return text.substr(0, text.size() - (is_prefix ? 1 : 0)); }

std::int64_t count_pluses(std::string_view text) {
  std::int64_t count = 0;
  for (std::size_t at = 0; at != at_end;) count += segment_at(text, at, at) == "+";
  return count;
}

}  // namespace

// OpenBao looks for the first '+' character, be it a whole segment or part of a name ("a/+b/+").
Priority::Priority(std::string_view text, bool is_prefix, bool has_wildcard_segments)
    : exact_(!is_prefix && !has_wildcard_segments),
      first_wildcard_(has_wildcard_segments ? text.find('+') : text.size() - (is_prefix ? 1 : 0)),
      whole_(!is_prefix),
      minus_pluses_(has_wildcard_segments ? -count_pluses(without_star(text, is_prefix)) : 0),
      length_(text.size() - (is_prefix ? 1 : 0)),
      text_(without_star(text, is_prefix)) {}

Trie::Trie(std::span<const Pattern> patterns) {
  std::size_t segments = 0;
  for (const Pattern& pattern : patterns) segments += static_cast<std::size_t>(std::ranges::count(pattern.text, '/')) + 1;
  slots_.assign(std::bit_ceil(2 * segments + 2), no_node);
  nodes_.reserve(segments + 1);
  nodes_.emplace_back();

  for (std::int32_t rank = 0; rank < static_cast<std::int32_t>(patterns.size()); ++rank) {
    const Pattern& pattern = patterns[static_cast<std::size_t>(rank)];
    const std::string_view text = without_star(pattern.text, pattern.is_prefix);
    std::uint32_t node = 0;
    for (std::size_t at = 0;;) {
      nodes_[node].top = std::max(nodes_[node].top, rank);
      nodes_[node].grants |= pattern.grants;
      if (at == at_end) {
        nodes_[node].ends = rank;
        break;
      }
      std::size_t next = 0;
      const std::string_view segment = segment_at(text, at, next);
      if (pattern.is_prefix && next == at_end) {
        if (segment.empty()) nodes_[node].folder = rank;
        else partials_.push_back({.node = node, .text = segment, .rank = rank, .shorter = 0});
        break;
      }
      node = add_child(node, segment);
      at = next;
    }
  }
  link_partials();
}

std::uint32_t Trie::slot_of(std::uint32_t parent, std::string_view label) const {
  const std::uint64_t mixed = (std::hash<std::string_view>()(label) ^ parent) * 0x9E3779B97F4A7C15u;
  const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
  for (auto slot = static_cast<std::uint32_t>(mixed >> 32) & mask;; slot = (slot + 1) & mask) {
    const std::uint32_t child = slots_[slot];
    if (child == no_node || (nodes_[child].parent == parent && nodes_[child].label == label)) return slot;
  }
}

std::uint32_t Trie::literal_child(std::uint32_t parent, std::string_view label) const { return slots_[slot_of(parent, label)]; }

std::uint32_t Trie::add_child(std::uint32_t parent, std::string_view label) {
  std::uint32_t& child = label == "+" ? nodes_[parent].any : slots_[slot_of(parent, label)];
  if (child != no_node) return child;
  child = static_cast<std::uint32_t>(nodes_.size());
  const std::uint32_t made = child;  // growing the nodes may move what `child` refers to
  nodes_.push_back({.label = label, .parent = parent});
  return made;
}

void Trie::link_partials() {
  std::ranges::sort(partials_, {}, [](const Partial& partial) { return std::pair(partial.node, partial.text); });
  for (std::uint32_t i = 0; i < partials_.size(); ++i) {
    Partial& partial = partials_[i];
    Node& node = nodes_[partial.node];
    if (node.partials++ == 0) node.first_partial = i;
    // In sorted order a text's prefixes stand before it, and what stands between starts with the longest of them.
    std::uint32_t shorter = i;
    if (i > node.first_partial) {
      shorter = i - 1;
      while (!partial.text.starts_with(partials_[shorter].text)) {
        if (partials_[shorter].shorter == shorter) {
          shorter = i;
          break;
        }
        shorter = partials_[shorter].shorter;
      }
    }
    partial.shorter = shorter;
  }
}

// Of one node the longest text that `rest` starts with. Its predecessor in the order has the most in common with it; the
// answer is that one or one of its prefixes.
std::int32_t Trie::best_partial(const Node& node, std::string_view rest) const {
  const auto slice = std::span(partials_).subspan(node.first_partial, node.partials);
  const auto after = std::ranges::upper_bound(slice, rest, {}, &Partial::text);
  if (after == slice.begin()) return none;
  const Partial* candidate = &*std::prev(after);
  const auto common = static_cast<std::size_t>(std::ranges::mismatch(candidate->text, rest).in1 - candidate->text.begin());
  while (candidate->text.size() > common) {
    const Partial* shorter = &partials_[candidate->shorter];
    if (shorter == candidate) return none;
    candidate = shorter;
  }
  return candidate->rank;
}

std::int32_t Trie::best(std::string_view path) const {
  std::int32_t best = none;
  search(0, path, 0, best);
  return best;
}

// The literal child goes first: it leads to the patterns whose first wildcard comes later, after which most branches of
// '+' need not be entered.
void Trie::search(std::uint32_t at_node, std::string_view path, std::size_t at, std::int32_t& best) const {
  for (;;) {
    const Node& node = nodes_[at_node];
    if (node.top <= best) return;
    if (at == at_end) {
      best = std::max(best, node.ends);
      return;
    }
    best = std::max(best, node.folder);
    if (node.partials > 0) best = std::max(best, best_partial(node, path.substr(at)));

    std::size_t next = 0;
    const std::uint32_t child = literal_child(at_node, segment_at(path, at, next));
    if (child != no_node && node.any != no_node) search(child, path, next, best);
    at_node = node.any != no_node ? node.any : child;
    if (at_node == no_node) return;
    at = next;
  }
}

bool Trie::grants_below(std::string_view folder) const {
  if (folder.ends_with('/')) folder.remove_suffix(1);
  return search_grants(0, folder, 0);
}

bool Trie::search_grants(std::uint32_t at_node, std::string_view path, std::size_t at) const {
  if (!nodes_[at_node].grants) return false;
  if (at == at_end) return true;
  std::size_t next = 0;
  const std::uint32_t child = literal_child(at_node, segment_at(path, at, next));
  if (child != no_node && search_grants(child, path, next)) return true;
  return nodes_[at_node].any != no_node && search_grants(nodes_[at_node].any, path, next);
}

}  // namespace sr::acl
