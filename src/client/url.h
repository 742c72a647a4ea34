// The spelling of a request's URL: the same characters escaped as in Go's net/url, so that an error text or a printed curl
// command names the same URL as other clients do. Pure functions.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include "base/result.h"

namespace sr::client {

using Query = std::vector<std::pair<std::string, std::string>>;

// "http://127.0.0.1:8200", "https://vault.example.com/base" or "unix:///run/vault.sock".
struct Address {
  std::string scheme;       // "http" or "https"; requests to a Unix socket are http
  std::string host;         // "127.0.0.1:8200", as it was written, without user information
  std::string path;         // in front of /v1, decoded; often empty
  std::string unix_socket;  // empty unless the address is unix://
  std::string user;         // "name:password", or empty

  std::string base() const { return scheme + "://" + host; }
};
Result<Address> parse_address(std::string_view text);

// Joins with single slashes and takes out ".", ".." and empty segments, and a slash at the end, as Go's path.Join does.
std::string join_path(std::string_view a, std::string_view b);
inline std::string join_path(std::string_view a, std::string_view b, std::string_view c) { return join_path(join_path(a, b), c); }

std::string escape_path(std::string_view path);
std::string escape_query(std::string_view text);
std::string encode_query(const Query& query);  // sorted by name; the values of one name keep their order

}  // namespace sr::client
