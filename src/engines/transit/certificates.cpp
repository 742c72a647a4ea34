// Certificate requests that keys sign, and the chains that come of them.
#include "base/concat.h"
#include "crypto/certificate.h"
#include "crypto/pem.h"
#include "engines/transit/engine.h"
#include "engines/transit/fields.h"
#include "text/trim.h"

namespace sr::transit {
namespace {

std::unexpected<Error> invalid(std::string text) { return fail(Code::invalid, std::move(text)); }

Result<void> check_key(const Key& key) {
  if (!key.info().signs()) return invalid(concat("key type '", key.info().name, "' does not support signing"));
  if (key.derived) return invalid("operation not supported for keys with derivation enabled");
  if (key.soft_deleted) return invalid(std::string(soft_deleted));
  return {};
}

VersionNumber version_of(const Call& call, const Key& key) { return call.has(field::version) ? call[field::version] : key.latest; }

// The certificates of a text in PEM, blocks of other kinds passed over.
Result<Strings> read_chain(std::string_view text) {
  text = trimmed(text);
  if (text.size() > 2 * limits::certificate_chain * limits::key_bytes) return invalid("a certificate chain of this size is not supported");
  std::string_view rest = text;
  Strings chain;
  for (auto& block : parse_pem(text, 2 * limits::certificate_chain, &rest))
    if (block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE") chain.push_back(std::move(block.der));
  if (!trimmed(rest).empty()) return invalid("could not decode a PEM block in the certificate chain");
  if (chain.empty()) return invalid("provided certificate chain did not contain any valid PEM encoded certificate");
  if (chain.size() > limits::certificate_chain) return invalid("a certificate chain of this length is not supported");
  return chain;
}

// A leaf, and authorities behind it.
Result<Certificate> check_chain(const Strings& chain) {
  std::vector<Certificate> certificates;
  for (const auto& der : chain) {
    auto certificate = Certificate::parse(der);
    if (!certificate) return invalid(concat("could not parse a certificate in the certificate chain: x509: ", certificate.error().message));
    certificates.push_back(std::move(*certificate));
  }
  const auto refuse = [](std::string_view why) { return invalid(concat("failed to persist certificate chain: ", why)); };
  if (certificates.front().is_authority) return refuse("certificate in the first element is not a valid leaf certificate");
  if (certificates.size() > 1 && !certificates.back().is_authority) return refuse("certificate in the last element is not a valid CA certificate");
  for (std::size_t i = 1; i + 1 < certificates.size(); ++i)
    if (!certificates[i].is_authority) return refuse("could not validate if there is only one leaf certificate in the provided chain");
  return std::move(certificates.front());
}

Result<void> check_leaf(const Certificate& leaf, const KeyTypeInfo& info, const Version& version) {
  const std::string_view wanted = info.is_rsa() ? "RSA" : info.is_ecdsa() ? "ECDSA" : "Ed25519";
  if (leaf.key_algorithm != wanted)
    return invalid(concat("failed to persist certificate chain: could not validate key match between leaf certificate key and key entry in transit: provided leaf certificate "
                          "public key algorithm '", leaf.key_algorithm, "' does not match the transit key type '", info.name, "'"));
  const KeyPair ours = TRY(KeyPair::parse_public(version.public_key, KeyPair::Check::no));
  const auto theirs = KeyPair::parse_public(leaf.public_key, KeyPair::Check::no);
  if (!theirs || !theirs->has_public_key_of(ours)) return invalid("failed to persist certificate chain: leaf certificate public key does not match the selected key version");
  return {};
}

}  // namespace

Result<Reply> Transit::request_certificate(Call& call) {
  OpenKey key = TRY(open(call, field::name, concat("key with provided name '", call[field::name], "' not found")));
  TRY(check_key(key.settings()));
  std::string like;
  if (!call[field::csr].empty()) {
    auto blocks = parse_pem(call[field::csr], 1);
    if (blocks.empty()) return invalid("could not decode PEM CSR");
    like = std::move(blocks.front().der);
  }
  const auto refuse = [](std::string_view why) { return invalid(concat("could not create the csr: ", why)); };
  const auto material = key.version(version_of(call, key.settings()));
  if (!material) return refuse(material.error().message);
  if (!(*material)->version.has_private()) return refuse("private key not imported for key version selected");
  const auto request = make_certificate_request(*(*material)->pair, like);
  if (!request) return invalid(request.error().message);
  return Reply::data(json::Object().set("csr", print_pem("CERTIFICATE REQUEST", *request)).set("name", key.name()).set("type", key.info().name));
}

Result<Reply> Transit::set_certificate(Call& call) {
  OpenKey key = TRY(open(call, field::name, concat("key with provided name '", call[field::name], "' not found")));
  TRY(check_key(key.settings()));
  Strings chain = TRY(read_chain(call[field::certificate_chain]));
  const Certificate leaf = TRY(check_chain(chain));
  const VersionNumber number = version_of(call, key.settings());
  if (const auto found = key.version(number); !found) return invalid(concat("failed to persist certificate chain: ", found.error().message));
  auto version = TRY(key.stored(number));
  TRY(check_leaf(leaf, key.info(), *version));
  version->certificates = std::move(chain);
  TRY(store_version(call.storage(), key.settings(), number, *version));
  return Reply::data(json::Object().set("certificate_chain", call[field::certificate_chain]).set("name", key.name()).set("type", key.info().name));
}

}  // namespace sr::transit
