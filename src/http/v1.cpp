#include "http/v1.h"
#include "base/live_source.h"
#include "base/concat.h"
#include "core/envelope.h"
#include "http/cors.h"
#include "http/request_parameters.h"
#include "http/upload.h"
#include "text/duration.h"

namespace sr::http {
namespace {

std::optional<Op> op_of(std::string_view method) {
  if (method == "GET" || method == "HEAD") return Op::read;
  if (method == "POST" || method == "PUT") return Op::update;
  if (method == "DELETE") return Op::remove;
  if (method == "LIST") return Op::list;
  if (method == "SCAN") return Op::scan;
  if (method == "PATCH") return Op::patch;
  if (method == "HELP") return Op::help;
  return std::nullopt;
}

// X-Vault-Token, or "Authorization: Bearer"; the former wins. Blanks around it are the header's, not the token's.
std::string_view token_of(const Request& request) {
  std::string_view token;
  if (const auto* header = request.header("X-Vault-Token"); header && !header->empty()) token = *header;
  else if (const auto* authorization = request.header("Authorization"); authorization && authorization->starts_with("Bearer ")) token = std::string_view(*authorization).substr(7);
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  return token;
}

// "/v1//secret/a" -> "/v1/secret/a": where Go's router sends the client, as Vault and OpenBao do. What has no place in a URL is
// escaped, as Go does: a browser reads a backslash as a slash, and "/\evil.example" would lead to another server.
std::optional<std::string> without_double_slashes(std::string_view path) {
  if (!path.starts_with('/') || !path.contains("//")) return std::nullopt;
  constexpr std::string_view hex = "0123456789ABCDEF", not_in_urls = R"("<>\^`{|})";
  std::string cleaned;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '/' && cleaned.ends_with('/')) continue;
    if (byte < 0x80 && !not_in_urls.contains(c)) cleaned += c;
    else cleaned.append({'%', hex[byte >> 4], hex[byte & 15]});
  }
  return cleaned;
}

// What the core makes piece by piece: on a thread of its own, or when there is something to tell.
class Pulled final : public Download {
 public:
  Pulled(Core& core, std::shared_ptr<ByteSource> source) : core_(core), source_(std::move(source)), live_(dynamic_cast<LiveSource*>(source_.get())) {}
  void pull(std::move_only_function<void(Result<Buffer>)> got) override {
    if (live_) live_->pull(std::move(got));
    else core_.snapshots().pull(source_, std::move(got));
  }
  bool is_live() const override { return live_ != nullptr; }

 private:
  Core& core_;
  const std::shared_ptr<ByteSource> source_;
  LiveSource* const live_;  // the same, if it calls back by itself
};

// Everything between the HTTP request and the core's: an error here is answered at once, before any token is looked at.
Result<Incoming> understand(const Request& request) {
  Incoming in;
  in.arena = std::make_unique<Arena>();
  in.op = *op_of(request.method);
  in.address = request.peer.address;
  in.port = request.peer.port;
  in.token = Secret(token_of(request));
  in.large = request.body.size() > limits::quick_body_bytes;
  in.upload = request.upload;

  // The request goes before its answer comes: what is kept of it lies in the arena.
  auto query = TRY(parse_query(in.arena->copy(request.query()), *in.arena));
  if (in.op == Op::read) {
    const auto wants = [&](std::string_view name) -> Result<bool> {
      const auto* value = find(query, name);
      if (!value || value->empty()) return false;
      const auto flag = parse_bool(*value);
      if (!flag) return fail(Code::invalid, "");
      return *flag;
    };
    const bool list = TRY(wants("list")), scan = TRY(wants("scan"));
    if (list && scan) return fail(Code::invalid, "");
    if (list) in.op = Op::list;
    if (scan) in.op = Op::scan;
  }
  if (const auto* help = find(query, "help"); help && !help->empty()) in.op = Op::help;  // of any method, and whatever it says
  if (in.op == Op::patch) TRY(check_patch_type(request));
  const bool streams = V1::streams_body(request);  // of its body nothing is JSON
  if ((in.op == Op::update || in.op == Op::patch) && !streams) in.body = TRY(parse_body(request, *in.arena));
  else {
    std::erase_if(query, [](const auto& pair) { return pair.first == "list" || pair.first == "scan" || pair.first == "help"; });
    in.body = object_of(query, *in.arena);
  }

  // A scraper names the format that it wants in a header.
  if (request.path() == "/v1/sys/metrics" && in.op == Op::read && !find(query, "format"))
    if (const auto* accept = request.header("Accept"); accept && (accept->starts_with("application/openmetrics-text") || accept->contains("prometheus/telemetry"))) {
      query.emplace_back("format", "prometheus");
      in.body = object_of(query, *in.arena);
    }
  std::string decoded = TRY(percent_decode(request.path().substr(4)));
  if ((in.op == Op::list || in.op == Op::scan) && !decoded.ends_with('/')) decoded += '/';
  if (decoded.starts_with('/')) return fail(Code::invalid, "path cannot contain empty segments");
  in.path = TRY(ApiPath::from_decoded(std::move(decoded)));

  if (const auto* wrap = request.header("X-Vault-Wrap-TTL"); wrap && !wrap->empty()) {
    const auto ttl = parse_duration(*wrap);
    if (!ttl) return fail(Code::invalid, "error parsing X-Vault-Wrap-TTL header: " + ttl.error().message);
    if (ttl->count() < 0) return fail(Code::invalid, "error parsing X-Vault-Wrap-TTL header: requested wrap ttl cannot be negative");
    in.wrap_ttl = *ttl;
    // Vault can sign its wrapping tokens; an unsigned one in place of that would be something else than was asked for.
    const auto* format = request.header("X-Vault-Wrap-Format");
    if (ttl->count() > 0 && format && *format == "jwt") in.complaint = Error{Code::invalid, "the wrap format \"jwt\" is not supported: leave out the X-Vault-Wrap-Format header"};
  }
  return in;
}

// As they came, in the order of their names.
std::vector<Incoming::Header> audited(const AuditedHeaders::Table& wanted, const Request& request) {
  std::vector<Incoming::Header> kept;
  for (const auto& one : wanted)
    for (const auto& header : request.headers)
      if (same_name(header.name, one.name)) kept.push_back({one.name, header.value, one.is_hashed()});
  return kept;
}

}  // namespace

V1::V1(Core& core, Options options) : core_(core), options_(std::move(options)) { set_custom_headers(options_.custom_headers); }

void V1::set_custom_headers(const CustomHeaders& custom) {
  std::lock_guard lock(mutex_);
  all_headers_.push_back(std::make_unique<const ResponseHeaders>(custom));
  headers_ = all_headers_.back().get();
}

void V1::serve(Loop& loop, Request request, Reply reply) {
  if (const auto address = take_forwarded_address(options_.forwarded, request); !address) return reply(error(400, address.error().message));
  if (options_.require_request_header) {
    const auto* header = request.header("X-Vault-Request");
    if (!header || *header != "true") return reply(error(412, "missing 'X-Vault-Request' header"));
  }
  if (const auto rules = core_.web().cors()) {
    if (const auto* origin = request.header("Origin"); origin && !origin->empty()) {
      auto verdict = judge_origin(*rules, request, *origin);
      if (verdict.status == 403) return reply(error(403, "origin not allowed"));
      if (verdict.status != 0) {
        Response response = blank(verdict.status);
        response.headers = std::move(verdict.headers);
        return reply(std::move(response));
      }
      reply = [reply = std::move(reply), headers = std::move(verdict.headers)](Response response) mutable {
        std::ranges::move(headers, std::back_inserter(response.headers));
        reply(std::move(response));
      };
    }
  }
  if (auto cleaned = without_double_slashes(request.path())) {
    Response response = blank(307);
    if (!request.query().empty()) cleaned->append("?").append(request.query());
    response.headers.push_back({"Location", std::move(*cleaned)});
    return reply(std::move(response));
  }
  if (!request.path().starts_with("/v1/")) return reply(error(404, ""));
  const bool is_health = request.path() == "/v1/sys/health";
  if (!op_of(request.method) || (request.method == "HEAD" && !is_health)) return reply(error(405, ""));

  std::optional<std::string> space;
  if (const auto* header = request.header("X-Vault-Namespace"); header && !header->empty()) {
    space = *header;
    std::string_view name = *header;
    while (name.starts_with('/')) name.remove_prefix(1);
    while (name.ends_with('/')) name.remove_suffix(1);
    if (!name.empty() && name != "root") return reply(error(404, "namespace not found"));
  }
  auto in = [&]() -> Result<Incoming> {
    try {
      return understand(request);
    } catch (const std::exception&) {  // no input may end the server, whatever it made fail
      return fail(Code::internal, "internal error");
    }
  }();
  if (!in) return reply(error(http_status(in.error().code), in.error().message));
  if (const auto wanted = core_.audited_headers().wanted()) in->headers = audited(*wanted, request);
  in->open = in->op == Op::read && in->wrap_ttl == Seconds(0) && ((options_.open_metrics && in->path.view() == "sys/metrics") || (options_.open_in_flight && in->path.view() == "sys/in-flight-req"));
  const std::string_view path = in->path.view();
  const bool is_rekey = path.starts_with("sys/rekey/") || path.starts_with("sys/rekey-recovery-key/");
  if ((options_.no_rekey && is_rekey && !path.ends_with("backup")) || (options_.no_generate_root && path.starts_with("sys/generate-root/")))
    return reply(error(404, "1 error occurred:\n\t* unsupported path\n\n"));
  core_.submit(loop, std::move(*in), [this, space = std::move(space), reply = std::move(reply)](Answer answer) mutable {
    reply(respond(std::move(answer), space ? &*space : nullptr));
  });
}

bool V1::streams_body(const Request& head) {
  return (head.method == "POST" || head.method == "PUT") && (head.path() == "/v1/sys/storage/raft/snapshot" || head.path() == "/v1/sys/storage/raft/snapshot-force");
}

std::optional<Response> V1::refuse_by_head(const Request& request) {
  if (!core_.seal_state().is_open()) return error(503, "Vault is sealed");
  if (!core_.quotas().table() || !request.path().starts_with("/v1/")) return std::nullopt;
  Request head;
  head.headers = request.headers;
  head.peer = request.peer;
  const auto path = percent_decode(request.path().substr(4));
  if (!path || !take_forwarded_address(options_.forwarded, head) || !core_.pipeline().would_refuse(*path, head.peer.address)) return std::nullopt;
  return error(429, concat("request path \"", *path, "\": rate limit quota exceeded"));
}

Response V1::blank(int status) const {
  Response response;
  response.status = status;
  response.common = headers_.load(std::memory_order_acquire)->of(status);
  return response;
}

Response V1::error(int status, std::string_view message, std::string_view advice) const {
  Response response = blank(status);
  response.body += R"({"errors":[)";
  if (!message.empty()) json::quote(response.body, message);
  if (!advice.empty()) json::quote(response.body += ',', advice);
  response.body += "]}\n";
  return response;
}

Response V1::respond(Answer answer, const std::string* space) const {
  Response response;
  if (answer.error) response = error(answer.status, answer.error->message, answer.advice);
  else if (answer.raw) {
    response = blank(answer.status);
    response.common = response.common.subspan(1);
    response.headers.push_back({"Content-Type", answer.raw->type});
    response.body = std::move(answer.raw->bytes);
    if (answer.download) {
      response.headers.push_back({"Content-Disposition", "attachment"});
      response.download = std::make_shared<Pulled>(core_, std::move(answer.download));
    }
  } else if (answer.status == 404 && answer.nil && answer.warnings.empty()) {
    response = error(404, "");
  } else {
    response = blank(answer.status);
    Buffer& out = response.body;
    if (answer.status != 204) {
      const bool injects = answer.shape == sr::Reply::Shape::injected && answer.data.size() > 2;
      if (answer.shape == sr::Reply::Shape::bare) {
        out = std::move(answer.data);
      } else if (!injects) {
        out = take_envelope(answer);
      } else {
        // The members of data first, then the envelope around them: {"secret/": .., "request_id": .., "data": {"secret/": ..}}
        const auto members = answer.data.view();
        (out += '{').append(members.substr(1, members.size() - 2)) += ',';
        print_envelope_members(out, answer);
        out += '}';
      }
      out += '\n';
    }
  }
  for (auto& [name, value] : answer.headers) response.headers.push_back({name, std::move(value)});
  if (space) response.headers.push_back({"X-Vault-Namespace", *space});
  if (answer.status == 503 && answer.error && answer.error->code == Code::busy) response.headers.push_back({"Retry-After", "1"});
  return response;
}

}  // namespace sr::http
