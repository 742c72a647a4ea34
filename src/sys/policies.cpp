// sys/policies/acl and, in its older spelling, sys/policy.
#include "base/concat.h"
#include "logical/policy.h"
#include "sys/sys.h"
#include "text/base64.h"

namespace sr::sys {
namespace {

constexpr TextField name{"name", "Name of the policy; case does not matter."};
constexpr TextField policy{"policy", "The rules, in HCL or JSON; may be base64."};
constexpr TextField rules{"rules", "The same, in its older spelling."};
constexpr TextField after{"after", "Names behind this one only."};
constexpr IntegerField limit{"limit", "At most so many names."};
constexpr RefusedField expiration{"expiration", "When the policy ends."};
constexpr RefusedField ttl{"ttl", "How long the policy lasts."};
constexpr RefusedField cas{"cas", "Write only if the version is this one."};
constexpr RefusedField cas_required{"cas_required", "Every write must say the version."};

Result<PolicyName> name_in(Call& call) { return parse_policy_name(call[name]); }

Page page_of(Call& call) {
  Page page;
  page.after = call[after];
  if (call[limit] > 0) page.limit = static_cast<std::size_t>(std::min<std::int64_t>(call[limit], static_cast<std::int64_t>(limits::list_page)));
  return page;
}

}  // namespace

Result<Reply> Sys::list_policies(Call& call) { return Reply::list(TRY(core_.policies().list(call.storage().transaction(), page_of(call)))); }

Result<Reply> Sys::list_policies_legacy(Call& call) {
  const auto names = TRY(core_.policies().list(call.storage().transaction(), page_of(call)));
  json::Object data;
  data.put("keys", std::span<const std::string>(names)).put("policies", std::span<const std::string>(names));
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::read_policy(Call& call) {
  const auto wanted = TRY(name_in(call));
  json::Object data;
  data.put("name", wanted.text());
  if (is_root(wanted)) {
    data.put("policy", "");
    return Reply::data(std::move(data));
  }
  const auto found = TRY(core_.policies().read(call.storage().transaction(), wanted));
  if (!found) return Reply::empty();
  data.put("policy", found->text);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::read_policy_legacy(Call& call) {
  const auto wanted = TRY(name_in(call));
  json::Object data;
  data.put("name", wanted.text());
  if (is_root(wanted)) {
    data.put("rules", "");
    return Reply::injected(std::move(data));
  }
  const auto found = TRY(core_.policies().read(call.storage().transaction(), wanted));
  if (!found) return Reply::empty();
  data.put("rules", found->text);
  return Reply::injected(std::move(data));
}

Result<Reply> Sys::write_policy(Call& call) {
  const auto wanted = TRY(name_in(call));
  if (is_immutable(wanted)) return fail(Code::invalid, concat("cannot update \"", wanted.text(), "\" policy"));
  std::string text(call[policy].empty() ? call[rules] : call[policy]);  // `rules` at the older path only
  if (text.empty()) return fail(Code::invalid, "'policy' parameter not supplied or empty");
  if (text.size() > limits::policy_bytes) return fail(Code::invalid, concat("policy \"", wanted.text(), "\" is too long"));
  if (auto decoded = base64::decode(text)) text = std::move(*decoded);
  TRY(parse_policy(wanted, text));
  TRY(core_.policies().write(call.storage().transaction(), wanted, {.text = std::move(text), .written = call.now()}));
  Reply reply = Reply::empty();
  if (wanted.text() != call[name]) reply.add_warning(concat("policy name was converted to ", wanted.text()));
  if (call[policy].empty()) reply.add_warning("'rules' is deprecated, please use 'policy' instead");
  return reply;
}

Result<Reply> Sys::delete_policy(Call& call) {
  const auto wanted = TRY(name_in(call));
  if (wanted.text() == "default") return fail(Code::invalid, "cannot delete default policy");
  if (is_undeletable(wanted)) return fail(Code::invalid, concat("cannot delete \"", wanted.text(), "\" policy"));
  TRY(core_.policies().remove(call.storage().transaction(), wanted));
  return Reply::empty();
}

std::vector<Route> policy_routes() {
  const FieldList writing{&name, &policy, &expiration, &ttl, &cas, &cas_required};
  FieldList writing_legacy = writing;
  writing_legacy.push_back(&rules);
  return {
      {.paths = {"policies/acl/", "policies/acl"},
       .help = "The names of the policies.",
       .fields = {&after, &limit},
       .verbs = {on<&Sys::list_policies>(Op::list, "List the policies.")}},
      {.paths = {"policies/acl/{name}"},
       .help = "One policy.",
       .fields = writing,
       .verbs = {on<&Sys::read_policy>(Op::read, "Read the policy."), on<&Sys::write_policy>(Op::update, "Write the policy."),
                 on<&Sys::delete_policy>(Op::remove, "Delete the policy.")}},
      {.paths = {"policy/", "policy"},
       .help = "The names of the policies.",
       .verbs = {on<&Sys::list_policies_legacy>(Op::list, "List the policies."), on<&Sys::list_policies_legacy>(Op::read, "List the policies.")}},
      {.paths = {"policy/{name}"},
       .help = "One policy, in its older spelling.",
       .fields = writing_legacy,
       .verbs = {on<&Sys::read_policy_legacy>(Op::read, "Read the policy."), on<&Sys::write_policy>(Op::update, "Write the policy."),
                 on<&Sys::delete_policy>(Op::remove, "Delete the policy.")}},
  };
}

}  // namespace sr::sys
