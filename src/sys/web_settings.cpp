// sys/config/cors and sys/config/ui/headers: what browsers are told.
#include "base/concat.h"
#include "logical/paging.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr FlagField enable{"enable", "Of no effect: writing the rules switches them on."};
constexpr ListField allowed_origins{"allowed_origins", "Origins whose pages may call, or \"*\" alone for all."};
constexpr ListField allowed_headers{"allowed_headers", "Headers that such pages may send beside the usual ones."};
constexpr FlagField allow_credentials{"allow_credentials", "Browsers may send credentials of their own along."};
constexpr FoldedField header{"header", "Name of the header."};
constexpr ListField values{"values", "Its values."};
constexpr FlagField multivalue{"multivalue", "Answer with all values and not the first one."};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

Result<Reply> Sys::read_cors(Call& call) {
  const auto rules = TRY(core_.web().read_cors(call.storage().transaction()));
  json::Object data;
  data.put("enabled", rules.has_value());
  if (rules) {
    const auto headers = rules->all_headers();
    data.put("allowed_origins", std::span<const std::string>(rules->origins))
        .put("allowed_headers", std::span<const std::string>(headers))
        .put("allow_credentials", rules->credentials);
  }
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::write_cors(Call& call) {
  TRY(core_.web().write_cors(call.storage().transaction(), {.origins = call[allowed_origins], .headers = call[allowed_headers], .credentials = call[allow_credentials]}));
  return Reply::empty();
}

Result<Reply> Sys::delete_cors(Call& call) {
  TRY(core_.web().disable_cors(call.storage().transaction()));
  return Reply::empty();
}

Result<Reply> Sys::list_ui_headers(Call& call) { return Reply::list(paging::page_of(call, TRY(core_.web().list_ui_headers(call.storage().transaction())))); }

Result<Reply> Sys::read_ui_header(Call& call) {
  const auto found = TRY(core_.web().read_ui_header(call.storage().transaction(), call[header]));
  if (!found || found->values.empty()) return Reply::empty();
  json::Object data;
  if (call[multivalue]) data.put("values", std::span<const std::string>(found->values));
  else data.put("value", found->values.front());
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_ui_header(Call& call) {
  const std::string_view name = call[header];
  if (call[values].empty()) return fail(Code::invalid, "header and values must be specified");
  if (name.size() >= 8 && same_name(name.substr(0, 8), "x-vault-")) return fail(Code::invalid, "X-Vault headers cannot be set");
  if (std::ranges::any_of(core_.options().response_headers, [&](const std::string& one) { return same_name(one, name); }))
    return fail(Code::invalid, "This header already exists in the server configuration and cannot be set in the UI.");
  TRY(core_.web().write_ui_header(call.storage().transaction(), name, {.values = call[values]}));
  Reply reply = Reply::empty().status(200);  // with a body that says nothing, as OpenBao answers
  if (same_name(name, "content-security-policy")) reply.add_warning("overriding default Content-Security-Policy which is secure by default, proceed with caution");
  return reply;
}

Result<Reply> Sys::delete_ui_header(Call& call) {
  TRY(core_.web().remove_ui_header(call.storage().transaction(), call[header]));
  return Reply::empty();
}

std::vector<Route> web_routes() {
  return {
      {.paths = {"config/cors"},
       .help = "Whose pages may call this server from a browser.",
       .fields = {&enable, &allowed_origins, &allowed_headers, &allow_credentials},
       .verbs = {on<&Sys::read_cors>(Op::read, "Read the rules."), on<&Sys::write_cors>(Op::update, "Write the rules, and switch them on."),
                 on<&Sys::delete_cors>(Op::remove, "Switch them off.")},
       .access = Access::root},
      {.paths = {"config/ui/headers/", "config/ui/headers"},
       .help = "The names of the headers that the pages of the user interface have.",
       .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Sys::list_ui_headers>(Op::list, "List the headers.")},
       .access = Access::root},
      {.paths = {"config/ui/headers/{header}"},
       .help = "One header of the pages of the user interface.",
       .fields = {&header, &values, &multivalue},
       .verbs = {on<&Sys::read_ui_header>(Op::read, "Read the header."), on<&Sys::write_ui_header>(Op::update, "Write the header."),
                 on<&Sys::delete_ui_header>(Op::remove, "Delete the header.")},
       .access = Access::root},
  };
}

}  // namespace sr::sys
