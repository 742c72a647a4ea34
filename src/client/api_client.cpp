#include "client/api_client.h"
#include <curl/curl.h>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include "base/random.h"
#include "text/json.h"

namespace sr::client {
namespace {

constexpr std::size_t response_bytes = 256 * 1024 * 1024;  // a server that sends more is not listened to
constexpr std::size_t response_headers = 256;
constexpr std::size_t ca_bytes = 16 * 1024 * 1024, ca_files = 10'000;

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

struct CurlFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Sink {
  std::string body;
  std::vector<Header> headers;
  bool too_large = false;
  CURL* curl = nullptr;
  const std::function<Result<void>(std::string_view)>* download = nullptr;
  bool began = false;                  // something of the body was handed on
  std::optional<Error> refused{};      // by whoever takes or gives the body
};

struct Given {
  const Upload& upload;
  Sink& sink;
  std::uint64_t offset = 0;
};

std::size_t give_body(char* into, std::size_t size, std::size_t count, void* context) {
  Given& given = *static_cast<Given*>(context);
  const auto read = given.upload.read(given.offset, into, size * count);
  if (!read) return given.sink.refused = read.error(), CURL_READFUNC_ABORT;
  given.offset += *read;
  return *read;
}
int rewind_body(void* context, curl_off_t offset, int origin) {
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  static_cast<Given*>(context)->offset = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* context) {
  Sink& sink = *static_cast<Sink*>(context);
  if (sink.download) {
    long status = 0;
    curl_easy_getinfo(sink.curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) {
      sink.began = true;
      if (auto taken = (*sink.download)({bytes, size * count}); !taken) return sink.refused = std::move(taken).error(), 0;
      return size * count;
    }
  }
  sink.too_large = sink.body.size() + size * count > response_bytes;
  if (sink.too_large) return 0;
  sink.body.append(bytes, size * count);
  return size * count;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* context) {
  Sink& sink = *static_cast<Sink*>(context);
  std::string_view line(bytes, size * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) sink.headers.clear();  // of an interim answer
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || sink.headers.size() >= response_headers) return size * count;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  sink.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return size * count;
}

// All certificates in the files of a folder. OpenSSL would want them under names made of hashes; people just put them there.
Result<std::string> load_folder(const std::string& folder) {
  std::string pem;
  std::size_t files = 0;
  std::error_code failed;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, failed)) {
    if (!entry.is_regular_file(failed) || entry.file_size(failed) > ca_bytes) continue;
    if (++files > ca_files || pem.size() > ca_bytes) return fail(Code::too_large, "too many certificates in " + folder);
    std::ifstream file(entry.path());
    std::string text((std::istreambuf_iterator<char>(file)), {});
    if (text.find("-----BEGIN CERTIFICATE-----") != std::string::npos) pem.append(text).append("\n");
  }
  if (failed) return fail(Code::invalid, "open " + folder + ": " + failed.message());
  if (pem.empty()) return fail(Code::invalid, "no certificates in " + folder);
  return pem;
}

// `Get "http://...": `, the way Go's client opens the text of a failed request.
std::string failed_request(std::string_view method, std::string_view url) {
  std::string verb(method.substr(0, 1));
  for (const char c : method.substr(1)) verb += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return verb + " \"" + std::string(url) + "\": ";
}

std::string host_with_port(const Address& address) {
  const std::size_t bracket = address.host.rfind(']');
  const bool has_port = address.host.find(':', bracket == std::string::npos ? 0 : bracket) != std::string::npos;
  return has_port ? address.host : address.host + (address.scheme == "https" ? ":443" : ":80");
}

