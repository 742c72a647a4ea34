// Keys of asymmetric algorithms: ECDSA on the curves of NIST, Ed25519, RSA. A private key with its public one, or a public key alone.
//
// A value that can be moved; constant, so shared by all threads. OpenSSL's own copy of a private key is wiped at its end.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include "base/result.h"
#include "base/secret.h"
#include "crypto/digest.h"

namespace sr {

enum class KeyAlgorithm : std::uint8_t { ecdsa_p256, ecdsa_p384, ecdsa_p521, ed25519, rsa };

class KeyPair {
 public:
  static KeyPair generate(KeyAlgorithm algorithm, unsigned rsa_bits = 0);

  // PKCS #8 in DER, also with the algorithm id of RSA-PSS, and Ed25519 as some write it, in the clothes of a curve; and
  // SubjectPublicKeyInfo in DER. Of other algorithms, of other curves, or over limits::key_bytes: Code::invalid. `check` is for keys that
  // come from outside: whether the numbers make a key at all.
  enum class Check : bool { no, yes };
  static Result<KeyPair> parse_private(std::string_view der, Check check);
  static Result<KeyPair> parse_public(std::string_view der, Check check);
  static Result<KeyPair> ed25519_from_seed(std::string_view seed);

  KeyPair(KeyPair&&) noexcept;
  KeyPair& operator=(KeyPair&&) noexcept;
  ~KeyPair();

  KeyAlgorithm algorithm() const;
  std::size_t bits() const;                            // of the modulus, or of the curve's order
  bool is_private() const;
  bool has_public_key_of(const KeyPair& other) const;

  Secret print_private() const;                        // PKCS #8, DER
  Secret print_traditional() const;                    // PKCS #1 or SEC 1, DER; of RSA and curves alone
  std::string print_public() const;                    // SubjectPublicKeyInfo, DER
  std::string ed25519_public() const;                  // 32 bytes

  // ---- signatures; the private key has to be there ------------------------------------------------------------------------
  std::string sign_ecdsa(std::string_view digest) const;      // in DER; of any length, of which the curve takes as much as it can
  std::string sign_ed25519(std::string_view message) const;   // 64 bytes
  // PSS with MGF1 of the same hash. Salt: none is as long as there is room for.
  Result<std::string> sign_pss(DigestKind hash, std::string_view digest, std::optional<std::size_t> salt) const;
  // PKCS #1 v1.5; without a hash the text is signed as it is, with no name of a hash in front.
  Result<std::string> sign_pkcs1(std::optional<DigestKind> hash, std::string_view digest) const;

  bool verify_ecdsa(std::string_view digest, std::string_view signature) const;
  bool verify_ed25519(std::string_view message, std::string_view signature) const;
  bool verify_pss(DigestKind hash, std::string_view digest, std::optional<std::size_t> salt, std::string_view signature) const;
  bool verify_pkcs1(std::optional<DigestKind> hash, std::string_view digest, std::string_view signature) const;

  // ---- encryption with RSA-OAEP, without a label; both hashes are the one that is named ---------------------------------------
  Result<std::string> encrypt_oaep(DigestKind hash, std::string_view plain) const;
  Result<Secret> decrypt_oaep(DigestKind hash, std::string_view sealed) const;

  // What two keys on one curve agree on: the x coordinate, at the curve's full length.
  Result<Secret> agree(const KeyPair& peer) const;

  struct State;
  const State& state() const { return *state_; }  // for this folder
 private:
  explicit KeyPair(std::unique_ptr<State> state);
  static Result<KeyPair> adopt(void* key, Check check);
  friend class KeyNumbers;
  std::unique_ptr<State> state_;
};

// ECDSA's two numbers at a fixed length each, as JOSE has them, and in DER.
Result<std::string> ecdsa_to_fixed(std::string_view der, std::size_t number_size);
std::string ecdsa_from_fixed(std::string_view numbers);  // cut in the middle
enum class DerSignature : std::uint8_t { fine, invalid, has_extra_data };
DerSignature inspect_ecdsa(std::string_view der);

}  // namespace sr
