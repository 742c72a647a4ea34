#include "crypto/shamir.h"
#include <array>
#include <bitset>
#include <numeric>
#include <utility>

namespace sr {
namespace {

using Byte = unsigned char;

// Eight rounds of shift and add; masks instead of branches and look-ups, which a cache would tell about.
Byte multiply(Byte a, Byte b) {
  unsigned product = 0, shifted = a;
  for (int bit = 0; bit < 8; ++bit) {
    product ^= shifted & (0u - (b >> bit & 1u));
    shifted = shifted << 1 ^ (0x11bu & (0u - (shifted >> 7)));
  }
  return static_cast<Byte>(product);
}

// a^254, which is 1/a, and 0 for 0.
Byte inverse(Byte a) {
  Byte power = a;  // a^(2^n - 1)
  for (int i = 0; i < 6; ++i) power = multiply(multiply(power, power), a);
  return multiply(power, power);
}

void fill(Random& random, std::span<Byte> bytes) { random.fill(std::as_writable_bytes(bytes)); }

// 1..255 in an order that nobody can foretell, without bias.
std::array<Byte, 255> shuffled_places(Random& random) {
  std::array<Byte, 255> places;
  std::iota(places.begin(), places.end(), Byte{1});
  for (unsigned last = 254; last > 0; --last) {
    const unsigned choices = last + 1, fair = 256 - 256 % choices;
    Byte draw;
    do fill(random, {&draw, 1});
    while (draw >= fair);
    std::swap(places[last], places[draw % choices]);
  }
  return places;
}

Byte at(std::string_view bytes, std::size_t index) { return static_cast<Byte>(bytes[index]); }

}  // namespace

Result<std::vector<Secret>> shamir_split(std::string_view secret, ShamirSplit into, Random& random) {
  if (into.parts < into.threshold) return fail(Code::invalid, "parts cannot be less than threshold");
  if (into.parts > 255) return fail(Code::invalid, "parts cannot exceed 255");
  if (into.threshold < 2) return fail(Code::invalid, "threshold must be at least 2");
  if (secret.empty()) return fail(Code::invalid, "cannot split an empty secret");

  const auto places = shuffled_places(random);
  std::vector<Secret> shares;
  for (std::size_t i = 0; i < into.parts; ++i) {
    shares.push_back(Secret::of_size(secret.size() + 1));
    shares.back().data()[secret.size()] = static_cast<char>(places[i]);
  }
  std::array<Byte, 255> polynomial;  // the secret byte, then random coefficients
  for (std::size_t index = 0; index < secret.size(); ++index) {
    polynomial[0] = at(secret, index);
    fill(random, {polynomial.data() + 1, into.threshold - 1});
    for (std::size_t i = 0; i < into.parts; ++i) {
      Byte value = 0;  // Horner's rule
      for (std::size_t degree = into.threshold; degree-- > 0;) value = multiply(value, places[i]) ^ polynomial[degree];
      shares[i].data()[index] = static_cast<char>(value);
    }
  }
  wipe(polynomial.data(), polynomial.size());
  return shares;
}

Result<Secret> shamir_combine(std::span<const Secret> shares) {
  if (shares.size() < 2) return fail(Code::invalid, "less than two parts cannot be used to reconstruct the secret");
  const std::size_t size = shares.front().size();
  if (size < 2) return fail(Code::invalid, "parts must be at least two bytes long");
  std::bitset<256> seen;
  for (const Secret& share : shares) {
    if (share.size() != size) return fail(Code::invalid, "all parts must be the same length");
    const Byte place = at(share.reveal(), size - 1);
    if (place == 0) return fail(Code::invalid, "invalid part: no share lies at zero");  // the secret itself would
    if (seen[place]) return fail(Code::invalid, "duplicate part detected");
    seen[place] = true;
  }

  // Lagrange at 0: the sum over i of y_i times the product over j != i of x_j / (x_j - x_i), where minus is xor.
  Secret secret = Secret::of_size(size - 1);
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const Byte place = at(shares[i].reveal(), size - 1);
    Byte weight = 1;
    for (std::size_t j = 0; j < shares.size(); ++j) {
      const Byte other = at(shares[j].reveal(), size - 1);
      if (i != j) weight = multiply(weight, multiply(other, inverse(other ^ place)));
    }
    for (std::size_t index = 0; index < secret.size(); ++index)
      secret.data()[index] = static_cast<char>(at(secret.reveal(), index) ^ multiply(at(shares[i].reveal(), index), weight));
  }
  return secret;
}

}  // namespace sr
