// X.509, as far as keys need it: requests for certificates (PKCS #10), and what is in a certificate. Pure functions and values.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include "base/result.h"
#include "crypto/key_pair.h"

namespace sr {

// A request in DER, signed by the key. Subject and attributes are those of `like`, a request in DER whose key and signature do not
// count; without one they are empty.
Result<std::string> make_certificate_request(const KeyPair& key, std::string_view like);

struct Certificate {
  bool is_authority = false;   // by its basic constraints
  std::string key_algorithm{}; // "RSA", "ECDSA", "Ed25519"; otherwise as OpenSSL names it
  std::string public_key{};    // SubjectPublicKeyInfo, DER

  static Result<Certificate> parse(std::string_view der);
};

}  // namespace sr
