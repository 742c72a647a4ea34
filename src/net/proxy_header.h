// The PROXY protocol, versions 1 and 2, of the receiving side: a proxy that passes connections on says in front of each whose it is.
// https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
#pragma once
#include <optional>
#include <string_view>
#include <vector>
#include "base/result.h"
#include "http/message.h"
#include "text/cidr.h"

namespace sr::net {

struct ProxyRules {
  enum class From : std::uint8_t {
    anyone,      // "use_always"
    authorized,  // "allow_authorized": the header of others is read and means nothing
    only,        // "deny_unauthorized": others are not let in
  };
  From from = From::anyone;
  std::vector<Cidr> authorized{};
};
Result<ProxyRules::From> parse_proxy_behavior(std::string_view text);
bool trusts(const ProxyRules& rules, const http::Peer& proxy);

constexpr std::size_t proxy_header_bytes = 4096;  // a longer one is refused

struct ProxyHeader {
  std::size_t bytes = 0;                // of the header; 0 when there is none
  std::optional<http::Peer> client{};   // nobody: the proxy speaks for itself
};
// What stands at the begin of a connection. Nothing when more bytes are needed to tell.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view begun);

}  // namespace sr::net
