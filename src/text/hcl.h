// HCL version 1 and its JSON form, as configurations and policies are written in, into one tree:
//
//   listener "tcp" { address = "127.0.0.1:8200" }             {"listener": [{"tcp": {"address": "127.0.0.1:8200"}}]}
//   path "secret/*" { capabilities = ["read"] }               {"path": {"secret/*": {"capabilities": ["read"]}}}
//
// A text whose first character is `{` is JSON. The tree is a value and owns what it holds. Every node knows its line, and
// every error begins with one ("line 3: ..."); errors name keys, never values.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include "base/limits.h"
#include "base/result.h"
#include "text/duration.h"

namespace sr::hcl {

struct Limits {
  std::size_t bytes = limits::config_bytes;
  std::size_t depth = limits::hcl_depth;
  std::size_t values = limits::hcl_values;
};

enum class Type : std::uint8_t { null, boolean, number, string, list, object };

struct Item;

struct Value {
  Type type = Type::null;
  bool flag = false;          // boolean
  int line = 0;               // the first is 1
  std::string text;           // string: decoded; number: as it was written (0x1f and 0755 too)
  std::vector<Value> list;
  std::vector<Item> items;    // object: in the order of the text, repeated blocks one by one

  bool is_object() const { return type == Type::object; }
  bool is_list() const { return type == Type::list; }
  // The last item of this name that has no labels; names are compared without case, as HCL does.
  const Item* find(std::string_view key) const;
};

// `key = value`, `key { }` or `key "label" { }`.
struct Item {
  std::string key;
  std::vector<std::string> labels;
  Value value;
  int line = 0;
};

// The whole text as one object. A key that is assigned twice in one object is refused: in a policy the second one would
// quietly win.
Result<Value> parse(std::string_view text, const Limits& limits = {});

// ---- blocks -------------------------------------------------------------------------------------------------------------
struct Block {
  std::vector<std::string> labels;
  const Value* body;  // an object, borrowed from the tree
  int line;
};
// All blocks of a name in their order, whichever way they are written. With label_count 1: `listener "tcp" { }`,
// `listener { tcp { } }` and in JSON {"listener": {"tcp": {}}} or a list of such objects.
Result<std::vector<Block>> blocks(const Value& object, std::string_view key, std::size_t label_count = 0);

// ---- reading an item as Vault's configuration does, with its leniencies ---------------------------------------------------------
Result<std::string> to_text(const Item& item);                   // strings, numbers and booleans
Result<bool> to_flag(const Item& item);                          // true, "true", "1", 1 and so on
Result<std::int64_t> to_integer(const Item& item);               // numbers, and strings that are one
Result<Duration> to_duration(const Item& item);                  // "1h", "60", 60
Result<std::vector<std::string>> to_texts(const Item& item);     // a list of them, or one string with commas

std::unexpected<Error> fail_at(int line, std::string message);   // "line 3: message"

}  // namespace sr::hcl