// curl's failures in the words that Go's client has for them, where scripts and users know those.
std::string transport_error(CURL* handle, CURLcode code, const char* detail, const Address& address) {
  long system_error = 0;
  curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &system_error);
  const std::string text = detail[0] != 0 ? detail : curl_easy_strerror(code);
  const std::string place = address.unix_socket.empty() ? "tcp " + host_with_port(address) : "unix " + address.unix_socket;
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      if (system_error == ECONNREFUSED) return "dial " + place + ": connect: connection refused";
      if (system_error == ENOENT) return "dial " + place + ": connect: no such file or directory";
      return "dial " + place + ": " + text;
    case CURLE_COULDNT_RESOLVE_HOST: return "dial tcp: lookup " + address.host.substr(0, address.host.rfind(':')) + ": no such host";
    case CURLE_OPERATION_TIMEDOUT: return "context deadline exceeded";
    case CURLE_SSL_CONNECT_ERROR:
      if (text.find("wrong version number") != std::string::npos || text.find("packet length too long") != std::string::npos)
        return "http: server gave HTTP response to HTTPS client";
      return "tls: " + text;
    case CURLE_PEER_FAILED_VERIFICATION:
      if (text.find("issuer certificate") != std::string::npos || text.find("self-signed") != std::string::npos || text.find("self signed") != std::string::npos)
        return "tls: failed to verify certificate: x509: certificate signed by unknown authority";
      if (text.find("has expired") != std::string::npos || text.find("not yet valid") != std::string::npos)
        return "tls: failed to verify certificate: x509: certificate has expired or is not yet valid";
      return "tls: failed to verify certificate: x509: " + text;
    case CURLE_GOT_NOTHING: return "EOF";
    case CURLE_SSL_CACERT_BADFILE: return "tls: cannot read the CA certificates: " + text;
    default: return text;
  }
}

bool worth_a_retry(int status) { return status == 412 || status == 429 || status == 0 || (status >= 500 && status != 501); }

}  // namespace

const std::string* Response::header(std::string_view name) const {
  for (const Header& header : headers)
    if (same_letters(header.name, name)) return &header.value;
  return nullptr;
}

std::string error_text(const Response& response) {
  std::string text = "Error making API request.\n\n";
  const std::string* space = response.header("X-Vault-Namespace");
  if (space != nullptr && !space->empty() && *space != "root/") text += "Namespace: " + *space + "\n";
  text += "URL: " + response.method + " " + response.url + "\nCode: " + std::to_string(response.status) + ". ";
  Arena arena;
  const auto parsed = json::parse(arena, response.body);
  const json::Value* errors = parsed && (*parsed)->is_object() ? (*parsed)->find("errors") : nullptr;
  const bool listed = parsed && (*parsed)->is_object() && (errors == nullptr || errors->is_array() || errors->is_null());
  if (!listed) return text + "Raw Message:\n\n" + response.body;
  text += "Errors:\n\n";
  if (errors == nullptr) return text;
  for (const json::Value& error : errors->items) text.append("* ").append(error.is_string() ? error.text : json::to_text(error));
  return text;
}

struct ApiClient::State {
  Options options;
  Address address;
  Secret token;
  std::string name_space;
  std::vector<Header> more_headers;
  std::unique_ptr<CURL, CurlFree> handle{};
  std::chrono::steady_clock::time_point next_request{};

  std::string base_url(const Request& request) const {
    return address.base() + escape_path(join_path(address.path, "/v1/" + request.path));
  }
  Result<void> start();
  Result<Response> attempt(const Request& request, const std::string& url, const std::vector<Header>& headers);
  void use_tls(CURL* curl);
};

ApiClient::ApiClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
ApiClient::~ApiClient() = default;

Result<std::unique_ptr<ApiClient>> ApiClient::make(Options options) {
  if (options.tls.client_cert.empty() != options.tls.client_key.empty())
    return fail(Code::invalid, "both client cert and client key must be provided");
  auto state = std::make_unique<State>();
  state->address = TRY(parse_address(options.address));
  state->options = std::move(options);
  TlsOptions& tls = state->options.tls;
  if (!tls.ca_path.empty() && tls.ca_cert.empty() && tls.ca_cert_pem.empty() && state->address.scheme == "https") tls.ca_cert_pem = TRY(load_folder(tls.ca_path));
  return std::unique_ptr<ApiClient>(new ApiClient(std::move(state)));
}

void ApiClient::set_token(std::string_view token) { state_->token = Secret(token); }
std::string_view ApiClient::token() const { return state_->token.reveal(); }
void ApiClient::set_namespace(std::string name) { state_->name_space = std::move(name); }
void ApiClient::add_header(Header header) { state_->more_headers.push_back(std::move(header)); }
const Options& ApiClient::options() const { return state_->options; }

