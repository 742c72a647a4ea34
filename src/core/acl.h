// What a set of policies allows. Compiled once for each set, constant afterwards, and shared by all tokens that have it.
//
// Of all patterns that match a path only the best counts, by Vault's order: the exact path; else the pattern whose first
// '+' or final '*' comes latest; then one that does not end in '*'; then fewer '+'; then the longer; then the larger by
// bytes. The same pattern in several policies is one rule, merged at compile time, where a deny leaves nothing else.
//
// LIST and SCAN of a folder "a/" are judged by the rules for "a/" and, where there are none, by those for "a". A deny
// that is more specific for "a" holds for "a/" too, so that the slash is no way round it.
//
// Paths compare byte for byte, as in Vault: where the names of an engine ignore case, the path is folded before it comes
// here. Rules with templates are left out: an unresolved template gives nothing.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/result.h"
#include "logical/op.h"
#include "logical/policy.h"
#include "text/json.h"

namespace sr {

// What one policy gives to a rule. Borrows from its Acl.
struct Grant {
  std::string_view policy{};
  CapabilitySet capabilities{};
};

// A request, as far as policies are concerned. Borrows.
struct Question {
  Op op = Op::read;
  std::string_view path{};                              // canonical: ApiPath::view()
  std::string_view folded{};                            // the same in its one spelling, where a name in it has several (folded_path.h); or empty
  const json::Value* parameters = nullptr;              // body, or query of GET and LIST, as an object; null: none
  std::optional<std::chrono::nanoseconds> wrap_ttl{};   // of a request that asks to be wrapped
  bool needs_sudo = false;                              // the path is among those for root
};

// Borrows from its Acl.
struct Decision {
  bool allowed = false;
  bool root = false;                  // by the policy "root"
  bool sudo = false;                  // the rule gives sudo (or root)
  std::int64_t page_limit = 0;        // LIST, SCAN: the `limit` to run with, whatever was asked for; 0: as asked
  std::chrono::nanoseconds min_wrapping_ttl{0};
  std::chrono::nanoseconds max_wrapping_ttl{0};
  const KeyFilter* keys_filter = nullptr;  // LIST, SCAN: what names of the answer are shown
  std::span<const Grant> grants{};
  Capability through = Capability::deny;  // what the operation needed

  // Names of the policies that gave the capability, for the audit log; empty when refused.
  std::vector<std::string_view> granting_policies() const;
  template <class Each> void for_each_granting_policy(Each each) const {
    if (!allowed) return;
    for (const Grant& grant : grants)
      if (root || grant.capabilities.has(through)) each(grant.policy);
  }
};

class Acl {
 public:
  // Copies what it needs, without the rules that have expired. Null pointers are skipped; "root" must be alone (Code::internal).
  static Result<std::shared_ptr<const Acl>> compile(std::span<const Policy* const> policies, Time now = {});
  ~Acl();

  // Any thread. Allocates nothing, unless a parameter's name is not lower-case ASCII or values of it are denied.
  Decision decide(const Question& question) const;

  // For sys/capabilities: sorted; {"root"}, {"deny"} when nothing is given.
  std::vector<std::string> capabilities(std::string_view path, std::string_view folded = {}) const;

  // What the rule for a path gives; with the deny alone where it denies. Without the bounds that it has: for those who ask of many paths
  // what may be seen there. Of no meaning for root.
  CapabilitySet given(std::string_view path, std::string_view folded = {}) const;

  // May the holder know of the mount "secret/", "auth/userpass/"? For sys/internal/ui/mounts.
  bool reaches(std::string_view mount_path) const;

  bool is_root() const { return root_; }

  // For sys/internal/ui/resultant-acl: every rule, patterns as in PathRule.
  struct RuleView {
    std::string_view pattern;
    bool exact;  // neither prefix nor wildcard segments
    CapabilitySet capabilities;
  };
  std::vector<RuleView> rules() const;

 private:
  struct Compiled;
  Acl(bool root, std::unique_ptr<const Compiled> compiled);

  bool root_;
  std::unique_ptr<const Compiled> compiled_;
};

}  // namespace sr
