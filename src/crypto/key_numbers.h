// The numbers that keys are made of, in decimal digits: how Go's JSON has them, and so a Vault backup. Pure functions.
#pragma once
#include "crypto/key_pair.h"

namespace sr {

class KeyNumbers {
 public:
  struct Rsa {
    std::string modulus{}, exponent{};
    Secret private_exponent{}, prime1{}, prime2{};      // empty: of a public key
    Secret exponent1{}, exponent2{}, coefficient{};     // printed, and made anew when read
  };
  struct Curve {
    std::string x{}, y{};
    Secret scalar{};                                    // empty: of a public key
  };

  static Rsa print_rsa(const KeyPair& key);
  static Curve print_curve(const KeyPair& key);

  // Digits of whatever length and sense: Code::invalid when they make no key.
  static Result<KeyPair> parse_rsa(const Rsa& numbers);
  static Result<KeyPair> parse_curve(KeyAlgorithm algorithm, const Curve& numbers);
};

}  // namespace sr
