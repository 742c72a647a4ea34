// sys/quotas: how often clients may ask, and how many leases there may be.
#include <charconv>
#include <cmath>
#include "base/concat.h"
#include "core/folded_path.h"
#include "logical/names.h"
#include "logical/paging.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField name{"name", "Name of the quota."};
constexpr TextField type{"type", "Of no effect: the path says which kind of quota it is."};
constexpr TextField path{"path", "The mount that the quota is for, or a path in it, perhaps with '*' at its end; empty: the whole server."};
constexpr TextField role{"role", "The role of logins that the quota is for; `path` is then an auth method that has roles."};
constexpr TextField rate{"rate", "How many requests each client may make in an interval."};
constexpr DurationField interval{"interval", "How long an interval is (1s)."};
constexpr DurationField block_interval{"block_interval", "For how long a client who asked too often is refused; 0: to the end of the interval."};
constexpr IntegerField max_leases{"max_leases", "How many leases there may be in the place."};
constexpr FlagField inheritable{"inheritable", "Namespaces below have it too."};
constexpr ListField exempt_paths{"rate_limit_exempt_paths", "Paths that no rate limit is for."};
constexpr ListField absolute_exempt_paths{"absolute_rate_limit_exempt_paths", "The same, counted from the root namespace."};
constexpr FlagField audit_logging{"enable_rate_limit_audit_logging", "Requests over a rate limit are in the audit log."};
constexpr FlagField response_headers{"enable_rate_limit_response_headers", "Answers say how much of a rate limit is left."};

// The number in its shortest spelling, as Go prints it: 2.5, 1e+300.
Result<std::string> positive_number(std::string_view text) {
  if (text.empty()) return fail(Code::invalid, "'rate' is invalid");
  double number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size())
    return fail(Code::invalid, "Field validation failed: error converting input for field \"rate\": '' cannot parse value as 'float64': strconv.ParseFloat: invalid syntax");
  if (!(number > 0) || !std::isfinite(number)) return fail(Code::invalid, "'rate' is invalid");
  char printed[64];
  const auto format = number >= 1e-6 && number < 1e21 ? std::chars_format::fixed : std::chars_format::scientific;
  return std::string(printed, std::to_chars(printed, printed + sizeof printed, number, format).ptr);
}

Result<Seconds> bounded(Seconds given, std::string_view field) {
  if (given > limits::quota_interval) return fail(Code::invalid, concat("'", field, "' is too long"));
  return given;
}

Result<std::string> name_in(Call& call) {
  if (!is_plain_name(call[name])) return fail(Code::invalid, "the name of a quota has letters, digits and '_', with '-' and '.' between them");
  return std::string(call[name]);
}

}  // namespace

// ---- where a quota holds ------------------------------------------------------------------------------------------------------
Result<void> Sys::set_quota_place(Call& call, StoredQuota& quota) {
  std::string_view wanted = call[path];
  while (wanted.starts_with('/')) wanted.remove_prefix(1);
  while (wanted.ends_with('/')) wanted.remove_suffix(1);
  quota.role = call[role];
  quota.inheritable = call.has(inheritable) ? call[inheritable] : wanted.empty();
  if (wanted.empty()) {
    if (!quota.role.empty()) return fail(Code::invalid, "Mount path \"\" is not a valid auth method and therefore unsuitable for use with role-based quotas");
    return {};
  }
  const std::string canonical = TRY(ApiPath::from_decoded(concat(wanted, "/"))).text();
  const auto router = core_.mounts().router();
  const Mount* mount = router->find(canonical);
  if (!mount) return fail(Code::invalid, concat("invalid mount path \"", canonical, "\""));
  mount->expect_unchanged(call.storage().transaction());  // it would be a quota of no mount
  quota.mount = mount->entry.uuid;
  // In the one spelling of a name whose case does not count, as requests are looked up.
  const std::string plain = canonical.substr(0, canonical.size() - 1);
  const std::string folded = folded_path(*router, plain);
  quota.inside = (folded.empty() ? canonical : folded + "/").substr(mount->entry.path.size());
  if (quota.inside.ends_with('/')) quota.inside.pop_back();
  if (quota.role.empty()) return {};
  if (!quota.inside.empty())
    return fail(Code::invalid, "Quotas cannot contain both a path suffix and a role. If a role is provided, path must be a valid auth mount with a concept of roles");
  if (!mount->entry.is_auth())
    return fail(Code::invalid, concat("Mount path \"", mount->entry.path, "\" is not a valid auth method and therefore unsuitable for use with role-based quotas"));
  if (std::ranges::none_of(mount->spec.routes, [](const Route& route) { return route.role != nullptr; }))
    return fail(Code::invalid, concat("Mount path \"", mount->entry.path, "\" does not support use with role-based quotas"));
  return {};
}

std::string Sys::quota_path(const StoredQuota& quota) {
  const Mount* mount = quota.mount.empty() ? nullptr : core_.mounts().router()->by_uuid(quota.mount);
  return concat(mount ? std::string_view(mount->entry.path) : std::string_view(), quota.inside);
}

Result<Reply> Sys::list_quotas(Call& call, QuotaKind kind) {
  return Reply::list(paging::page_of(call, TRY(core_.quotas().list(call.storage().transaction(), kind, {.after = {}, .limit = limits::quotas}))));
}

// ---- rate-limit ---------------------------------------------------------------------------------------------------------------
Result<Reply> Sys::list_rate_limits(Call& call) { return list_quotas(call, QuotaKind::rate_limit); }

