// Shamir's secret sharing over GF(2^8), byte for byte as Vault's and OpenBao's `shamir` package: the field of AES
// (x^8 + x^4 + x^3 + x + 1), one polynomial for each byte of the secret, a share is the values at x followed by x itself.
//
// Unlike there, no table is indexed by a secret: multiplication and inverse take the same time for all values. Pure functions.
#pragma once
#include <cstddef>
#include <span>
#include <vector>
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace sr {

struct ShamirSplit {
  std::size_t parts = 0;      // 2 to 255
  std::size_t threshold = 0;  // 2 to `parts`: that many shares give the secret, one fewer give nothing
};

Result<std::vector<Secret>> shamir_split(std::string_view secret, ShamirSplit into, Random& random);

// Cannot tell whether the shares belong together or are enough: what comes out then is another secret. Refuses fewer than
// two, different lengths, and the same x twice.
Result<Secret> shamir_combine(std::span<const Secret> shares);

}  // namespace sr
