// A client for the HTTP API of Vault, OpenBao and Strongroom: one connection, requests one after the other.
//
// An answer of the server is a Response whatever its status; an Error is what kept the answer from coming (no connection, a
// certificate that does not fit, a time-out). `error_text` says what a refused request was told, in the words that clients of
// this API print.
//
// Resource; one thread at a time. libcurl is started by the first request, with OpenSSL only for https.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/url.h"

namespace sr::client {

struct Header {
  std::string name;
  std::string value;
};

struct TlsOptions {
  std::string ca_cert;          // a file of PEM certificates; wins over ca_path
  std::string ca_cert_pem;      // the certificates themselves
  std::string ca_path;          // a folder of such files, read when the client is made
  std::string client_cert;      // files of PEM; both or none
  std::string client_key;
  std::string client_cert_pem;  // the same as texts
  std::string client_key_pem;
  std::string server_name;      // for SNI and verification, in place of the address's host
  bool skip_verify = false;
};

struct Options {
  std::string address = "https://127.0.0.1:8200";
  TlsOptions tls;
  Seconds timeout{60};
  unsigned retries = 2;        // after 412, 429 and 5xx but 501, and after failed connections; 1 to 1.5 s apart, growing
  bool follow_redirect = true; // one only, never from https to http
  std::string proxy;
  double requests_per_second = 0;  // 0: without a limit
};

// A body that is too large to be held. It may be read again from its begin: a request that is redirected is sent twice.
struct Upload {
  std::uint64_t size = 0;
  std::function<Result<std::size_t>(std::uint64_t offset, char* into, std::size_t room)> read{};  // as many bytes as there are, or as fit
};

struct Request {
  std::string method = "GET";
  std::string path;                      // below /v1/, not escaped: "secret/data/app"
  Query query{};
  std::optional<std::string> body{};     // JSON
  std::optional<Upload> upload{};        // in place of it
  std::function<Result<void>(std::string_view)> download{};  // takes the body of an answer below 300, piece by piece; for as long as it takes
  bool endless = false;                  // a download that may say nothing for hours
  std::vector<Header> headers{};         // beyond those of the client
  std::string wrap_ttl{};                // "" or as in X-Vault-Wrap-TTL
};

struct Response {
  int status = 0;
  std::string body;
  std::vector<Header> headers;
  std::string method;  // as it was asked, for error texts
  std::string url;

  const std::string* header(std::string_view name) const;  // letters in any case
  // 429 is an answer, not a refusal, where sys/health uses it to say "standby".
  bool refused() const { return (status < 200 || status >= 400) && !(status == 429 && url.find("/v1/sys/health") != std::string::npos); }
};

// "Error making API request.\n\nURL: PUT http://...\nCode: 403. Errors:\n\n* permission denied"
std::string error_text(const Response& response);

class ApiClient {
 public:
  static Result<std::unique_ptr<ApiClient>> make(Options options);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  void set_token(std::string_view token);
  std::string_view token() const;
  void set_namespace(std::string name);  // "" for the root
  void add_header(Header header);        // sent with every request
  const Options& options() const;

  // What `send` would send, in full: for those who print a request instead of sending it.
  std::string url(const Request& request) const;
  std::vector<Header> headers(const Request& request) const;

  Result<Response> send(const Request& request);

 private:
  struct State;
  explicit ApiClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sr::client
