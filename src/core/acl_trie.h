// Finds the best of all patterns that match a path, in steps of one segment: the heart of the Acl, and its part only.
//
// Patterns are given in the order of their priority, so a pattern's index is its rank, and the best match is the match
// with the highest index. Each node knows the highest rank below it; a branch that cannot beat what has been found is not
// entered. Exact and prefix patterns cost one hash lookup a segment, whatever their number; a node is entered at most
// once, so a hostile set of patterns costs no more than its own size.
//
// Constant after construction: any thread.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sr::acl {

struct Pattern {
  std::string_view text;     // with its final '*'; borrowed for the life of the trie
  bool is_prefix = false;
  bool grants = false;       // some capability other than deny
};

// The order of priority, lowest first: what `Trie` wants its patterns sorted by.
class Priority {
 public:
  Priority(std::string_view text, bool is_prefix, bool has_wildcard_segments);
  friend auto operator<=>(const Priority&, const Priority&) = default;

 private:
  bool exact_;
  std::size_t first_wildcard_;  // place of the first '+', or of the final '*'
  bool whole_;                  // not a prefix
  std::int64_t minus_pluses_;
  std::size_t length_;
  std::string_view text_;
};

class Trie {
 public:
  static constexpr std::int32_t none = -1;

  explicit Trie(std::span<const Pattern> patterns);

  std::int32_t best(std::string_view path) const;      // index of the pattern, or none
  bool grants_below(std::string_view folder) const;    // "a/b/": does a pattern at or below it grant anything

 private:
  static constexpr std::uint32_t no_node = 0;  // the root is nobody's child

  struct Node {
    std::string_view label{};
    std::uint32_t parent = 0;
    std::uint32_t any = no_node;      // the child for a segment '+'
    std::int32_t ends = none;         // the pattern that ends here
    std::int32_t folder = none;       // the pattern "here/*"
    std::int32_t top = none;          // the highest rank at or below this node
    std::uint32_t first_partial = 0;  // patterns "here/abc*": a slice of partials_, sorted by text
    std::uint32_t partials = 0;
    bool grants = false;              // at or below this node
  };
  struct Partial {
    std::uint32_t node;
    std::string_view text;
    std::int32_t rank;
    std::uint32_t shorter;  // the longest other text of the slice that this one starts with; itself when there is none
  };
  struct Place;  // a node and how much of the path has led there

  std::uint32_t slot_of(std::uint32_t parent, std::string_view label) const;
  std::uint32_t literal_child(std::uint32_t parent, std::string_view label) const;
  std::uint32_t add_child(std::uint32_t parent, std::string_view label);
  void link_partials();
  std::int32_t best_partial(const Node& node, std::string_view rest) const;
  void search(std::uint32_t node, std::string_view path, std::size_t at, std::int32_t& best) const;
  bool search_grants(std::uint32_t node, std::string_view path, std::size_t at) const;

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> slots_;  // open hash table of children, by parent and label; a power of two, at most half full
  std::vector<Partial> partials_;
};

}  // namespace sr::acl
