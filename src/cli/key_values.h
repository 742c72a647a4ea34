// The K=V arguments of a command as the body of a request. "a=b" is a string, "a=@file" a file's content, "a=-" standard input,
// "a=\@b" the text "@b"; "@file" and "-" alone are JSON objects merged with what came before; a repeated key makes a list.
#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>
#include "base/result.h"

namespace sr::cli {

class KeyValues {
 public:
  struct Options {
    bool standard_input = true;  // off under -non-interactive: "-" then reads nothing
  };
  // The error names the argument that it is about.
  static Result<KeyValues> parse(std::span<const std::string> args, Options options);

  bool empty() const { return values_.empty(); }
  std::string json() const;  // the whole as an object; "null" when there were no arguments at all
  // For options that are strings: an error when a value is a list or an object.
  Result<std::map<std::string, std::string>> strings() const;
  // For query parameters.
  Result<std::vector<std::pair<std::string, std::string>>> pairs() const;
  void set_null(const std::string& key) { values_[key] = "null"; given_ = true; }

 private:
  Result<void> add(const std::string& arg, bool& consumed, Options options);
  Result<void> merge(std::string text);

  std::map<std::string, std::string> values_;  // key: JSON text
  bool given_ = false;
};

}  // namespace sr::cli
