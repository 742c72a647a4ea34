#include "cli/session.h"
#include "cli/environment.h"
#include "cli/go_text.h"
#include "cli/token_helper.h"
#include "cli/ui.h"
#include "text/duration.h"

namespace sr::cli {
namespace {

// A value of the environment that must be right when it is there.
Result<bool> bool_variable(std::string_view name) {
  const std::string text = variable(name);
  if (text.empty()) return false;
  const auto flag = parse_bool(text);
  if (!flag) return fail(Code::invalid, "could not parse " + variable_name(name));
  return *flag;
}

Result<client::Options> options_from(const FlagValues& flags) {
  client::Options options;
  const auto text = [&flags](std::string_view flag, std::string_view name) {
    const std::string& given = flags.text(flag);
    return given.empty() ? variable(name) : given;
  };
  options.address = flags.text("address");
  if (!flags.text("agent-address").empty()) options.address = flags.text("agent-address");
  options.tls = {.ca_cert = text("ca-cert", "CACERT"),
                 .ca_cert_pem = variable("CACERT_BYTES"),
                 .ca_path = text("ca-path", "CAPATH"),
                 .client_cert = text("client-cert", "CLIENT_CERT"),
                 .client_key = text("client-key", "CLIENT_KEY"),
                 .client_cert_pem = variable("CLIENT_CERT_BYTES"),
                 .client_key_pem = variable("CLIENT_KEY_BYTES"),
                 .server_name = text("tls-server-name", "TLS_SERVER_NAME"),
                 .skip_verify = TRY(bool_variable("SKIP_VERIFY")) || flags.on("tls-skip-verify")};
  options.follow_redirect = !TRY(bool_variable("DISABLE_REDIRECTS")) && !flags.on("disable-redirects");
  options.proxy = variable("PROXY_ADDR");
  if (options.proxy.empty()) options.proxy = variable("HTTP_PROXY");

  if (const std::string timeout = variable("CLIENT_TIMEOUT"); !timeout.empty()) {
    const auto parsed = parse_duration(timeout);
    if (!parsed || parsed->count() < 0) return fail(Code::invalid, "could not parse \"" + variable_name("CLIENT_TIMEOUT") + "\"");
    if (parsed->count() > 0) options.timeout = std::chrono::ceil<Seconds>(*parsed);
  }
  options.retries = 0;  // somebody waits; who wants retries says so
  if (const std::string retries = variable("MAX_RETRIES"); !retries.empty()) {
    const auto number = parse_go_int(retries);
    if (!number) return std::unexpected(number.error());
    if (*number < 0 || *number > 1000) return fail(Code::invalid, "could not parse " + variable_name("MAX_RETRIES"));
    options.retries = static_cast<unsigned>(*number);
  }
  if (const std::string rate = variable("RATE_LIMIT"); !rate.empty()) {
    const std::string_view number = std::string_view(rate).substr(0, rate.find(':'));
    if (std::from_chars(number.data(), number.data() + number.size(), options.requests_per_second).ec != std::errc() || options.requests_per_second < 0)
      return fail(Code::invalid, "could not parse " + variable_name("RATE_LIMIT"));
  }
  return options;
}

// "team/a/": as the server names namespaces. The root is "".
std::string namespace_header(std::string name) {
  while (name.starts_with('/')) name.erase(0, 1);
  if (!name.empty() && !name.ends_with('/')) name += '/';
  return name == "root/" ? "" : name;
}

std::string shell_quoted(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') out += "'\"'\"'";
    else out += c;
  }
  return out;
}

// Paths that need the "sudo" capability; for -output-policy.
bool needs_sudo(std::string_view path) {
  static constexpr std::string_view exact[] = {"auth/token/accessors", "pki/root", "pki/root/sign-self-issued", "sys/audit", "sys/config/auditing/request-headers",
                                               "sys/config/cors", "sys/config/ui/headers", "sys/internal/inspect/request", "sys/leases", "sys/leases/lookup", "sys/raw",
                                               "sys/remount", "sys/rotate", "sys/rotate/keyring", "sys/rotate/root", "sys/seal", "sys/step-down"};
  static constexpr std::string_view below[] = {"sys/audit/", "sys/auth/", "sys/config/auditing/request-headers/", "sys/config/ui/headers/", "sys/internal/inspect/router/",
                                               "sys/leases/lookup/", "sys/leases/revoke-force/", "sys/leases/revoke-prefix/", "sys/plugins/catalog/", "sys/raw/",
                                               "sys/revoke-force/", "sys/revoke-prefix/"};
  return std::ranges::find(exact, path) != std::end(exact) || std::ranges::any_of(below, [path](std::string_view prefix) { return path.starts_with(prefix); });
}

std::string policy_for(const client::Request& request) {
  const auto asks = [&](std::string_view what) { return std::ranges::any_of(request.query, [&](const auto& parameter) { return parameter.first == what && parameter.second == "true"; }); };
  std::string capabilities = asks("scan")               ? "\"scan\""
                             : asks("list")             ? "\"list\""
                             : request.method == "GET"    ? "\"read\""
                             : request.method == "PATCH"  ? "\"patch\""
                             : request.method == "DELETE" ? "\"delete\""
                                                          : "\"create\", \"update\"";
  const std::string path = client::join_path("", request.path);
  if (needs_sudo(path)) capabilities += ", \"sudo\"";
  return "path \"" + path + "\" {\n  capabilities = [" + capabilities + "]\n}";
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const FlagValues& flags, Instead instead, std::string program) {
  auto session = std::unique_ptr<Session>(new Session());
  client::Options options = TRY([&]() -> Result<client::Options> {
    auto read = options_from(flags);
    if (!read) return fail(Code::invalid, "failed to read environment: " + read.error().message);
    return read;
  }());
  if (options.tls.client_cert.empty() != options.tls.client_key.empty())
    return fail(Code::invalid, "failed to setup TLS config: both client cert and client key must be provided");
  if (!options.tls.ca_cert.empty()) {
    if (const auto file = read_file(options.tls.ca_cert); !file) return fail(Code::invalid, "failed to setup TLS config: Error loading CA File: " + file.error().message);
  }
  auto made = client::ApiClient::make(std::move(options));
  if (!made) return fail(Code::invalid, "failed to create client: " + made.error().message);
  session->client_ = std::move(*made);
  session->instead_ = instead;
  session->program_ = std::move(program);
  const std::string& space = flags.given("ns") ? flags.text("ns") : flags.text("namespace");
  session->client_->set_namespace(namespace_header(space));
  if (const std::int64_t ttl = flags.nanoseconds("wrap-ttl"); ttl != 0) session->wrap_ttl_ = print_duration(Duration(ttl));
  for (const std::string& code : flags.list("mfa")) session->client_->add_header({"X-Vault-Mfa", code});
  if (flags.on("policy-override")) session->client_->add_header({"X-Vault-Policy-Override", "true"});
  std::string forbidden;
  for (const auto& [name, value] : flags.map("header")) {
    std::string lower = name;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower.starts_with("x-vault-")) forbidden.append(forbidden.empty() ? "" : ", ").append(name);
    else if (name.find_first_of("\r\n:") != std::string::npos || value.find_first_of("\r\n") != std::string::npos) return fail(Code::invalid, "a header contains a line break or a colon in its name");
    else session->client_->add_header({name, value});
  }
  if (!forbidden.empty()) return fail(Code::invalid, "failed to setup Headers[" + forbidden + "]: Header starting by 'X-Vault-' are for internal usage only");
  return session;
}

