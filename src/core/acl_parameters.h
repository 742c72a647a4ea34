// What a rule says about the parameters of a request: required, denied and allowed names and values. Part of the Acl.
#pragma once
#include <string>
#include <string_view>
#include <vector>
#include "base/arena.h"
#include "logical/policy.h"
#include "text/json.h"

namespace sr::acl {

// Filled by merge() while the Acl is compiled, constant after finish(): then any thread.
class ParameterCheck {
 public:
  // Adds the parameter rules of one more stanza for the same pattern: lists are joined, and a name without values, which
  // means any value, stays so.
  void merge(const PathRule& rule);
  // Values are parsed into the arena.
  void finish(Arena& arena);

  // `parameters`: an object or null. Looks at the required names first; a request without parameters is not looked at
  // further.
  bool allows(const json::Value* parameters) const;
  bool requires_parameter(std::string_view lower_name) const;

 private:
  struct Named {
    std::string name;                         // lower case
    std::vector<const json::Value*> values;  // none: any
  };
  using List = std::vector<Named>;  // sorted by name
  static List finished(const ParameterRules& rules, Arena& arena);
  static const Named* find(const List& list, std::string_view name);

  std::vector<std::string> required_;
  List denied_;
  List allowed_;
  ParameterRules denied_rules_;   // until finish()
  ParameterRules allowed_rules_;
};

// Numbers by value, whatever their spelling: 5, 5.0 and 50e-1 are one. Exact, without conversion.
bool equal_numbers(std::string_view a, std::string_view b);

}  // namespace sr::acl
