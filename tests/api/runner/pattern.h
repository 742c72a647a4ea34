// What a script expects of an answer: JSON with a few words more.
//
//   {"a": 1}           an object with at least these members      only {"a": 1}    with exactly these
//   ["x", "y"]         exactly these items in this order          some ["x"]       at least these, in any order
//   _                  anything, but present                      absent           (a member's value) must not be there
//   "~^hvs\\."         a string that the regular expression finds "#^36"           a number whose text it finds
//
// Regular expressions are searched for, so anchor them. Numbers are compared as they are written: 1 is not 1.0.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>
#include "base/result.h"
#include "text/json.h"

namespace sr::api_test {

struct Pattern {
  enum class Kind { any, absent, literal, string, string_like, number_like, object, array };
  Kind kind = Kind::any;
  std::string text{};               // string: decoded; literal: null, true, 12; *_like: the regular expression
  bool exact = true;                // object: no other members; array: no other items
  std::vector<std::string> keys{};  // object, as many as items
  std::vector<Pattern> items{};
};

Result<Pattern> parse_pattern(std::string_view text);

// Nothing when it matches, else where it does not and why: ".data.version: expected 1, got 2".
std::string difference(const Pattern& pattern, const json::Value& value, const std::string& where = "");

// The same for a text that is no JSON, such as a header's value.
std::string text_difference(const Pattern& pattern, std::string_view text, const std::string& where);

}  // namespace sr::api_test