std::string ApiClient::url(const Request& request) const {
  const std::string base = state_->base_url(request);
  return request.query.empty() ? base : base + "?" + encode_query(request.query);
}

std::vector<Header> ApiClient::headers(const Request& request) const {
  std::vector<Header> all;
  // Tells a server that this is no browser sent here by a page: its protection against forged requests.
  all.push_back({"X-Vault-Request", "true"});
  if (!state_->token.empty()) all.push_back({"X-Vault-Token", std::string(state_->token.reveal())});
  if (!state_->name_space.empty()) all.push_back({"X-Vault-Namespace", state_->name_space});
  if (!request.wrap_ttl.empty()) all.push_back({"X-Vault-Wrap-Ttl", request.wrap_ttl});
  for (const Header& header : state_->more_headers) all.push_back(header);
  for (const Header& header : request.headers) all.push_back(header);
  return all;
}

Result<void> ApiClient::State::start() {
  if (handle) return {};
  // Setting up OpenSSL takes milliseconds that a plain connection does not need.
  static const CURLcode secure = address.scheme == "https" || options.proxy.starts_with("https") ? curl_global_init(CURL_GLOBAL_SSL) : curl_global_init(CURL_GLOBAL_NOTHING);
  if (secure != CURLE_OK) return fail(Code::internal, "cannot start libcurl");
  handle.reset(curl_easy_init());
  if (!handle) return fail(Code::internal, "cannot start libcurl");
  return {};
}

void ApiClient::State::use_tls(CURL* curl) {
  const TlsOptions& tls = options.tls;
  const auto blob = [curl](CURLoption option, const std::string& pem) {
    curl_blob bytes{const_cast<char*>(pem.data()), pem.size(), CURL_BLOB_COPY};
    curl_easy_setopt(curl, option, &bytes);
  };
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!tls.ca_cert.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, tls.ca_cert.c_str());
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);  // the named authority alone
  } else if (!tls.ca_cert_pem.empty()) {
    blob(CURLOPT_CAINFO_BLOB, tls.ca_cert_pem);
    curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
  }
  if (!tls.client_cert.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLCERT, tls.client_cert.c_str());
    curl_easy_setopt(curl, CURLOPT_SSLKEY, tls.client_key.c_str());
  } else if (!tls.client_cert_pem.empty()) {
    blob(CURLOPT_SSLCERT_BLOB, tls.client_cert_pem);
    blob(CURLOPT_SSLKEY_BLOB, tls.client_key_pem);
  }
  if (tls.skip_verify) {
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

Result<Response> ApiClient::State::attempt(const Request& request, const std::string& url, const std::vector<Header>& headers) {
  CURL* curl = handle.get();
  curl_easy_reset(curl);  // options only; the connection stays
  char detail[CURL_ERROR_SIZE] = "";
  Sink sink{.curl = curl, .download = request.download ? &request.download : nullptr};
  const std::optional<Upload>& upload = request.upload;
  std::optional<Given> given;
  if (upload) given.emplace(Given{*upload, sink});
  std::unique_ptr<curl_slist, CurlFree> lines;
  const auto add_line = [&lines](const std::string& line) { lines.reset(curl_slist_append(lines.release(), line.c_str())); };
  for (const Header& header : headers) add_line(header.name + (header.value.empty() ? ";" : ": " + header.value));
  add_line("Expect:");  // nothing is gained by asking before sending
  if (!request.body) add_line("Content-Type:");
  else if (std::ranges::none_of(headers, [](const Header& h) { return same_letters(h.name, "Content-Type"); })) add_line("Content-Type: application/json");

  std::unique_ptr<curl_slist, CurlFree> connect_to;  // outlives the transfer
  std::string target = url;
  if (!options.tls.server_name.empty() && address.scheme == "https" && target.starts_with(address.base())) {
    // curl takes the name for SNI and verification from the URL; so the name goes there and the address into CONNECT_TO.
    target = "https://" + options.tls.server_name + target.substr(address.base().size());
    connect_to.reset(curl_slist_append(nullptr, (options.tls.server_name + ":443:" + host_with_port(address)).c_str()));
    curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to.get());
    add_line("Host: " + address.host);
  }
  curl_easy_setopt(curl, CURLOPT_URL, target.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // one request at a time: HTTP/2 would gain nothing
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, upload || request.download ? 0L : static_cast<long>(options.timeout.count() * 1000));
  if (upload || request.download) {  // however long it takes, as long as it goes on; the server may work for a while without a word
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.timeout.count() * 1000));
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, request.endless ? 0L : 3600L);
  }
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "strongroom");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &sink);
  if (!options.proxy.empty()) curl_easy_setopt(curl, CURLOPT_PROXY, options.proxy.c_str());
  if (!address.unix_socket.empty()) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, address.unix_socket.c_str());
  if (!address.user.empty()) curl_easy_setopt(curl, CURLOPT_USERPWD, address.user.c_str());
  if (given) {
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(curl, CURLOPT_READDATA, &*given);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, &*given);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload->size));
  } else if (request.body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body->data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
  } else if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, 0L);
  } else if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  }
  if (request.method != "GET" && request.method != "HEAD") curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  use_tls(curl);

  const CURLcode code = curl_easy_perform(curl);
  if (sink.refused) return std::unexpected(Error{Code::invalid, sink.refused->message});
  // What has been taken cannot be taken back, and is not asked for again. And a server that has answered may not have read all.
  if (code != CURLE_OK && sink.began) return fail(Code::invalid, failed_request(request.method, url) + transport_error(curl, code, detail, address));
  long early = 0;
  if (code == CURLE_SEND_ERROR && upload) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &early);
  if (early >= 400) return Response{static_cast<int>(early), std::move(sink.body), std::move(sink.headers), request.method, url};
  if (sink.too_large) return fail(Code::too_large, failed_request(request.method, url) + "the answer is larger than 256 MiB");
  if (code != CURLE_OK) return fail(Code::upstream, failed_request(request.method, url) + transport_error(curl, code, detail, address));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return Response{static_cast<int>(status), std::move(sink.body), std::move(sink.headers), request.method, url};
}

