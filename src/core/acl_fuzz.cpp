// Input: a path, a line break, a policy. The Acl and the naive evaluator give the same answer for every operation.
#include "base/assert.h"
#include "core/acl.h"
#include "core/acl_brute_force.h"
#include "text/duration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sr;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string path(input.substr(0, line));
  if (path.starts_with('/')) return 0;  // the Acl takes slashes off the front, as Vault does
  auto policy = parse_policy(PolicyName("fuzz"), input.substr(std::min(line + 1, input.size())));
  if (!policy) return 0;
  for (PathRule& rule : policy->rules) rule.required_parameters.clear(), rule.min_wrapping_ttl = rule.max_wrapping_ttl = Duration::zero();
  const Policy* policies[] = {&*policy};
  const auto acl = *Acl::compile(policies);
  const std::vector<Policy> naive = {*policy};
  for (const auto& [op, needed] : {std::pair(Op::read, Capability::read), std::pair(Op::list, Capability::list)}) {
    const CapabilitySet expected = brute_force::capabilities(naive, op, path);
    const Decision decision = acl->decide({.op = op, .path = path});
    SR_ASSERT(decision.allowed == expected.has(needed));
    SR_ASSERT(decision.sudo == expected.has(Capability::sudo));
  }
  return 0;
}
