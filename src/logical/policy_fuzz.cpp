// No text crashes the parser, and what it accepts keeps its promises: a deny stands alone, patterns know what they are, values
// are JSON.
#include "base/assert.h"
#include "logical/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sr;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = parse_policy_name(text)) {
    const auto again = parse_policy_name(name->text());
    SR_ASSERT(again && *again == *name);
  }
  const auto policy = parse_policy(PolicyName("fuzz"), text);
  if (!policy) return 0;
  Arena arena;
  for (const PathRule& rule : policy->rules) {
    SR_ASSERT(rule.is_prefix == rule.pattern.ends_with('*'));
    SR_ASSERT(!rule.capabilities.denies() || rule.capabilities == CapabilitySet{Capability::deny});
    for (const ParameterRules* rules : {&rule.allowed_parameters, &rule.denied_parameters})
      for (const auto& [name, values] : *rules)
        for (const json::Text& value : values) SR_ASSERT(json::parse(arena, value.text).has_value());
  }
  return 0;
}