Result<Response> ApiClient::send(const Request& request) {
  State& state = *state_;
  for (const char c : state.token.reveal()) {
    // It would be sent as a header: a line break in it would be a second header.
    if (static_cast<unsigned char>(c) < 32 || c == 127) return fail(Code::invalid, "configured Vault token contains non-printable characters and cannot be used");
  }
  TRY(state.start());
  std::string where = url(request);
  const std::vector<Header> all = headers(request);
  bool redirected = false;
  for (unsigned tried = 0;; ++tried) {
    if (state.options.requests_per_second > 0) {
      std::this_thread::sleep_until(state.next_request);
      state.next_request = std::chrono::steady_clock::now() + std::chrono::microseconds(static_cast<long>(1e6 / state.options.requests_per_second));
    }
    Result<Response> response = state.attempt(request, where, all);
    const int status = response ? response->status : 0;
    const bool moved = status == 301 || status == 302 || status == 307;
    if (moved && !redirected && state.options.follow_redirect) {
      const std::string* location = response->header("Location");
      if (location == nullptr) return fail(Code::upstream, "redirect without a Location header");
      std::string next = location->starts_with('/') ? state.address.base() + *location : *location;
      if (where.starts_with("https://") && !next.starts_with("https://")) return fail(Code::upstream, "redirect would cause protocol downgrade");
      where = std::move(next);
      redirected = true;
      --tried;
      continue;
    }
    if (tried >= state.options.retries || !worth_a_retry(status) || (!response && response.error().code != Code::upstream)) return response;
    std::chrono::milliseconds wait(1000 * (tried + 1));
    const std::string* after = response ? response->header("Retry-After") : nullptr;
    unsigned seconds = 0;
    if (after != nullptr && std::from_chars(after->data(), after->data() + after->size(), seconds).ec == std::errc()) {
      wait = std::chrono::milliseconds(1000L * std::min(seconds, 60U));
    } else {
      SystemRandom random;  // spreads clients that failed together
      std::byte noise[2];
      random.fill(noise);
      wait += std::chrono::milliseconds((static_cast<unsigned>(noise[0]) << 8 | static_cast<unsigned>(noise[1])) % 500 * (tried + 1));
    }
    std::this_thread::sleep_for(wait);
  }
}

}  // namespace sr::client
