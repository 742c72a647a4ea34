#include "net/proxy_header.h"
#include <charconv>

namespace sr::net {
namespace {

using namespace std::string_view_literals;

constexpr auto signature_v1 = "PROXY "sv;
constexpr auto signature_v2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t line_bytes = 107;  // of version 1, with its end

std::unexpected<Error> malformed() { return fail(Code::invalid, "malformed PROXY header"); }

std::string_view take_word(std::string_view& line) {
  const auto blank = line.find(' ');
  const auto word = line.substr(0, blank);
  line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  return word;
}
std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// "PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n"
Result<std::optional<ProxyHeader>> parse_v1(std::string_view begun) {
  const auto end = begun.substr(0, line_bytes).find("\r\n");
  if (end == std::string_view::npos) {
    if (begun.size() >= line_bytes) return malformed();
    return std::nullopt;
  }
  ProxyHeader header{.bytes = end + 2};
  auto line = begun.substr(signature_v1.size(), end - signature_v1.size());
  const auto family = take_word(line);
  if (family == "UNKNOWN") return header;
  const auto source = take_word(line), destination = take_word(line);
  const auto source_port = port_of(take_word(line)), destination_port = port_of(take_word(line));
  const auto from = IpAddress::parse(source), to = IpAddress::parse(destination);
  const bool v4 = family == "TCP4";
  if (!line.empty() || (!v4 && family != "TCP6") || !from || !to || !source_port || !destination_port || source.contains(':') == v4) return malformed();
  header.client = http::Peer{.address = from->text(), .port = *source_port};
  return header;
}

Result<std::optional<ProxyHeader>> parse_v2(std::string_view begun) {
  constexpr std::size_t fixed = 16;
  if (begun.size() < fixed) return std::nullopt;
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(begun[at]); };
  const std::size_t size = fixed + (byte(14) << 8 | byte(15));
  const auto version = byte(12) >> 4, command = byte(12) & 15;
  if (version != 2 || command > 1 || size > proxy_header_bytes) return malformed();
  if (begun.size() < size) return std::nullopt;
  ProxyHeader header{.bytes = size};
  if (command == 0) return header;  // LOCAL: a health check of the proxy's own
  const auto bytes = [&]<std::size_t count>(std::size_t at) {
    std::array<std::uint8_t, count> found;
    for (std::size_t i = 0; i < count; ++i) found[i] = byte(at + i);
    return found;
  };
  const auto port = [&](std::size_t at) { return static_cast<std::uint16_t>(byte(at) << 8 | byte(at + 1)); };
  switch (byte(13)) {
    case 0x11:  // TCP over IPv4: two addresses, two ports
      if (size < fixed + 12) return malformed();
      header.client = http::Peer{.address = IpAddress::from_bytes(bytes.template operator()<4>(fixed)).text(), .port = port(fixed + 8)};
      break;
    case 0x21:
      if (size < fixed + 36) return malformed();
      header.client = http::Peer{.address = IpAddress::from_bytes(bytes.template operator()<16>(fixed)).text(), .port = port(fixed + 32)};
      break;
    default: break;  // what it passes on has no address that we know
  }
  return header;
}

}  // namespace

Result<ProxyRules::From> parse_proxy_behavior(std::string_view text) {
  if (text == "use_always") return ProxyRules::From::anyone;
  if (text == "allow_authorized") return ProxyRules::From::authorized;
  if (text == "deny_unauthorized") return ProxyRules::From::only;
  return fail(Code::invalid, "proxy_protocol_behavior must be use_always, allow_authorized or deny_unauthorized");
}

bool trusts(const ProxyRules& rules, const http::Peer& proxy) {
  if (rules.from == ProxyRules::From::anyone) return true;
  const auto address = IpAddress::parse(proxy.address);
  return address && !rules.authorized.empty() && allows(rules.authorized, *address);
}

// A connection may come without a header: TLS begins with another byte, and no request line begins like one.
Result<std::optional<ProxyHeader>> parse_proxy_header(std::string_view begun) {
  for (const auto& [signature, parse] : {std::pair{signature_v1, &parse_v1}, std::pair{signature_v2, &parse_v2}}) {
    if (begun.starts_with(signature)) return parse(begun);
    if (signature.starts_with(begun)) return std::nullopt;
  }
  return ProxyHeader{};
}

}  // namespace sr::net
