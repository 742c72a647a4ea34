// For tests: certificates made on the spot, and a blocking TLS client.
#pragma once
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace sr::net::test {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "net_test_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void write_file(const std::string& path, std::string_view text) { std::ofstream(path, std::ios::trunc) << text; }

// A self-signed certificate, for a day.
inline void write_certificate(const char* name, const std::string& cert_file, const std::string& key_file) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> cert(X509_new(), X509_free);
  X509_set_version(cert.get(), 2);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 24 * 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  X509_sign(cert.get(), key.get(), EVP_sha256());
  const std::unique_ptr<FILE, int (*)(FILE*)> cert_out(std::fopen(cert_file.c_str(), "w"), std::fclose), key_out(std::fopen(key_file.c_str(), "w"), std::fclose);
  PEM_write_X509(cert_out.get(), cert.get());
  PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

class TlsClient {
 public:
  struct Options {
    std::string version{};  // "TLSv1.2"; empty: any
    std::string cert_file{}, key_file{};
    bool http2 = false;     // offered beside HTTP/1.1
  };
  TlsClient(int socket, const Options& options) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free), session_(nullptr, SSL_free) {
    SSL_CTX_set_security_level(context_.get(), 0);
    if (!options.cert_file.empty()) {
      EXPECT_EQ(SSL_CTX_use_certificate_file(context_.get(), options.cert_file.c_str(), SSL_FILETYPE_PEM), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), options.key_file.c_str(), SSL_FILETYPE_PEM), 1);
    }
    const int version = options.version == "TLSv1.1" ? TLS1_1_VERSION : options.version == "TLSv1.2" ? TLS1_2_VERSION : options.version == "TLSv1.3" ? TLS1_3_VERSION : 0;
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    static constexpr unsigned char both[] = "\x02h2\x08http/1.1";
    if (options.http2) SSL_CTX_set_alpn_protos(context_.get(), both, sizeof both - 1);
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), socket);
    connected_ = SSL_connect(session_.get()) == 1;
  }
  // Sends a request and returns the whole answer; "" when there is none.
  std::string ask(std::string_view request) {
    if (!connected_ || SSL_write(session_.get(), request.data(), static_cast<int>(request.size())) <= 0) return "";
    std::string in;
    std::size_t size = std::string::npos;
    char bytes[16384];
    while (in.size() < size) {
      const int got = SSL_read(session_.get(), bytes, sizeof bytes);
      if (got <= 0) break;
      in.append(bytes, static_cast<std::size_t>(got));
      const auto end = in.find("\r\n\r\n"), length = in.find("Content-Length: ");
      if (size == std::string::npos && end != std::string::npos) size = end + 4 + std::stoul(in.substr(length + 16));
    }
    return in;
  }
  // Sends bytes and reads until `what` comes, or the end.
  std::string exchange(std::string_view bytes, std::string_view what) {
    if (!connected_ || SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) return "";
    std::string in;
    char some[16384];
    for (int got; !in.contains(what) && (got = SSL_read(session_.get(), some, sizeof some)) > 0;) in.append(some, static_cast<std::size_t>(got));
    return in;
  }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  std::string server_name() const {
    char name[64] = "";
    if (const X509* cert = SSL_get0_peer_certificate(session_.get())) X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
    return name;
  }

 private:
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> session_;
  bool connected_ = false;
};

}  // namespace sr::net::test