Result<void> Session::take_token() {
  if (const std::string token = variable("TOKEN"); !token.empty()) {
    client_->set_token(token);
    return {};
  }
  const auto helper = TokenHelper::open(client_->options().address);
  if (!helper) return fail(Code::invalid, "failed to get token helper: " + helper.error().message);
  const auto token = helper->load();
  if (!token) return fail(Code::invalid, "failed to get token from token helper: " + token.error().message);
  client_->set_token(token->reveal());
  return {};
}

std::string Session::curl_string(const client::Request& request) const {
  const client::TlsOptions& tls = client_->options().tls;
  std::string out = "curl ";
  if (tls.skip_verify) out += "--insecure ";
  if (request.method != "GET") out += "-X " + request.method + " ";
  const auto file = [&out](const char* option, const std::string& path) {
    if (!path.empty()) out.append(option).append(" '").append(shell_quoted(path)).append("' ");
  };
  file("--cacert", tls.ca_cert);
  file("--capath", tls.ca_path);
  file("--cert", tls.client_cert);
  file("--key", tls.client_key);
  for (const client::Header& header : client_->headers(request)) {
    // The token itself must not end up in a shell's history or in a ticket.
    const std::string value = header.name == "X-Vault-Token" ? "$(" + program_ + " print token)" : header.value;
    out += "-H \"" + header.name + ": " + value + "\" ";
  }
  if (request.body && !request.body->empty()) out += "-d '" + shell_quoted(*request.body) + "' ";
  return out + go_quote(client_->url(request));
}

