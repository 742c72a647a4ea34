// An HCL text as it was written, with its comments: what the tree of values and the formatter are made from. Internal.
#pragma once
#include <vector>
#include "text/hcl.h"
#include "text/hcl_lexer.h"

namespace sr::hcl {

struct Entry;

// A value. The tokens are views into the source.
struct Node {
  Token token;                 // the scalar itself; of a list or object its opening bracket, of the root nothing
  std::vector<Node> elements;  // of a list
  std::vector<Entry> entries;  // of an object
  int last_line = 0;
  std::size_t end = 0;         // the offset behind it

  bool is_object() const { return token.kind == Kind::open_brace; }
  bool is_list() const { return token.kind == Kind::open_bracket; }
};
struct Entry {
  std::vector<Token> keys;  // one with `=`, else the labels too
  bool assigned = false;
  Node value;

  int line() const { return keys.front().line; }
};

struct Syntax {
  Node root;  // its entries are those of the text
  std::vector<Token> comments;
};

// `source` is normalized and outlives what comes back.
Result<Syntax> parse_syntax(std::string_view source, const Limits& limits);

// The JSON form.
Result<Value> parse_json(std::string_view source, const Limits& limits);

}  // namespace sr::hcl
