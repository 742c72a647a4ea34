// The last stage: the answer is printed, audited and sent. Every error comes here.
#include "base/concat.h"
#include "core/pipeline_steps.h"

namespace sr {
namespace {
constexpr std::string_view audit_advice = "the request could not be written to the audit log: the server's own log names the device and says what to mend";
}

Result<void> Pipeline::audit_answer(Parked& r) {
  leave_line(*r);
  r->transaction.reset();
  print_answer(*r);
  const bool has_request_line = r->audited == r->in.op;
  return park_for_audit(r, !has_request_line, true);
}

// What the answer says, once: the audit hashes the same text that the client gets.
void Pipeline::print_answer(Request& r) {
  Answer& answer = r.answer;
  answer = {};
  answer.request_id = r.id;
  answer.headers = r.headers;
  answer.revision = r.revision;
  if (r.mount) answer.mount_type = r.mount->spec.type;
  const Error* error = !r.reply ? &r.reply.error() : r.reply->refused() ? &*r.reply->refused() : nullptr;
  if (error) {
    answer.status = http_status(error->code);
    answer.error = *error;
    return;
  }
  Reply& reply = *r.reply;
  answer.object_version = reply.object_version();
  if (reply.wrap()) {  // and nothing of what is inside
    answer.request_id.clear();
    answer.mount_type.clear();
    answer.wrap = std::move(reply.wrap());
    return;
  }
  answer.shape = reply.shape();
  if (reply.has_data()) answer.data = reply.take_data();
  if (reply.auth()) reply.auth()->print().print(answer.auth);
  answer.lease_ttl = reply.read_again_after();
  if (const auto& lease = reply.lease_info()) {
    answer.lease_id = lease->id;
    answer.lease_ttl = lease->ttl;
    answer.renewable = lease->renewable;
  }
  answer.warnings = reply.warnings();
  const bool says_something = !reply.is_nil() || !reply.warnings().empty();  // a 204 stays one
  if (says_something && r.route && !r.route->any_field && r.in.body && r.in.op != Op::help) {
    const auto odd = odd_parameters(r.route->fields, r.captured, r.in.body);
    auto name_them = [&](std::string text, const Strings& names) {
      if (names.empty()) return;
      text += '[';
      for (const auto& name : names) text += text.back() == '[' ? name : ' ' + name;
      answer.warnings.push_back(text + ']');
    };
    name_them("Endpoint ignored these unrecognized parameters: ", odd.unknown);
    name_them("Endpoint replaced the value of these parameters with the values captured from the endpoint's path: ", odd.replaced);
  }
  answer.download = reply.download();
  if (reply.raw()) answer.raw = std::move(reply.raw()), answer.raw_is_envelope = reply.raw_is_envelope();
  answer.nil = reply.is_nil();
  answer.status = reply.status();
  if (answer.status == 0) {
    const bool asks = r.in.op == Op::read || r.in.op == Op::list || r.in.op == Op::scan;
    answer.status = !answer.nil || !answer.warnings.empty() ? 200 : asks ? 404 : 204;
  }
}

namespace {

// Vault's steps, so that the number of series is bounded.
std::string_view ttl_bucket(Seconds ttl) {
  constexpr std::pair<Seconds, std::string_view> buckets[] = {{Seconds(60), "1m"}, {Seconds(600), "10m"}, {Seconds(1200), "20m"}, {Seconds(3600), "1h"}, {Seconds(7200), "2h"},
                                                              {Seconds(86'400), "1d"}, {Seconds(172'800), "2d"}, {Seconds(604'800), "7d"}, {Seconds(2'592'000), "30d"}};
  for (const auto& [most, name] : buckets)
    if (ttl <= most && ttl > Seconds(0)) return name;
  return "+Inf";
}

}  // namespace

// Once it is on the disk: leases and tokens by what made them.
void Pipeline::count_made(const Request& r) {
  const auto count = [&](const char* name, Metrics::Labels labels, Seconds ttl) {
    labels.insert({{"namespace", "root"}, {"mount_point", r.mount->entry.path}, {"creation_ttl", std::string(ttl_bucket(ttl))}});
    core_.metrics().counter({name, std::move(labels)}).add();
  };
  if (r.reply->lease() && r.reply->lease_info()) count("secret.lease.creation", {{"secret_engine", std::string(r.mount->spec.type)}}, r.reply->lease_info()->ttl);
  const auto& auth = r.reply->auth();
  const bool is_new = auth && (r.reply->login() || (r.mount->spec.type == "token" && r.inside.starts_with("create")));
  if (is_new) count("token.creation", {{"auth_method", std::string(r.mount->spec.type)}, {"token_type", auth->type}}, auth->ttl);
}

Result<void> Pipeline::answer(Parked& r) {
  if (r->place != Place::loop) return r->next = step(&Pipeline::answer), carry_home(std::move(r)), Result<void>();
  if (!r->answer.error && !r->reply) print_answer(*r);  // an audit device refused: the answer is another
  const bool is_login = r->reply && r->reply->login();
  if (r->reply && !r->answer.error) count_made(*r);
  (is_login ? meters_.handle_login : meters_.handle_request).add(core_.clock().now() - r->started);
  auto reply_to = std::move(r->reply_to);
  reply_to(std::move(r->answer));
  r.reset();
  leave();
  return {};
}

void Pipeline::leave() {
  if (--under_way_ > 0 || !draining_) return;
  std::lock_guard lock(mutex_);
  quiet_.notify_all();
}

Result<void> Pipeline::park_for_audit(Parked& r, bool with_request_line, bool with_answer_line) {
  if (r->in.open || (r->route && r->route->when_sealed)) return {};
  // Threads of a lane may not ask again for long: a copy kept there would keep a disabled device open.
  auto devices = r->place == Place::loop ? core_.audit().devices() : core_.audit().enabled();
  if (devices->empty()) return {};
  static constexpr AuditEntry::Kind both[] = {AuditEntry::Kind::request, AuditEntry::Kind::response};
  const std::span kinds = std::span(both).subspan(with_request_line ? 0 : 1, with_request_line && with_answer_line ? 2 : 1);
  const Request& request = *r;
  const bool at_home = r->place == Place::loop;
  r->lap = SteadyClock::now();
  core_.audit().write(std::move(devices), request, kinds, [this, parked = std::move(r), at_home, with_request_line, with_answer_line](Result<void> written) mutable {
    const auto took = lap(*parked);
    if (with_request_line) meters_.log_request.add(took);
    if (with_answer_line) meters_.log_response.add(took);
    if (!written && !with_request_line && parked->route && parked->route->told_once && parked->reply) {
      meters_.log_response_failure.add();
      core_.log().error("audit", "an answer that must not be lost went out without its line: mend the device", {{"request_id", parked->id}, {"path", parked->in.path.text()}, {"why", written.error().message}});
    } else if (!written) {
      (with_answer_line ? meters_.log_response_failure : meters_.log_request_failure).add();
      core_.log().error("audit", "the request fails, since it could not be audited: mend the device, or let another one take its place",
                        {{"request_id", parked->id}, {"why", written.error().message}});
      parked->reply = fail(Code::internal, "internal error");
      print_answer(*parked);
      parked->answer.advice = audit_advice;
      parked->next = step(&Pipeline::answer);
    }
    if (at_home) carry(std::move(parked), Place::loop);
    else carry_home(std::move(parked));
  });
  return {};
}

}  // namespace sr