Result<Reply> Sys::read_rate_limit(Call& call) {
  const auto quota = TRY(core_.quotas().read(call.storage().transaction(), QuotaKind::rate_limit, call[name]));
  if (!quota) return Reply::empty();
  json::Object data;
  data.put("type", name_of(QuotaKind::rate_limit))
      .put("name", call[name])
      .put("path", quota_path(*quota))
      .put("role", quota->role)
      .put_raw("rate", quota->rate)
      .put("interval", quota->interval.count())
      .put("block_interval", quota->block.count())
      .put("inheritable", quota->inheritable);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_rate_limit(Call& call) {
  const std::string wanted = TRY(name_in(call));
  StoredQuota quota;
  quota.rate = TRY(positive_number(call[rate]));
  quota.interval = std::max(Seconds(1), TRY(bounded(call[interval], "interval")));
  quota.block = TRY(bounded(call[block_interval], "block_interval"));
  TRY(set_quota_place(call, quota));
  TRY(core_.quotas().write(call.storage().transaction(), QuotaKind::rate_limit, wanted, quota));
  return Reply::empty();
}

Result<Reply> Sys::delete_rate_limit(Call& call) {
  TRY(core_.quotas().remove(call.storage().transaction(), QuotaKind::rate_limit, call[name]));
  return Reply::empty();
}

// ---- lease-count --------------------------------------------------------------------------------------------------------------
Result<Reply> Sys::list_lease_counts(Call& call) { return list_quotas(call, QuotaKind::lease_count); }

Result<Reply> Sys::read_lease_count(Call& call) {
  const auto quota = TRY(core_.quotas().read(call.storage().transaction(), QuotaKind::lease_count, call[name]));
  if (!quota) return Reply::empty();
  const auto table = core_.quotas().table();
  const auto limit = table ? table->leases.by_name(call[name]) : nullptr;
  json::Object data;
  data.put("type", name_of(QuotaKind::lease_count))
      .put("name", call[name])
      .put("path", quota_path(*quota))
      .put("role", quota->role)
      .put("max_leases", quota->most)
      .put("counter", limit ? limit->count->now() : 0)
      .put("inheritable", quota->inheritable);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_lease_count(Call& call) {
  const std::string wanted = TRY(name_in(call));
  if (call[max_leases] <= 0) return fail(Code::invalid, "'max_leases' is invalid");
  StoredQuota quota;
  quota.most = static_cast<std::uint64_t>(call[max_leases]);
  TRY(set_quota_place(call, quota));
  TRY(core_.quotas().write(call.storage().transaction(), QuotaKind::lease_count, wanted, quota));
  return Reply::empty();
}

Result<Reply> Sys::delete_lease_count(Call& call) {
  TRY(core_.quotas().remove(call.storage().transaction(), QuotaKind::lease_count, call[name]));
  return Reply::empty();
}

// ---- config -------------------------------------------------------------------------------------------------------------------
Result<Reply> Sys::read_quota_config(Call& call) {
  const auto config = TRY(core_.quotas().read_config(call.storage().transaction()));
  json::Object data;
  data.put("enable_rate_limit_audit_logging", config.audit)
      .put("enable_rate_limit_response_headers", config.headers)
      .put("rate_limit_exempt_paths", std::span<const std::string>(config.exempt_paths))
      .put("absolute_rate_limit_exempt_paths", std::span<const std::string>(config.absolute_exempt_paths));
  return Reply::data(std::move(data));
}

// As a whole: what is left out is off, and exempts nothing.
Result<Reply> Sys::write_quota_config(Call& call) {
  const QuotaConfig config{
      .exempt_paths = call[exempt_paths], .absolute_exempt_paths = call[absolute_exempt_paths], .audit = call[audit_logging], .headers = call[response_headers]};
  TRY(core_.quotas().write_config(call.storage().transaction(), config));
  return Reply::empty();
}

std::vector<Route> quota_routes() {
  return {
      {.paths = {"quotas/config"},
       .help = "What all quotas have in common.",
       .fields = {&exempt_paths, &absolute_exempt_paths, &audit_logging, &response_headers},
       .verbs = {on<&Sys::read_quota_config>(Op::read, "Read the settings."), on<&Sys::write_quota_config>(Op::update, "Write all settings.")}},
      {.paths = {"quotas/rate-limit/", "quotas/rate-limit"},
       .help = "The names of the rate limits.",
       .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Sys::list_rate_limits>(Op::list, "List the rate limits.")}},
      {.paths = {"quotas/rate-limit/{name}"},
       .help = "How often each client, by its address, may ask the server, a mount or a path.",
       .fields = {&name, &type, &path, &role, &rate, &interval, &block_interval, &inheritable},
       .verbs = {on<&Sys::read_rate_limit>(Op::read, "Read the rate limit."), on<&Sys::write_rate_limit>(Op::update, "Write the rate limit."),
                 on<&Sys::delete_rate_limit>(Op::remove, "Delete the rate limit.")}},
      {.paths = {"quotas/lease-count/", "quotas/lease-count"},
       .help = "The names of the quotas of leases.",
       .fields = {&paging::after, &paging::limit},
       .verbs = {on<&Sys::list_lease_counts>(Op::list, "List the quotas of leases.")}},
      {.paths = {"quotas/lease-count/{name}"},
       .help = "How many leases and tokens that end there may be of the server, a mount, a path, or logins by a role.",
       .fields = {&name, &type, &path, &role, &max_leases, &inheritable},
       .verbs = {on<&Sys::read_lease_count>(Op::read, "Read the quota, and how many leases there are."), on<&Sys::write_lease_count>(Op::update, "Write the quota."),
                 on<&Sys::delete_lease_count>(Op::remove, "Delete the quota.")}},
  };
}

}  // namespace sr::sys
