#include "logical/policy.h"
#include <algorithm>
#include <array>
#include "text/lower.h"
#include "base/utf8.h"

namespace sr {

namespace {

constexpr std::size_t policy_name_bytes = 512;

}  // namespace

Result<PolicyName> parse_policy_name(std::string_view text) {
  if (text.empty()) return fail(Code::invalid, "policy name missing");
  if (text.size() > policy_name_bytes) return fail(Code::invalid, "policy name is too long");
  if (!utf8::is_printable(text)) return fail(Code::invalid, "policy name contains non-printable characters");
  if (text.front() == ' ' || text.back() == ' ') return fail(Code::invalid, "policy name begins or ends with white space");
  if (text.find_first_of("/\\%") != text.npos) return fail(Code::invalid, "policy name cannot contain '/', '\\' or '%'");
  if (text.find("..") != text.npos) return fail(Code::invalid, "policy name cannot contain '..'");
  return PolicyName(to_lower(text));
}

bool is_root(const PolicyName& name) { return name.text() == "root"; }
bool is_immutable(const PolicyName& name) { return is_root(name) || name.text() == "response-wrapping"; }
bool is_undeletable(const PolicyName& name) { return is_immutable(name) || name.text() == "default"; }
bool is_assignable(const PolicyName& name) { return name.text() != "response-wrapping"; }

std::string_view name_of(Capability capability) {
  constexpr std::array<std::string_view, capability_count> names = {"deny",  "create", "read", "update",    "delete", "list",
                                                                    "sudo", "patch",  "scan", "subscribe", "recover"};
  return names[static_cast<std::size_t>(capability)];
}

std::vector<std::string> CapabilitySet::names() const {
  std::vector<std::string> names;
  for (unsigned i = 0; i < capability_count; ++i)
    if (has(static_cast<Capability>(i))) names.emplace_back(name_of(static_cast<Capability>(i)));
  std::ranges::sort(names);
  return names;
}

std::string_view default_policy_text() {
  return R"(# What every token may do unless it was made without this policy. It can be edited, not deleted.

# Its own token: see it, prolong it, give it up, ask what it may do.
path "auth/token/lookup-self" {
    capabilities = ["read"]
}
path "auth/token/renew-self" {
    capabilities = ["update"]
}
path "auth/token/revoke-self" {
    capabilities = ["update"]
}
path "sys/capabilities-self" {
    capabilities = ["update"]
}

# Its own identity, by id and by name.
path "identity/entity/id/{{identity.entity.id}}" {
    capabilities = ["read"]
}
path "identity/entity/name/{{identity.entity.name}}" {
    capabilities = ["read"]
}

# What all its policies together allow, in the form that user interfaces read.
path "sys/internal/ui/resultant-acl" {
    capabilities = ["read"]
}

# Leases whose id it knows. The first path is the one that older clients use.
path "sys/renew" {
    capabilities = ["update"]
}
path "sys/leases/renew" {
    capabilities = ["update"]
}
path "sys/leases/lookup" {
    capabilities = ["update"]
}

# Its private cubbyhole.
path "cubbyhole/*" {
    capabilities = ["create", "read", "update", "delete", "list"]
}

# Wrap a value, look at a wrapping token that it holds, unwrap it.
path "sys/wrapping/wrap" {
    capabilities = ["update"]
}
path "sys/wrapping/lookup" {
    capabilities = ["update"]
}
path "sys/wrapping/unwrap" {
    capabilities = ["update"]
}

# Hash any text.
path "sys/tools/hash" {
    capabilities = ["update"]
}
path "sys/tools/hash/*" {
    capabilities = ["update"]
}

# Sign in to an application with the server as OIDC provider.
path "identity/oidc/provider/+/authorize" {
    capabilities = ["read", "update"]
}
)";
}

std::string_view response_wrapping_policy_text() {
  return R"(path "cubbyhole/response" {
    capabilities = ["create", "read"]
}
path "sys/wrapping/unwrap" {
    capabilities = ["update"]
}
)";
}

}  // namespace sr
