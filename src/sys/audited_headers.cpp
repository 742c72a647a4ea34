// sys/config/auditing/request-headers: which headers of requests the audit log shows.
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr FoldedField header{"header", "Name of the header, in any case."};
constexpr FlagField hmac{"hmac", "Log a hash of its values. Those of headers that carry tokens always are."};

json::Object describe(const AuditedHeader& audited) { return json::Object().set("hmac", audited.hmac); }

}  // namespace

Result<Reply> Sys::list_audited_headers(Call& call) {
  json::Object headers, data;
  for (const auto& one : TRY(core_.audited_headers().list(call.storage().transaction()))) headers.put(one.name, describe(one));
  data.put("headers", headers);
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::read_audited_header(Call& call) {
  const auto found = TRY(core_.audited_headers().read(call.storage().transaction(), call[header]));
  if (!found) return fail(Code::invalid, "Could not find header in config");
  json::Object data;
  data.put(call[header], describe(*found));  // as it was asked for
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::write_audited_header(Call& call) {
  TRY(core_.audited_headers().write(call.storage().transaction(), call[header], call[hmac]));
  return Reply::empty();
}

Result<Reply> Sys::delete_audited_header(Call& call) {
  TRY(core_.audited_headers().remove(call.storage().transaction(), call[header]));
  return Reply::empty();
}

std::vector<Route> audited_header_routes() {
  return {
      {.paths = {"config/auditing/request-headers"},
       .help = "The headers of requests that the audit log shows.",
       .verbs = {on<&Sys::list_audited_headers>(Op::read, "List the headers.")},
       .access = Access::root},
      {.paths = {"config/auditing/request-headers/{header}"},
       .help = "One header of requests that the audit log shows.",
       .fields = {&header, &hmac},
       .verbs = {on<&Sys::read_audited_header>(Op::read, "Read how it is shown."), on<&Sys::write_audited_header>(Op::update, "Show the header."),
                 on<&Sys::delete_audited_header>(Op::remove, "Show it no longer.")},
       .access = Access::root},
  };
}

}  // namespace sr::sys
