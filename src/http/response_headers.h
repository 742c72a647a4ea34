// The headers that every answer of a listener has: ours, and those of its custom_response_headers. A value; made once,
// so that an answer borrows its headers and copies none.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include "base/result.h"
#include "http/message.h"

namespace sr::http {

// By "default", a class of codes ("4xx") or a code ("404"), as the stanza is written.
using CustomHeaders = std::map<std::string, std::vector<Header>, std::less<>>;

// Refuses a key that is no status, and names and values that cannot stand in a header.
Result<void> check(const CustomHeaders& custom);

class ResponseHeaders {
 public:
  // A code's headers replace those of its class, and these the default ones. Strict-Transport-Security is among the default
  // ones, unless they say it themselves; those that begin with X-Vault- are left out: they are ours.
  explicit ResponseHeaders(const CustomHeaders& custom);

  // The first is the content type of JSON. Alive as long as this object.
  std::span<const Header> of(int status) const { return lists_[status >= 100 && status < 600 ? list_of_[static_cast<std::size_t>(status - 100)] : 0]; }
  bool has_custom(std::string_view name) const;  // set by the configuration for any status

 private:
  std::vector<std::vector<Header>> lists_;
  std::array<std::uint16_t, 500> list_of_{};
  std::vector<std::string> custom_names_;
};

}  // namespace sr::http
