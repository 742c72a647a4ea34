// sys/policies/acl and, in its older spelling, sys/policy.
#include "base/concat.h"
#include "logical/paging.h"
#include "logical/policy.h"
#include "sys/sys.h"
#include "text/base64.h"

namespace sr::sys {
namespace {

constexpr FoldedField name{"name", "Name of the policy; case does not matter."};
constexpr TextField policy{"policy", "The rules, in HCL or JSON; may be base64."};
constexpr TextField rules{"rules", "The same, in its older spelling."};
constexpr TextField expiration{"expiration", "When the policy ends: RFC 3339, or seconds since 1970."};
constexpr DurationField ttl{"ttl", "How long the policy lasts, in place of `expiration`."};
constexpr IntegerField cas{"cas", "Write only if the version is this one; -1: only if there is no such policy."};
constexpr FlagField cas_required{"cas_required", "Every later write must say the version."};

constexpr Seconds policy_ttl_max{100LL * 366 * 24 * 3600};

Result<PolicyName> name_in(Call& call) { return parse_policy_name(call[name]); }

}  // namespace

Result<Reply> Sys::list_policies(Call& call) { return Reply::list(TRY(core_.policies().list(call.storage().transaction(), paging::page_in(call)))); }

Result<Reply> Sys::list_policies_legacy(Call& call) {
  const auto names = TRY(core_.policies().list(call.storage().transaction(), paging::page_in(call)));
  json::Object data;
  data.put("keys", std::span<const std::string>(names)).put("policies", std::span<const std::string>(names));
  return Reply::injected(std::move(data));
}

// As both spellings show a policy; `text_name` is what they call its rules.
static json::Object shown(const PolicyName& called, const std::optional<StoredPolicy>& stored, std::string_view text_name) {
  json::Object data;
  data.put("name", called.text()).put(text_name, stored ? std::string_view(stored->text) : std::string_view());
  data.put("version", stored ? stored->version : 0).put("cas_required", stored && stored->cas_required);
  if (stored && stored->written != Time()) data.put("modified", rfc3339(stored->written));
  if (stored && stored->expiration) data.put("expiration", rfc3339(*stored->expiration));
  return data;
}

Result<Reply> Sys::read_policy(Call& call) {
  const auto wanted = TRY(name_in(call));
  const auto found = TRY(core_.policies().read(call.storage().transaction(), wanted));
  if (!found && !is_root(wanted)) return Reply::empty();
  return Reply::data(shown(wanted, found, "policy"));
}

Result<Reply> Sys::read_policy_legacy(Call& call) {
  const auto wanted = TRY(name_in(call));
  const auto found = TRY(core_.policies().read(call.storage().transaction(), wanted));
  if (!found && !is_root(wanted)) return Reply::empty();
  return Reply::injected(shown(wanted, found, "rules"));
}

Result<Reply> Sys::list_policies_in_detail(Call& call) {
  const auto names = TRY(core_.policies().list(call.storage().transaction(), paging::page_in(call)));
  if (names.size() > limits::list_details) return fail(Code::too_large, "too many policies to say more of each, list them in pages with limit and after");
  json::Object info;
  for (const auto& one : names) {
    const PolicyName policy_name(one);
    info.put(one, shown(policy_name, TRY(core_.policies().read(call.storage().transaction(), policy_name)), "policy"));
  }
  return Reply::list(names, std::move(info));
}

// No name has a slash in it, so nothing lies below one.
Result<Reply> Sys::list_policies_below(Call&) { return Reply::list({}); }

// When the policy that is written ends; `otherwise` where the call does not say.
static Result<std::optional<Time>> expiration_of(Call& call, std::optional<Time> otherwise) {
  if (!call[expiration].empty() && call.has(ttl)) return fail(Code::invalid, "cannot supply both 'expiration' and 'ttl' for policies");
  std::optional<Time> ends = otherwise;
  if (!call[expiration].empty()) {
    ends = parse_time(call[expiration]);
    if (!ends) return fail(Code::invalid, "Field validation failed: error converting input for field \"expiration\": could not parse string as date and time");
  } else if (call.has(ttl)) {
    if (call[ttl] > policy_ttl_max) return fail(Code::invalid, "'ttl' is too long");
    ends = call.now() + call[ttl];
  }
  if (ends && *ends <= call.now()) return fail(Code::invalid, "refusing to update policy as expiration time has already elapsed");
  return ends;
}

// Of writers who name the same version one wins: the row that is compared is a precondition of the commit.
static Result<void> check_cas(Call& call, const std::optional<StoredPolicy>& before) {
  if (!call.has(cas)) return before && before->cas_required ? fail(Code::invalid, "check-and-set parameter required for this call") : Result<void>();
  if (call[cas] == -1) return before ? fail(Code::invalid, "check-and-set parameter set to -1 on existing entry") : Result<void>();
  if (call[cas] != (before ? before->version : 0)) return fail(Code::invalid, "check-and-set parameter did not match the current version");
  return {};
}

Result<void> Sys::store_policy(Call& call, const PolicyName& wanted, const std::optional<StoredPolicy>& before, StoredPolicy next) {
  if (next.text.empty()) return fail(Code::invalid, "'policy' parameter not supplied or empty");
  if (next.text.size() > limits::policy_bytes) return fail(Code::invalid, concat("policy \"", wanted.text(), "\" is too long"));
  if (auto decoded = base64::decode(next.text)) next.text = std::move(*decoded);
  TRY(parse_policy(wanted, next.text));
  // Whoever must always say the version says it for this write too.
  if (next.cas_required && !call.has(cas) && call.op() != Op::patch) return fail(Code::invalid, "check-and-set parameter required for this call");
  TRY(check_cas(call, before));
  next.written = call.now();
  next.version = before ? before->version + 1 : 1;
  return core_.policies().write(call.storage().transaction(), wanted, std::move(next));
}

Result<Reply> Sys::write_policy(Call& call) {
  const auto wanted = TRY(name_in(call));
  if (is_immutable(wanted)) return fail(Code::invalid, concat("cannot update \"", wanted.text(), "\" policy"));
  const auto before = TRY(core_.policies().read(call.storage().transaction(), wanted));
  StoredPolicy next;
  next.text = call[policy].empty() ? call[rules] : call[policy];  // `rules` at the older path only
  next.cas_required = call[cas_required];
  next.expiration = TRY(expiration_of(call, std::nullopt));
  TRY(store_policy(call, wanted, before, std::move(next)));
  Reply reply = Reply::empty();
  if (wanted.text() != call[name]) reply.add_warning(concat("policy name was converted to ", wanted.text()));
  if (call[policy].empty()) reply.add_warning("'rules' is deprecated, please use 'policy' instead");
  return reply;
}

Result<Reply> Sys::patch_policy(Call& call) {
  const auto wanted = TRY(name_in(call));
  if (is_immutable(wanted)) return fail(Code::invalid, concat("cannot update \"", wanted.text(), "\" policy"));
  const auto before = TRY(core_.policies().read(call.storage().transaction(), wanted));
  if (!before) return fail(Code::invalid, "policy not found");
  StoredPolicy next = *before;
  if (call.has(policy)) next.text = call[policy];
  if (call.has(cas_required)) next.cas_required = call[cas_required];
  next.expiration = TRY(expiration_of(call, before->expiration));
  if (before->cas_required && !call.has(cas)) return fail(Code::invalid, "check-and-set parameter required for this call");
  TRY(store_policy(call, wanted, before, std::move(next)));
  Reply reply = Reply::empty().status(200);
  if (wanted.text() != call[name]) reply.add_warning(concat("policy name was converted to ", wanted.text()));
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
       .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Sys::list_policies>(Op::list, "List the policies.")}},
      {.paths = {"policies/acl/{name}"},
       .help = "One policy.",
       .fields = writing,
       .verbs = {on<&Sys::read_policy>(Op::read, "Read the policy."), on<&Sys::write_policy>(Op::update, "Write the policy."),
                 on<&Sys::patch_policy>(Op::patch, "Change what is named, and leave the rest."), on<&Sys::delete_policy>(Op::remove, "Delete the policy.")}},
      {.paths = {"policies/acl/{name}/", "policy/{name}/"},
       .help = "The policies below a name: none, since no name has a slash.",
       .fields = {&name},
       .verbs = {on<&Sys::list_policies_below>(Op::list, "List them.")}},
      {.paths = {"policies/detailed/acl/", "policies/detailed/acl"},
       .help = "The policies, each with its text.",
       .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Sys::list_policies_in_detail>(Op::list, "List the policies.")}},
      {.paths = {"policies/detailed/acl/{name}/"},
       .help = "The policies below a name: none, since no name has a slash.",
       .fields = {&name},
       .verbs = {on<&Sys::list_policies_below>(Op::list, "List them.")}},
      {.paths = {"policy/", "policy"},
       .help = "The names of the policies.",
       .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Sys::list_policies_legacy>(Op::list, "List the policies."), on<&Sys::list_policies_legacy>(Op::read, "List the policies.")}},
      {.paths = {"policy/{name}"},
       .help = "One policy, in its older spelling.",
       .fields = writing_legacy,
       .verbs = {on<&Sys::read_policy_legacy>(Op::read, "Read the policy."), on<&Sys::write_policy>(Op::update, "Write the policy."),
                 on<&Sys::delete_policy>(Op::remove, "Delete the policy.")}},
  };
}

}  // namespace sr::sys
