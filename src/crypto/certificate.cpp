#include "crypto/certificate.h"
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include "base/limits.h"
#include "crypto/key_pair_state.h"

namespace sr {
namespace {

using openssl::bytes;
using openssl::refusal;

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_REQ* request) const { X509_REQ_free(request); }
};
using Request = std::unique_ptr<X509_REQ, Free>;

Result<Request> parse_request(std::string_view der) {
  if (der.size() > limits::key_bytes) return fail(Code::invalid, "a certificate request of this size is not supported");
  const unsigned char* at = bytes(der);
  Request request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request || at != bytes(der) + der.size()) return refusal("malformed certificate request");
  return request;
}

// As Go's x509 chooses it for a key.
const EVP_MD* usual_hash(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::ecdsa_p384: return openssl::algorithm(DigestKind::sha2_384);
    case KeyAlgorithm::ecdsa_p521: return openssl::algorithm(DigestKind::sha2_512);
    case KeyAlgorithm::ed25519: return nullptr;
    case KeyAlgorithm::ecdsa_p256:
    case KeyAlgorithm::rsa: break;
  }
  return openssl::algorithm(DigestKind::sha2_256);
}

}  // namespace

Result<std::string> make_certificate_request(const KeyPair& key, std::string_view like) {
  SR_ASSERT(key.is_private());
  const Request request(X509_REQ_new());
  SR_ASSERT(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  if (!like.empty()) {
    const auto pattern = TRY(parse_request(like));
    if (X509_REQ_set_subject_name(request.get(), X509_REQ_get_subject_name(pattern.get())) != 1) return refusal("its subject cannot be used");
    for (int i = 0; i < X509_REQ_get_attr_count(pattern.get()); ++i)
      if (X509_REQ_add1_attr(request.get(), X509_REQ_get_attr(pattern.get(), i)) != 1) return refusal("an attribute of it cannot be used, or stands there twice");
  }
  EVP_PKEY* const pair = key.state().key.get();
  if (X509_REQ_set_pubkey(request.get(), pair) != 1 || X509_REQ_sign(request.get(), pair, usual_hash(key.algorithm())) <= 0)
    return refusal("the key cannot sign this");
  return openssl::print_der<std::string>(static_cast<const X509_REQ*>(request.get()), i2d_X509_REQ);
}

Result<Certificate> Certificate::parse(std::string_view der) {
  if (der.size() > limits::key_bytes) return fail(Code::invalid, "a certificate of this size is not supported");
  const unsigned char* at = bytes(der);
  const std::unique_ptr<X509, Free> parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!parsed || at != bytes(der) + der.size()) return refusal("malformed certificate");
  X509_check_ca(parsed.get());  // makes OpenSSL look at the extensions
  const std::uint32_t flags = X509_get_extension_flags(parsed.get());
  if (flags & EXFLAG_INVALID) return refusal("malformed certificate extensions");
  Certificate certificate;
  certificate.is_authority = (flags & EXFLAG_BCONS) && (flags & EXFLAG_CA);
  const EVP_PKEY* key = X509_get0_pubkey(parsed.get());
  const int id = key ? EVP_PKEY_get_base_id(key) : NID_undef;
  certificate.key_algorithm = id == EVP_PKEY_RSA || id == EVP_PKEY_RSA_PSS ? "RSA" : id == EVP_PKEY_EC ? "ECDSA" : id == EVP_PKEY_ED25519 ? "Ed25519" : OBJ_nid2sn(id);
  if (key) certificate.public_key = openssl::print_der<std::string>(key, i2d_PUBKEY);
  ERR_clear_error();
  return certificate;
}

}  // namespace sr
