#include "http/forwarded.h"
#include "base/concat.h"

namespace sr::http {
namespace {

// The addresses of all headers of that name: a list with commas and several headers are the same.
std::vector<std::string_view> chain_of(const Request& request) {
  std::vector<std::string_view> chain;
  for (const auto& header : request.headers) {
    if (!same_name(header.name, "X-Forwarded-For")) continue;
    std::string_view rest = header.value;
    while (true) {
      const auto comma = rest.find(',');
      auto one = rest.substr(0, comma);
      while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
      while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
      chain.push_back(one);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return chain;
}

}  // namespace

Result<void> take_forwarded_address(const ForwardedRules& rules, Request& request) {
  if (rules.authorized.empty()) return {};
  const auto chain = chain_of(request);
  if (chain.empty()) {
    if (rules.reject_not_present) return fail(Code::invalid, "missing x-forwarded-for header and configured to reject when not present");
    return {};
  }
  const auto proxy = IpAddress::parse(request.peer.address);
  if (!proxy || !allows(rules.authorized, *proxy)) {
    if (rules.reject_not_authorized) return fail(Code::invalid, "client address not authorized for x-forwarded-for and configured to reject connection");
    return {};
  }
  if (rules.hop_skips >= chain.size())
    return fail(Code::invalid, concat("malformed x-forwarded-for configuration or request, hops to skip (", std::to_string(rules.hop_skips),
                                      ") would skip before earliest chain link (chain length ", std::to_string(chain.size()), ")"));
  // Vault takes any text for an address here; a bound network could never match it, and the audit log would lie.
  const auto client = IpAddress::parse(chain[chain.size() - 1 - rules.hop_skips]);
  if (!client) return fail(Code::invalid, "malformed x-forwarded-for header: an element is not an address");
  request.peer.address = client->text();
  return {};
}

}  // namespace sr::http
