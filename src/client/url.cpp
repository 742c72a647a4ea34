#include "client/url.h"
#include <map>
#include "base/path.h"

namespace sr::client {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

void escape(std::string& out, char c) {
  static constexpr char digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += digits[byte >> 4];
  out += digits[byte & 15];
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  Address address;
  if (text.starts_with("unix://")) {
    address.scheme = "http";
    address.host = "localhost";
    address.unix_socket = text.substr(7);
    return address;
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) {
    // The two spellings that people try first, each with what is wrong about it.
    if (text.find(':') == std::string_view::npos) return fail(Code::invalid, "address \"" + std::string(text) + "\" has no scheme: write https://" + std::string(text));
    return fail(Code::invalid, "parse \"" + std::string(text) + "\": first path segment in URL cannot contain colon; the address needs a scheme, as in https://" + std::string(text));
  }
  address.scheme = text.substr(0, colon);
  for (char& c : address.scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (address.scheme != "http" && address.scheme != "https") return fail(Code::invalid, "unsupported protocol scheme \"" + address.scheme + "\"");
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) address.path = TRY(percent_decode(rest.substr(slash)));
  while (address.path.ends_with('/')) address.path.pop_back();
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    address.user = TRY(percent_decode(authority.substr(0, at)));
    authority.remove_prefix(at + 1);
  }
  for (const char c : authority) {
    if (c <= ' ' || c == 127 || c == '"' || c == '<' || c == '>' || c == '\\') return fail(Code::invalid, "invalid character in the host name of the address");
  }
  if (authority.empty()) return fail(Code::invalid, "no host in the address");
  address.host = authority;
  return address;
}

std::string join_path(std::string_view a, std::string_view b) {
  const bool rooted = (a.empty() ? b : a).starts_with('/');
  std::vector<std::string_view> segments;
  for (std::string_view part : {a, b}) {
    while (!part.empty()) {
      const std::size_t slash = part.find('/');
      const std::string_view segment = part.substr(0, slash);
      part.remove_prefix(slash == std::string_view::npos ? part.size() : slash + 1);
      if (segment.empty() || segment == ".") continue;
      if (segment == "..") {
        if (!segments.empty() && segments.back() != "..") {
          segments.pop_back();
          continue;
        }
        if (rooted) continue;
      }
      segments.push_back(segment);
    }
  }
  std::string out = rooted ? "/" : "";
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (i > 0) out += '/';
    out += segments[i];
  }
  return out;
}

std::string escape_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (is_unreserved(c) || std::string_view("$&+,/:;=@").find(c) != std::string_view::npos) out += c;
    else escape(out, c);
  }
  return out;
}

std::string escape_query(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) out += c;
    else if (c == ' ') out += '+';
    else escape(out, c);
  }
  return out;
}

std::string encode_query(const Query& query) {
  std::multimap<std::string_view, std::string_view> sorted;  // equal names keep the order in which they come
  for (const auto& [name, value] : query) sorted.emplace(name, value);
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (!out.empty()) out += '&';
    out += escape_query(name) + "=" + escape_query(value);
  }
  return out;
}

}  // namespace sr::client
