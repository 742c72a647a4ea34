// X-Forwarded-For: the address of the client, told by a proxy that the listener trusts.
#pragma once
#include "http/message.h"
#include "base/result.h"
#include "text/cidr.h"

namespace sr::http {

struct ForwardedRules {
  std::vector<Cidr> authorized{};     // proxies; empty: the header means nothing here
  std::size_t hop_skips = 0;          // proxies in front of the nearest one, which are passed over from the right
  bool reject_not_present = true;
  bool reject_not_authorized = true;
};

// Makes the client of the header the request's peer. An error is a 400 for the client.
Result<void> take_forwarded_address(const ForwardedRules& rules, Request& request);

}  // namespace sr::http
