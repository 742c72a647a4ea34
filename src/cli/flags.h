// Flags by the rules of Go's flag package: one dash or two, -name=value or -name value, a boolean takes a value only with "=",
// the first argument that is no flag ends them, and so does "--".
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>
#include "base/result.h"
#include "cli/command.h"

namespace sr::cli {

class FlagValues {
 public:
  // The flags that a command understands; the values that the environment gives are taken at once.
  explicit FlagValues(std::vector<std::span<const Flag>> groups);

  // Takes the flags from the front of `args`; what is left is in `arguments`, also after an error. The error is the text that
  // Go's flag package has for it.
  Result<void> parse(std::span<const std::string> args);
  std::span<const std::string> arguments() const { return arguments_; }
  std::span<const std::span<const Flag>> groups() const { return groups_; }

  bool has(std::string_view name) const { return find(name) != nullptr; }  // does the command know it
  bool given(std::string_view name) const;                                // was it on the command line
  bool on(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  const std::string& text(std::string_view name) const;
  std::int64_t nanoseconds(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;
  const std::map<std::string, std::string>& map(std::string_view name) const;

 private:
  struct Value {
    const Flag* flag = nullptr;
    bool given = false;
    std::string text{};
    std::int64_t number = 0;  // boolean: 0 or 1; duration: nanoseconds
    std::vector<std::string> list{};
    std::map<std::string, std::string> map{};
  };
  Value* find(std::string_view name);
  const Value* find(std::string_view name) const;
  const Value& known(std::string_view name) const;
  static std::string set(Value& value, std::string_view text);  // what is wrong with it, or ""

  std::vector<std::span<const Flag>> groups_;
  std::vector<Value> values_;
  std::vector<std::string> arguments_;
};

}  // namespace sr::cli
