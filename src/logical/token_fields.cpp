#include "logical/token_fields.h"
#include "base/concat.h"
#include "text/cidr.h"
#include "text/lower.h"

namespace sr {
namespace {

Result<std::string> read_type(std::string_view given, Strings& warnings) {
  if (given.empty() || given == "default") return "default";
  if (given == "service") return "service";
  if (given == "default-service") {
    warnings.emplace_back("default-service has no useful meaning; adjusting to service");
    return "service";
  }
  if (given == "batch") return "batch";
  if (given != "default-batch") return fail(Code::invalid, concat("invalid 'token_type' value \"", given, "\""));
  warnings.emplace_back("default-batch has no useful meaning; adjusting to batch");
  return "batch";
}

// Nobody counts the uses of a batch token, or renews it.
Result<void> check_type(const TokenSettings& settings) {
  if (!settings.type.ends_with("batch")) return {};
  if (settings.period > Seconds(0)) return fail(Code::invalid, "'token_type' cannot be 'batch' or 'default_batch' when set to generate periodic tokens");
  if (settings.uses != 0) return fail(Code::invalid, "'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count");
  return {};
}

}  // namespace

FieldList token_field::all() {
  return {&policies, &ttl, &ttl_max, &explicit_ttl_max, &period, &uses, &bound_cidrs, &no_default_policy, &type, &strictly_bind_ip};
}

Result<Strings> read_token_settings(const Call& call, TokenSettings& settings) {
  using namespace token_field;
  Strings warnings;
  if (call.has(policies)) settings.policies = call[policies];
  if (call.has(ttl)) settings.ttl = call[ttl];
  if (call.has(ttl_max)) settings.ttl_max = call[ttl_max];
  if (call.has(explicit_ttl_max)) settings.explicit_ttl_max = call[explicit_ttl_max];
  if (call.has(period)) settings.period = call[period];
  if (call.has(uses)) settings.uses = call[uses];
  if (call.has(no_default_policy)) settings.no_default_policy = call[no_default_policy];
  if (call.has(bound_cidrs)) settings.bound_cidrs = TRY(read_cidrs(call[bound_cidrs]));
  if (settings.uses < 0) return fail(Code::invalid, "'token_num_uses' cannot be negative");
  if (settings.ttl_max > Seconds(0) && settings.ttl > settings.ttl_max) return fail(Code::invalid, "'token_ttl' cannot be greater than 'token_max_ttl'");
  if (call.has(type)) settings.type = TRY(read_type(call[type], warnings));
  TRY(check_type(settings));
  return warnings;
}

void put_token_settings(json::Object& to, const TokenSettings& settings) {
  to.put(token_field::bound_cidrs.name, std::span<const std::string>(settings.bound_cidrs))
      .put(token_field::explicit_ttl_max.name, settings.explicit_ttl_max.count())
      .put(token_field::ttl_max.name, settings.ttl_max.count())
      .put(token_field::no_default_policy.name, settings.no_default_policy)
      .put(token_field::uses.name, settings.uses)
      .put(token_field::period.name, settings.period.count())
      .put(token_field::policies.name, std::span<const std::string>(settings.policies))
      .put(token_field::ttl.name, settings.ttl.count())
      .put(token_field::type.name, settings.type);
}

Result<Strings> read_cidrs(const Strings& given) {
  Strings read;
  for (const auto& text : given) {
    const auto cidr = Cidr::parse(text);
    if (!cidr) return fail(Code::invalid, concat("error parsing address \"", text, "\": Unable to convert \"", text, "\" to an IPv4 or IPv6 address, or a UNIX Socket"));
    read.push_back(cidr->text());
  }
  return read;
}

Strings parse_policies(const Strings& given) {
  Strings policies;
  for (const auto& name : given) policies.push_back(to_lower(name));
  std::ranges::sort(policies);
  policies.erase(std::ranges::unique(policies).begin(), policies.end());
  if (std::ranges::binary_search(policies, "root")) return {"root"};
  return policies;
}

bool shown_by_old_name(const Call& call, const FieldInfo& old_name, const FieldInfo& name, bool before) {
  return call.has(old_name) || (before && !call.has(name));
}

Login login_with(const TokenSettings& settings) {
  Login login;
  login.policies = settings.policies;
  login.ttl = settings.ttl;
  login.ttl_max = settings.ttl_max;
  login.explicit_ttl_max = settings.explicit_ttl_max;
  login.period = settings.period;
  login.uses = settings.uses;
  login.bound_cidrs = settings.bound_cidrs;
  login.no_default_policy = settings.no_default_policy;
  login.token_type = settings.type;
  return login;
}

std::string login_display_name(const Host& host, std::string_view name) {
  std::string_view mount = host.mount_path();
  if (mount.starts_with("auth/")) mount.remove_prefix(5);
  if (mount.ends_with('/')) mount.remove_suffix(1);
  std::string text(mount);
  std::ranges::replace(text, '/', '-');
  return name.empty() ? text : concat(text, "-", name);
}

}  // namespace sr
