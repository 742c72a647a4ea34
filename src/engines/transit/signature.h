// One signature, made or checked, and how its caller wants it.
#pragma once
#include "engines/transit/open_key.h"

namespace sr::transit {

struct SignatureOptions {
  enum class Scheme : std::uint8_t { pss, pkcs1 };
  enum class Salt : std::uint8_t { longest, as_hash, given };  // longest when signing; any when verifying

  std::optional<DigestKind> hash{};          // none: the input is signed as it is
  bool is_hashed = false;                    // by the client
  bool is_jws = false;                       // fixed lengths and base64url, rather than DER and base64
  std::string scheme{};                      // as it was sent; "" stands for pss
  Salt salt = Salt::longest;
  std::int64_t salt_size = 0;                // as Go numbers it: 0 longest, -1 as the hash
};

// In the order in which Vault complains. Of verifications the key is a "signature verification key".
Result<SignatureOptions> read_signature_options(const Call& call);
Result<DigestKind> read_hmac_algorithm(const Call& call);

// Whether the key can sign at all and these options go together; `what` is "signing", "verification".
Result<void> check_signer(const KeyTypeInfo& info, const SignatureOptions& options, std::string_view what);

// What is signed: the input's digest, where that is ours to make.
Buffer prepare_input(const KeyTypeInfo& info, const SignatureOptions& options, Buffer input);

struct Signature {
  std::string text{};                        // "vault:v1:..."
  std::string derived_key{};                 // the public key in base64, where one was derived
};
Result<Signature> make_signature(OpenKey& key, const SignatureOptions& options, VersionNumber number, std::string_view context, std::string_view prepared);
Result<bool> check_signature(OpenKey& key, const SignatureOptions& options, std::string_view context, std::string_view prepared, std::string_view signature);

}  // namespace sr::transit
