// JSON as Go's encoder and decoder understand it, without loss: numbers keep their text, keys come out sorted by bytes at
// every depth, of a repeated key the last counts, broken UTF-8 becomes U+FFFD, and `<`, `>`, `&`, U+2028 and U+2029 are
// escaped. User data is canonicalised once, when it is written, and answers are spliced from that text.
//
// parse() makes a tree in the caller's arena; the tree borrows from it and is constant. Object and Array build texts.
// Pure functions and values: one thread at a time for each object.
#pragma once
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/arena.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr::json {

struct Limits {
  std::size_t depth = limits::json_depth;
  std::size_t strings = limits::json_strings;
  std::size_t string_bytes = limits::json_string_bytes;
  std::size_t memory = limits::json_memory;
};

enum class Type : std::uint8_t { null, boolean, number, string, array, object };

struct Member;

// A node of a parsed text. Trivial; lives in an arena.
struct Value {
  Type type = Type::null;
  bool flag = false;                   // boolean
  std::string_view text{};             // string: decoded; number: exactly as it was written
  std::span<const Value> items{};      // array
  std::span<const Member> members{};   // object: sorted by key, each key once

  bool is_null() const { return type == Type::null; }
  bool is_string() const { return type == Type::string; }
  bool is_object() const { return type == Type::object; }
  bool is_array() const { return type == Type::array; }
  const Value* find(std::string_view key) const;  // a member of an object; null when it has none or is none
};
struct Member {
  std::string_view key;
  Value value;
};

// The whole text must be one JSON value. Errors name the place ("line 3, column 7") and what was expected, never a piece of
// the text. The text must live as long as the tree: strings without escapes and numbers are views into it. What breaks the
// grammar or nests too deeply is Code::invalid; too many or too large strings, or too large a tree, is Code::too_large.
Result<const Value*> parse(Arena& arena, std::string_view text, const Limits& limits = {});

// ---- writing ------------------------------------------------------------------------------------------------------------
void quote(Buffer& out, std::string_view text);          // as a JSON string with Go's escapes
void print(Buffer& out, const Value& value);             // canonical, without white space
std::string to_text(const Value& value);

// A finished piece of JSON text.
struct Text {
  std::string text;
};

// An object under construction; prints its members sorted by key. A key set twice keeps the later value.
class Object {
 public:
  Object&& set(std::string_view key, std::string_view text) &&;
  Object&& set(std::string_view key, const char* text) && { return std::move(*this).set(key, std::string_view(text)); }
  Object&& set(std::string_view key, const std::string& text) && { return std::move(*this).set(key, std::string_view(text)); }
  // Templates, so that no pointer or number becomes a bool by accident. Numbers beyond int64 are set as raw text.
  template <std::integral T> Object&& set(std::string_view key, T number) && {
    if constexpr (std::same_as<T, bool>) return std::move(*this).set_raw(key, number ? "true" : "false");
    else return set_integer(key, static_cast<std::int64_t>(number));
  }
  Object&& set(std::string_view key, std::nullptr_t) &&;
  Object&& set(std::string_view key, const Value& value) &&;
  Object&& set(std::string_view key, const Text& json) && { return std::move(*this).set_raw(key, json.text); }
  Object&& set(std::string_view key, const Object& object) &&;
  Object&& set(std::string_view key, const class Array& array) &&;
  Object&& set(std::string_view key, std::span<const std::string> strings) &&;
  Object&& set_raw(std::string_view key, std::string_view json) &&;  // text that is JSON already, spliced as it is

  // The same on an object that has a name: object.put("key", value).
  template <class T> Object& put(std::string_view key, T&& value) {
    static_cast<void>(std::move(*this).set(key, std::forward<T>(value)));
    return *this;
  }
  Object& put_raw(std::string_view key, std::string_view json) {
    static_cast<void>(std::move(*this).set_raw(key, json));
    return *this;
  }

  bool empty() const { return parts_.empty(); }
  std::size_t size() const;
  bool has(std::string_view key) const;
  void print(Buffer& out) const;
  void print_members(Buffer& out) const;  // without the braces, to go on in a larger object
  std::string text() const;

 private:
  // Offsets into bytes_, since it moves when it grows.
  struct Part { std::uint32_t key, key_size, value, value_size; };
  Object&& set_integer(std::string_view key, std::int64_t number);
  void begin(std::string_view key);
  void end();
  std::string_view key_of(const Part& part) const { return bytes_.view().substr(part.key, part.key_size); }
  std::vector<Part> in_order() const;  // sorted, each key once

  Buffer bytes_;
  std::vector<Part> parts_;
  bool ascending_ = true;  // parts_ is in order as it is
};

class Array {
 public:
  Array& add(std::string_view text);
  Array& add(const char* text) { return add(std::string_view(text)); }
  Array& add(const std::string& text) { return add(std::string_view(text)); }
  template <std::integral T> Array& add(T number) {
    if constexpr (std::same_as<T, bool>) return add_raw(number ? "true" : "false");
    else return add_integer(static_cast<std::int64_t>(number));
  }
  Array& add(const Value& value);
  Array& add(const Object& object);
  Array& add_raw(std::string_view json);
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void print(Buffer& out) const;
  std::string text() const;

 private:
  Array& add_integer(std::int64_t number);
  void begin();

  Buffer bytes_;
  std::size_t size_ = 0;
};

// ---- on text that is known to be JSON --------------------------------------------------------------------------------------
// Copies `json` to `out` with each string value (not keys) replaced by what `replace(out, decoded)` appends (it writes the
// quotes too): the audit log's hashing. Keys, numbers and literals are copied as they are.
using Replace = void (*)(void* context, Buffer& out, std::string_view decoded);
void replace_strings(Buffer& out, std::string_view json, Replace replace, void* context);

}  // namespace sr::json
