// The $names of a script: their values, and their places in its texts.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include "base/result.h"

namespace sr::api_test {

class Names {
 public:
  void set(const std::string& name, std::string value) { values_[name] = std::move(value); }
  Result<std::string> get(const std::string& name) const;

  // The text with each $name and ${name} replaced; a name that nothing has set is an error. A dollar sign before anything
  // but a small letter or a brace stays.
  Result<std::string> expand(std::string_view text) const;
  // The same in JSON, where a line break of a value stands escaped: keys and certificates have some.
  Result<std::string> expand_json(std::string_view text) const;

 private:
  Result<std::string> replaced(std::string_view text, bool in_json) const;

  std::map<std::string, std::string> values_;
};

// What a `let` takes out of an answer: `.data.keys[1]`, with quotes around odd names: `.data."a/".type`. A string gives its
// text, anything else its JSON.
Result<std::string> pick(std::string_view path, std::string_view body);

}  // namespace sr::api_test
