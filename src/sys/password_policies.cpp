// sys/policies/password: rules for passwords, and passwords made by them.
#include "base/concat.h"
#include "core/keys.h"
#include "logical/paging.h"
#include "logical/password_policy.h"
#include "sys/sys.h"
#include "text/base64.h"

namespace sr::sys {
namespace {

constexpr TextField name{"name", "Name of the password policy."};
constexpr TextField policy{"policy", "The rules, in HCL or JSON; may be base64."};

// As Vault says what carries a status of its own.
std::unexpected<Error> framed(Code code, std::string_view text) { return fail(code, concat("1 error occurred:\n\t* ", text, "\n\n")); }

Result<std::string> stored_text(Call& call) {
  const auto row = TRY(core_view(call.storage().transaction()).get(concat(keys::password_policies, call[name])));
  if (!row) return framed(Code::not_found, "policy does not exist");
  return std::string(row->value.reveal());
}

}  // namespace

Result<Reply> Sys::list_password_policies(Call& call) {
  const auto names = TRY(core_view(call.storage().transaction()).list(keys::password_policies, {}, Depth::all));
  return Reply::list(paging::page_of(call, names));
}

Result<Reply> Sys::read_password_policy(Call& call) {
  json::Object data;
  data.put("policy", TRY(stored_text(call)));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_password_policy(Call& call) {
  std::string text(call[policy]);
  if (text.empty()) return framed(Code::invalid, "missing policy");
  if (auto decoded = base64::decode_as_go(text)) text = std::move(*decoded);
  if (const auto parsed = PasswordPolicy::parse(text); !parsed) return framed(parsed.error().code, parsed.error().message);
  TRY(core_view(call.storage().transaction()).put(concat(keys::password_policies, call[name]), Secret(text)));
  return Reply::empty();
}

Result<Reply> Sys::delete_password_policy(Call& call) {
  TRY(core_view(call.storage().transaction()).remove(concat(keys::password_policies, call[name])));
  return Reply::empty();
}

Result<Reply> Sys::generate_password(Call& call) {
  const auto rules = TRY(PasswordPolicy::parse(TRY(stored_text(call))));
  const auto password = rules.generate(call.host().random());
  if (!password) return framed(password.error().code, password.error().message);
  json::Object data;
  data.put("password", password->reveal());
  return Reply::data(std::move(data));
}

std::vector<Route> password_policy_routes() {
  return {
      {.paths = {"policies/password", "policies/password/"},
       .help = "The password policies.",
       .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Sys::list_password_policies>(Op::list, "List the password policies.")}},
      {.paths = {"policies/password/{name...}/generate"},
       .help = "A password by a policy.",
       .fields = {&name},
       .verbs = {on<&Sys::generate_password>(Op::read, "Make a password.", Cost::cpu)}},
      {.paths = {"policies/password/{name...}"},
       .help = "One password policy.",
       .fields = {&name, &policy},
       .verbs = {on<&Sys::read_password_policy>(Op::read, "Read the policy."), on<&Sys::write_password_policy>(Op::update, "Write the policy."),
                 on<&Sys::delete_password_policy>(Op::remove, "Delete the policy.")}},
  };
}

}  // namespace sr::sys
