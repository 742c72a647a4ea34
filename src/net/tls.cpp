#include "net/tls.h"
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <algorithm>
#include <cctype>

namespace sr::net {
namespace {

constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// What OpenSSL says about the last thing that went wrong: "no such file or directory", "key values mismatch".
std::string reason() {
  const auto error = ERR_peek_error();
  const char* text = ERR_SYSTEM_ERROR(error) ? std::strerror(static_cast<int>(ERR_GET_REASON(error))) : ERR_reason_error_string(error);
  ERR_clear_error();
  std::string words = text ? text : "cannot be used";
  if (!words.empty()) words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
  return words;
}
std::unexpected<Error> fail_with(std::string_view option, const std::string& file) {
  return fail(Code::invalid, std::string(option) + " \"" + file + "\": " + reason());
}

Result<void> set_ciphers(SSL_CTX* context, std::string_view names) {
  std::string older, newer;  // those of TLS 1.2, those of 1.3
  while (!names.empty()) {
    const auto comma = names.find(',');
    std::string name(names.substr(0, comma));
    names.remove_prefix(comma == std::string_view::npos ? names.size() : comma + 1);
    std::erase_if(name, [](unsigned char c) { return std::isspace(c); });
    if (name.empty()) continue;
    // Go leaves the hash out of two names.
    if (name.ends_with("_CHACHA20_POLY1305")) name += "_SHA256";
    const std::string known = OPENSSL_cipher_name(name.c_str());
    if (known == "(NONE)") return fail(Code::invalid, "tls_cipher_suites: unknown cipher suite \"" + name + "\"");
    auto& list = known.starts_with("TLS_") ? newer : older;
    list += (list.empty() ? "" : ":") + known;
  }
  if (SSL_CTX_set_cipher_list(context, older.empty() ? tls12_ciphers : older.c_str()) != 1 ||
      (!newer.empty() && SSL_CTX_set_ciphersuites(context, newer.c_str()) != 1))
    return fail(Code::invalid, "tls_cipher_suites: " + reason());
  return {};
}

Result<void> set_client_certificates(SSL_CTX* context, const TlsOptions& options) {
  if (options.client_certificates == ClientCertificates::none) return {};
  const bool require = options.client_certificates == ClientCertificates::require;
  if (!options.client_ca_file.empty()) {
    auto* names = SSL_load_client_CA_file(options.client_ca_file.c_str());
    if (!names || SSL_CTX_load_verify_file(context, options.client_ca_file.c_str()) != 1) {
      sk_X509_NAME_pop_free(names, X509_NAME_free);
      return fail_with("tls_client_ca_file", options.client_ca_file);
    }
    SSL_CTX_set_client_CA_list(context, names);
  } else if (require && SSL_CTX_set_default_verify_paths(context) != 1) {  // Go: the system's roots
    return fail(Code::invalid, "tls_require_and_verify_client_cert: " + reason());
  }
  const bool judge = require || !options.client_ca_file.empty();
  const SSL_verify_cb take_any = [](int, X509_STORE_CTX*) { return 1; };
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), judge ? nullptr : take_any);
  return {};
}

// HTTP/2 when the client offers it, or else HTTP/1.1; silence when it offers neither.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char ours[] = "\x02h2\x08http/1.1";
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, size, ours, sizeof ours - 1, offered, offered_size) != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (!time || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return Time(Seconds(timegm(&parts)));
}

int version_number(TlsVersion version) { return version == TlsVersion::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION; }

Result<std::shared_ptr<SSL_CTX>> make_context(const TlsOptions& options) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> made(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* context = made.get();
  if (!context) return fail(Code::internal, "tls: " + reason());
  if (options.min_version > options.max_version) return fail(Code::invalid, "tls_min_version is above tls_max_version");
  SSL_CTX_set_min_proto_version(context, version_number(options.min_version));
  SSL_CTX_set_max_proto_version(context, version_number(options.max_version));
  SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // An idle connection holds no buffers; a record and what follows it come in one read.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  // Tickets carry a session, so that none is kept here; with client certificates they need a context to belong to.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char session_context[] = "strongroom";
  SSL_CTX_set_session_id_context(context, session_context, sizeof session_context - 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  // An encrypted key is an error, not a question on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });

  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) return fail_with("tls_cert_file", options.cert_file);
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) return fail_with("tls_key_file", options.key_file);
  if (SSL_CTX_check_private_key(context) != 1) return fail_with("tls_key_file", options.key_file);
  TRY(set_ciphers(context, options.cipher_suites));
  TRY(set_client_certificates(context, options));
  return made;
}

}  // namespace

Result<TlsVersion> parse_tls_version(std::string_view text) {
  if (text == "tls12") return TlsVersion::tls12;
  if (text == "tls13") return TlsVersion::tls13;
  return fail(Code::invalid, "unsupported tls version \"" + std::string(text) + "\"");
}

void TlsDeleter::operator()(ssl_st* session) const { SSL_free(session); }

Result<void> TlsContext::load() {
  auto context = TRY(make_context(options_));
  std::lock_guard lock(mutex_);
  context_ = std::move(context);
  return {};
}

CertificateDates TlsContext::dates() const {
  std::lock_guard lock(mutex_);
  const X509* leaf = context_ ? SSL_CTX_get0_certificate(context_.get()) : nullptr;
  if (!leaf) return {};
  CertificateDates dates{time_of(X509_get0_notBefore(leaf)), time_of(X509_get0_notAfter(leaf))};
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context_.get(), &chain);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    dates.not_before = std::max(dates.not_before, time_of(X509_get0_notBefore(sk_X509_value(chain, i))));
    dates.not_after = std::min(dates.not_after, time_of(X509_get0_notAfter(sk_X509_value(chain, i))));
  }
  return dates;
}

TlsSession TlsContext::new_session() const {
  std::lock_guard lock(mutex_);
  return TlsSession(context_ ? SSL_new(context_.get()) : nullptr);
}

}  // namespace sr::net
