// A request and a response as values, whatever the version of HTTP that carried them. The codecs make requests and print
// responses; net/ moves the bytes; v1.h gives them a meaning.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>
#include "base/inbox.h"
#include "base/secret.h"

namespace sr::http {

class Upload;
class Download;

struct Header {
  std::string name;  // as it was sent; compare with same_name()
  std::string value;
};
bool same_name(std::string_view a, std::string_view b);  // ASCII letters in any case
bool is_token_character(char c);                         // of the name of a header (RFC 9110, 5.6.2)
bool is_value_character(char c);                         // of its value: no control character but the tab

// Who is on the other side, as far as the listener knows.
struct Peer {
  std::string address;               // "127.0.0.1", without the port; behind a trusted proxy: the client's
  std::uint16_t port = 0;
  bool tls = false;
  std::string certificate{};         // DER of the client's certificate, or empty: it has the key; who signed it is yet to be judged
};

// Owned by whoever handles it; its body and headers are wiped when it goes.
struct Request {
  std::string method;                // "GET"; as it was sent
  std::string target;                // "/v1/secret/data/a?version=2", still percent-encoded
  std::vector<Header> headers{};
  Buffer body{};
  std::shared_ptr<Upload> upload{};  // in place of a body, which is still coming in
  Peer peer{};

  Request() = default;
  Request(Request&&) = default;
  Request& operator=(Request&&) = default;
  ~Request();                        // wipes targets and header values: tokens travel there

  const std::string* header(std::string_view name) const;  // the first of that name, or null
  std::string_view path() const;                           // of the target, without the query
  std::string_view query() const;
};

struct Response {
  int status = 200;
  std::vector<Header> headers{};     // beyond Content-Length, Date and Connection, which the codec writes
  std::span<const Header> common{};  // more of them, the same for many answers and known to be well-formed; lent by the service
  Buffer body{};
  std::shared_ptr<Download> download{};  // in place of a body: it is still being made
  bool close = false;                // end the connection after it

  static Response text(int status, std::string_view content_type, std::string_view body);
};

std::string_view reason_phrase(int status);

// What answers requests, for all listeners. serve() is called on the connection's loop; `reply` is called exactly once, on
// that loop, at once or later. If the connection has gone meanwhile, net/ drops the response.
using Reply = std::move_only_function<void(Response)>;
class Service {
 public:
  virtual ~Service() = default;
  virtual void serve(Loop& loop, Request request, Reply reply) = 0;
  // When the head of a request has come that promises a large body: the answer that it gets whatever the body says, if there is one.
  virtual std::optional<Response> refuse_by_head(const Request&) { return std::nullopt; }
};

}  // namespace sr::http
