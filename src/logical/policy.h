// Policies as text and as values: what an operator writes, checked and taken apart. What a set of them allows is decided
// by core/acl.h.
//
// A policy is HCL or JSON:
//   path "secret/data/app/*" { capabilities = ["create", "read"]  allowed_parameters = { "data" = [] } }
// The grammar and the messages are those of Vault and OpenBao. A field that restricts and that nothing here enforces
// (mfa_methods, control_group, subscribe_event_types) is refused, never accepted and ignored.
//
// Pure functions and values: one thread at a time for each object, or constant.
#pragma once
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/clock.h"
#include "base/result.h"
#include "base/strong.h"
#include "logical/key_filter.h"
#include "text/json.h"

namespace sr {

// The name of a policy, in its one canonical spelling. Made by parse_policy_name wherever a name comes from outside, so
// that "Root" and " root" cannot pass a check for "root" and become it later.
using PolicyName = StrongText<struct PolicyNameTag>;

// Lower-cased as Go does it. Refused: an empty name, one of more than 512 bytes, white space at an end, '/', '\', '%',
// "..", control, invisible and non-UTF-8 characters. Whoever splits a list at commas trims its elements first.
Result<PolicyName> parse_policy_name(std::string_view text);

bool is_root(const PolicyName& name);
bool is_immutable(const PolicyName& name);   // "root", "response-wrapping": neither written nor deleted
bool is_undeletable(const PolicyName& name); // those and "default", which may be edited
bool is_assignable(const PolicyName& name);  // not "response-wrapping", which only wrapping tokens have

enum class Capability : std::uint8_t { deny, create, read, update, remove, list, sudo, patch, scan, subscribe, recover };
constexpr unsigned capability_count = 11;
std::string_view name_of(Capability capability);  // "deny", "create", ... "delete" for remove

class CapabilitySet {
 public:
  constexpr CapabilitySet() = default;
  constexpr CapabilitySet(std::initializer_list<Capability> list) {
    for (const Capability one : list) add(one);
  }
  constexpr void add(Capability one) { bits_ |= bit(one); }
  constexpr void add(CapabilitySet other) { bits_ |= other.bits_; }
  constexpr bool has(Capability one) const { return (bits_ & bit(one)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool denies() const { return has(Capability::deny); }
  std::vector<std::string> names() const;  // sorted
  friend constexpr bool operator==(CapabilitySet, CapabilitySet) = default;

 private:
  static constexpr std::uint16_t bit(Capability one) { return static_cast<std::uint16_t>(1u << static_cast<unsigned>(one)); }
  std::uint16_t bits_ = 0;
};

// Names of parameters, lower-cased, each with the values it is about; no values means any value. "*" is every name.
using ParameterRules = std::map<std::string, std::vector<json::Text>, std::less<>>;

// One `path` stanza.
struct PathRule {
  std::string pattern{};           // as written, without one leading slash; a '*' at its end and '+' segments are still in it
  bool is_prefix = false;          // ends in '*'
  bool has_wildcard_segments = false;
  bool is_templated = false;       // holds {{...}}; such a rule counts only once its templates are filled in
  CapabilitySet capabilities{};    // `deny` stands alone
  ParameterRules allowed_parameters{};
  ParameterRules denied_parameters{};
  std::vector<std::string> required_parameters{};  // lower-cased
  std::chrono::nanoseconds min_wrapping_ttl{0};    // 0: no bound
  std::chrono::nanoseconds max_wrapping_ttl{0};
  std::int64_t pagination_limit = 0;               // of LIST and SCAN; 0: none
  KeyFilter keys_filter{};                         // of LIST and SCAN; empty: none
  std::optional<Time> expiration{};                // from then on it is as if it were not there
};

struct Policy {
  PolicyName name{};
  std::string text{};
  std::vector<PathRule> rules{};
};

// Errors are Code::invalid and read "failed to parse policy: ...", with names, never with values.
Result<Policy> parse_policy(PolicyName name, std::string_view text);

// The text that "default" starts with, and the fixed text of "response-wrapping". "root" has none: its power is its name.
std::string_view default_policy_text();
std::string_view response_wrapping_policy_text();

}  // namespace sr
