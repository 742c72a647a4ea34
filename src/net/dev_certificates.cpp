#include "net/dev_certificates.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <memory>
#include "base/concat.h"
#include "text/cidr.h"

namespace sr::net {
namespace {

template <class T> using Owned = std::unique_ptr<T, void (*)(T*)>;
using KeyPair = Owned<EVP_PKEY>;
using Certificate = Owned<X509>;

constexpr long day = 24 * 3600;

std::unexpected<Error> failed() { return fail(Code::internal, "development certificates: OpenSSL could not make them"); }

Result<void> add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()), X509_EXTENSION_free);
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) return failed();
  return {};
}

struct Wish {
  std::string common_name;
  long days = 0;
  bool is_authority = false;
  std::string names{};  // as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"
};
// Signed by `issuer` and its key, or by itself.
Result<Certificate> make_certificate(EVP_PKEY* key, const Wish& wish, X509* issuer, EVP_PKEY* issuer_key) {
  Certificate made(X509_new(), X509_free);
  if (!made || X509_set_version(made.get(), 2) != 1) return failed();
  X509* certificate = made.get();
  if (!issuer) issuer = certificate, issuer_key = key;

  std::array<unsigned char, 16> serial;
  if (RAND_bytes(serial.data(), serial.size()) != 1) return failed();
  serial[0] = (serial[0] & 0x7f) | 0x40;  // positive, and of the full length
  const Owned<BIGNUM> number(BN_bin2bn(serial.data(), serial.size(), nullptr), BN_free);
  if (!number || !BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate))) return failed();

  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wish.days * day);
  const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name.data());
  if (X509_set_pubkey(certificate, key) != 1 ||
      X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, name, static_cast<int>(wish.common_name.size()), -1, 0) != 1 ||
      X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) != 1)
    return failed();
  TRY(add_extension(certificate, issuer, NID_basic_constraints, wish.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE"));
  TRY(add_extension(certificate, issuer, NID_key_usage, wish.is_authority ? "critical,keyCertSign" : "critical,digitalSignature"));
  TRY(add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth"));
  TRY(add_extension(certificate, issuer, NID_subject_key_identifier, "hash"));
  TRY(add_extension(certificate, issuer, NID_authority_key_identifier, "keyid"));
  if (!wish.names.empty()) TRY(add_extension(certificate, issuer, NID_subject_alt_name, wish.names));
  if (X509_sign(certificate, issuer_key, EVP_sha256()) == 0) return failed();
  return made;
}

bool is_host(std::string_view name) {
  return !name.empty() && name.size() <= 253 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '*' || c == '_'; });
}

std::string machine_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || !is_host(name.data())) return "localhost";
  return name.data();
}

Result<std::string> alternative_names(const std::vector<std::string>& more) {
  std::vector<std::string> all{"localhost", "localhost4", "localhost6", "localhost.localdomain", machine_name(), "127.0.0.1", "::1"};
  all.insert(all.end(), more.begin(), more.end());
  std::string joined;
  for (const auto& name : all) {
    const auto address = IpAddress::parse(name);
    if (!address && !is_host(name)) return fail(Code::invalid, concat("\"", name, "\" is neither a host nor an address"));
    const auto entry = address ? concat("IP:", address->text()) : concat("DNS:", name);
    if (concat(",", joined, ",").contains(concat(",", entry, ","))) continue;
    joined += (joined.empty() ? "" : ",") + entry;
  }
  return joined;
}

template <class Print> Result<Secret> pem_of(Print print) {
  const Owned<BIO> out(BIO_new(BIO_s_secmem()), [](BIO* bio) { BIO_free_all(bio); });
  if (!out || print(out.get()) != 1) return failed();
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return Secret(std::string_view(text, static_cast<std::size_t>(size)));
}
Result<std::string> pem_of(X509* certificate) { return std::string(TRY(pem_of([&](BIO* out) { return PEM_write_bio_X509(out, certificate); })).reveal()); }

}  // namespace

Result<DevCertificates> make_dev_certificates(const std::vector<std::string>& names) {
  const std::string all_names = TRY(alternative_names(names));
  const KeyPair authority_key(EVP_EC_gen("P-256"), EVP_PKEY_free), key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!authority_key || !key) return failed();
  const auto authority = TRY(make_certificate(authority_key.get(), {.common_name = "Vault Dev CA", .days = 3650, .is_authority = true}, nullptr, nullptr));
  const auto certificate = TRY(make_certificate(key.get(), {.common_name = machine_name().substr(0, 64), .days = 365, .names = all_names}, authority.get(), authority_key.get()));
  return DevCertificates{.authority = TRY(pem_of(authority.get())),
                         .certificate = TRY(pem_of(certificate.get())),
                         .key = TRY(pem_of([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); }))};
}

}  // namespace sr::net
