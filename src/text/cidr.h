// Addresses and networks, IPv4 and IPv6: bound_cidrs of tokens and roles.
#pragma once
#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/result.h"

namespace sr {

// An IPv4 address is kept in its IPv6-mapped form (::ffff:a.b.c.d), so that both spellings of it are one address.
class IpAddress {
 public:
  // "10.0.0.1", "2001:db8::1", "[::1]"; no zone, no leading zeros in IPv4.
  static Result<IpAddress> parse(std::string_view text);
  static IpAddress from_bytes(std::span<const std::uint8_t, 4> bytes);
  static IpAddress from_bytes(std::span<const std::uint8_t, 16> bytes) { return IpAddress(bytes); }

  bool is_v4() const;
  std::span<const std::uint8_t, 16> bytes() const { return bytes_; }
  std::string text() const;  // canonical
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  explicit IpAddress(std::span<const std::uint8_t, 16> bytes) { std::ranges::copy(bytes, bytes_.begin()); }
  std::array<std::uint8_t, 16> bytes_;
};

class Cidr {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or a bare address, which stands for itself alone. Bits behind the prefix do not count.
  static Result<Cidr> parse(std::string_view text);

  bool contains(const IpAddress& address) const;
  bool contains(const Cidr& other) const { return other.bits_ >= bits_ && contains(other.network_); }
  bool is_single() const { return bits_ == 128; }
  std::string text() const;  // "10.1.2.3/8", with the bits behind the prefix; of a single address without prefix, as tokens show it

 private:
  Cidr(const IpAddress& given, const IpAddress& network, unsigned bits) : given_(given), network_(network), bits_(bits) {}
  IpAddress given_, network_;
  unsigned bits_;  // of the IPv6 form: those of an IPv4 network count 96 more
};

// Whether an address may come in: an empty list lets everyone in.
bool allows(std::span<const Cidr> cidrs, const IpAddress& address);

}  // namespace sr