Outcome<client::Response> Session::send(client::Request request) {
  if (request.wrap_ttl.empty() && wrap_) request.wrap_ttl = wrap_ttl_;
  if (instead_ != Instead::send) {
    printed_ = instead_ == Instead::curl_string ? curl_string(request) : policy_for(request);
    return std::unexpected(Refusal{0, "output a string, please"});
  }
  auto response = client_->send(request);
  if (!response) return std::unexpected(Refusal{0, response.error().message});
  if (response->refused()) {
    // A 404 may still carry something to show: warnings, or the metadata of a deleted version. Who reads looks at it.
    std::string text = client::error_text(*response);
    if (response->status != 404) return std::unexpected(Refusal{response->status, std::move(text)});
  }
  return std::move(*response);
}

namespace {

// The answer in a response; of a 404 only when it has more to say than that there is nothing.
MaybeAnswer take_answer(Outcome<client::Response> response, bool missing_is_refused) {
  if (!response) return std::unexpected(std::move(response.error()));
  const bool missing = response->status == 404;
  std::string refusal = missing ? client::error_text(*response) : "";
  auto answer = Answer::parse(std::move(response->body));
  if (!answer) return std::unexpected(Refusal{response->status, answer.error().message});
  if (!missing) return std::move(*answer);
  const bool speaks = *answer != nullptr && (!(*answer)->warnings.empty() || (*answer)->has_data());
  if (missing_is_refused) return std::unexpected(Refusal{404, std::move(refusal), speaks ? std::move(*answer) : nullptr});
  if (!speaks) return nullptr;
  return std::move(*answer);
}

}  // namespace

MaybeAnswer Session::read(const std::string& path, client::Query query) {
  return take_answer(send({.method = "GET", .path = path, .query = std::move(query)}), false);
}

MaybeAnswer Session::fetch(const std::string& path, client::Query query) {
  return take_answer(send({.method = "GET", .path = path, .query = std::move(query)}), true);
}

MaybeAnswer Session::list(const std::string& path, client::Query query) {
  query.emplace_back("list", "true");
  return take_answer(send({.method = "GET", .path = path, .query = std::move(query)}), false);
}

MaybeAnswer Session::scan(const std::string& path, client::Query query) {
  query.emplace_back("scan", "true");
  return take_answer(send({.method = "GET", .path = path, .query = std::move(query)}), false);
}

MaybeAnswer Session::write(const std::string& path, std::string body, std::string method) {
  return take_answer(send({.method = std::move(method), .path = path, .body = std::move(body)}), true);
}

MaybeAnswer Session::patch(const std::string& path, std::string body) {
  return take_answer(send({.method = "PATCH", .path = path, .body = std::move(body), .headers = {{"Content-Type", "application/merge-patch+json"}}}), true);
}

MaybeAnswer Session::remove(const std::string& path, client::Query query) {
  return take_answer(send({.method = "DELETE", .path = path, .query = std::move(query)}), true);
}

}  // namespace sr::cli
