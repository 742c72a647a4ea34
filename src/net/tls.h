// TLS for listeners: what the configuration says, and the context that is made of it.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include "base/clock.h"
#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace sr::net {

enum class TlsVersion : std::uint8_t { tls12, tls13 };
Result<TlsVersion> parse_tls_version(std::string_view text);  // "tls12", "tls13"; the older ones are refused

enum class ClientCertificates : std::uint8_t {
  none,     // tls_disable_client_certs
  ask,      // one may come, and its key is proven; who signed it is for the auth method, unless `client_ca_file` says more
  require,  // tls_require_and_verify_client_cert
};

struct TlsOptions {
  std::string cert_file{};          // PEM, the chain behind the leaf
  std::string key_file{};           // PEM, not encrypted
  TlsVersion min_version = TlsVersion::tls12;
  TlsVersion max_version = TlsVersion::tls13;
  std::string cipher_suites{};      // names of Go or IANA, split by commas; empty: ECDHE with AES-GCM or ChaCha20
  std::string client_ca_file{};     // whoever sends a certificate must have it from one of these
  ClientCertificates client_certificates = ClientCertificates::ask;
};

struct TlsDeleter {
  void operator()(ssl_st* session) const;
};
using TlsSession = std::unique_ptr<ssl_st, TlsDeleter>;

// When all certificates of a chain are good: the last begin to the first end.
struct CertificateDates {
  Time not_before{};
  Time not_after{};
};

// The context that new connections take; safe to use from all threads. Connections keep the one they began with.
class TlsContext {
 public:
  explicit TlsContext(TlsOptions options) : options_(std::move(options)) {}

  // Reads the files. On an error, which names the file, the context in use stays.
  Result<void> load();
  TlsSession new_session() const;
  CertificateDates dates() const;  // once loaded

 private:
  const TlsOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<ssl_ctx_st> context_;
};

}  // namespace sr::net
