#include "text/cidr.h"
#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

namespace sr {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::array<std::uint8_t, 16> masked(std::span<const std::uint8_t, 16> bytes, unsigned bits) {
  std::array<std::uint8_t, 16> kept{};
  for (unsigned i = 0; i < 16 && i * 8 < bits; ++i) {
    const unsigned left = std::min(8u, bits - i * 8);
    kept[i] = static_cast<std::uint8_t>(bytes[i] & (0xff00u >> left));
  }
  return kept;
}

}  // namespace

IpAddress IpAddress::from_bytes(std::span<const std::uint8_t, 4> bytes) {
  std::array<std::uint8_t, 16> all;
  std::ranges::copy(v4_prefix, all.begin());
  std::ranges::copy(bytes, all.begin() + 12);
  return IpAddress(std::span<const std::uint8_t, 16>(all));
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > 1 && text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  char name[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof name || text.find('\0') != std::string_view::npos) return fail(Code::invalid, "not an IP address");
  name[text.copy(name, sizeof name - 1)] = '\0';
  std::array<std::uint8_t, 4> v4;
  if (inet_pton(AF_INET, name, v4.data()) == 1) return from_bytes(v4);
  std::array<std::uint8_t, 16> v6;
  if (inet_pton(AF_INET6, name, v6.data()) == 1) return from_bytes(v6);
  return fail(Code::invalid, "not an IP address");
}

bool IpAddress::is_v4() const { return std::ranges::equal(std::span(bytes_).first<12>(), v4_prefix); }

std::string IpAddress::text() const {
  char name[INET6_ADDRSTRLEN];
  return is_v4() ? inet_ntop(AF_INET, bytes_.data() + 12, name, sizeof name) : inet_ntop(AF_INET6, bytes_.data(), name, sizeof name);
}

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const IpAddress address = TRY(IpAddress::parse(text.substr(0, slash)));
  if (slash == std::string_view::npos) return Cidr(address, address, 128);
  const std::string_view count = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, problem] = std::from_chars(count.data(), count.data() + count.size(), bits);
  // An IPv6 spelling of an IPv4 address counts its prefix in IPv6 bits.
  const bool counts_as_v4 = address.is_v4() && text.substr(0, slash).find(':') == std::string_view::npos;
  if (problem != std::errc() || end != count.data() + count.size() || bits > (counts_as_v4 ? 32u : 128u))
    return fail(Code::invalid, "not a network prefix");
  if (counts_as_v4) bits += 96;
  const auto network = masked(address.bytes(), bits);
  return Cidr(address, IpAddress::from_bytes(network), bits);
}

bool Cidr::contains(const IpAddress& address) const { return std::ranges::equal(masked(address.bytes(), bits_), network_.bytes()); }

std::string Cidr::text() const {
  if (is_single()) return given_.text();
  // "::ffff:10.1.2.3/64" holds more than IPv4: the address alone would read as a network of that.
  const IpAddress& shown = given_.is_v4() == network_.is_v4() ? given_ : network_;
  return shown.text() + '/' + std::to_string(shown.is_v4() && bits_ >= 96 ? bits_ - 96 : bits_);
}

bool allows(std::span<const Cidr> cidrs, const IpAddress& address) {
  return cidrs.empty() || std::ranges::any_of(cidrs, [&](const Cidr& cidr) { return cidr.contains(address); });
}

}  // namespace sr
