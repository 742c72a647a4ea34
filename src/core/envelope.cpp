#include "core/envelope.h"

namespace sr {
namespace {

void print_wrap_info(Buffer& out, const WrapInfo& info) {
  json::quote(out.append(R"({"token":)"), info.token.reveal());
  json::quote(out.append(R"(,"accessor":)"), info.accessor);
  out.append(R"(,"ttl":)").append_number(info.ttl.count());
  json::quote(out.append(R"(,"creation_time":)"), rfc3339(info.created));
  json::quote(out.append(R"(,"creation_path":)"), info.creation_path);
  if (!info.wrapped_accessor.empty()) json::quote(out.append(R"(,"wrapped_accessor":)"), info.wrapped_accessor);
  out += '}';
}

// Vault's members in their order, those before the data and those behind it.
void print_before_data(Buffer& out, const Answer& answer) {
  out.append(R"("request_id":")").append(answer.request_id).append(R"(","lease_id":)");
  json::quote(out, answer.lease_id);
  out.append(answer.renewable ? R"(,"renewable":true,"lease_duration":)" : R"(,"renewable":false,"lease_duration":)").append_number(answer.lease_ttl.count());
  out.append(R"(,"data":)");
}
void print_behind_data(Buffer& out, const Answer& answer) {
  out.append(R"(,"wrap_info":)");
  if (answer.wrap) print_wrap_info(out, *answer.wrap);
  else out += "null";
  out.append(R"(,"warnings":)");
  if (answer.warnings.empty()) out += "null";
  for (std::size_t i = 0; i < answer.warnings.size(); ++i) {
    out += i == 0 ? '[' : ',';
    json::quote(out, answer.warnings[i]);
  }
  if (!answer.warnings.empty()) out += ']';
  out.append(R"(,"auth":)").append(answer.auth.empty() ? std::string_view("null") : answer.auth.view());
  out.append(R"(,"mount_type":)");
  json::quote(out, answer.mount_type);
}

}  // namespace

void print_envelope_members(Buffer& out, const Answer& answer) {
  print_before_data(out, answer);
  out.append(answer.data.empty() ? std::string_view("null") : answer.data.view());
  print_behind_data(out, answer);
}

Buffer take_envelope(Answer& answer) {
  constexpr std::size_t large = 64 * 1024;  // moving it within its block costs less than a block of its own
  constexpr std::size_t usual_members = 256;
  Buffer out;
  if (answer.data.size() < large) {
    out.reserve(answer.data.size() + answer.auth.size() + usual_members);
    print_envelope(out, answer);
    return out;
  }
  Buffer before(std::string_view("{"));
  print_before_data(before, answer);
  out = std::move(answer.data);
  out.prepend(before);
  print_behind_data(out, answer);
  out += '}';
  return out;
}

void print_envelope(Buffer& out, const Answer& answer) {
  out += '{';
  print_envelope_members(out, answer);
  out += '}';
}

}  // namespace sr
