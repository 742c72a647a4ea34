// The token_* fields that every auth method's roles have: declared, read, checked and printed once, here.
#pragma once
#include "logical/call.h"
#include "logical/reply.h"

namespace sr {

// What a role says of the tokens that its logins make. Part of the method's own record.
struct TokenSettings {
  Strings policies{};
  Seconds ttl{}, ttl_max{}, explicit_ttl_max{}, period{};  // 0: the mount's, or none
  std::int64_t uses = 0;                                   // 0: no limit
  Strings bound_cidrs{};                                   // as Cidr::text has them: "10.1.2.3/8", "127.0.0.1"
  bool no_default_policy = false;
  std::string type = "default";                            // or "service", "batch"; of token roles also "default-service", "default-batch"

  template <class Archive> void fields(Archive& archive) {
    archive(1, policies);
    archive(2, ttl);
    archive(3, ttl_max);
    archive(4, explicit_ttl_max);
    archive(5, period);
    archive(6, uses);
    archive(7, bound_cidrs);
    archive(8, no_default_policy);
    archive(9, type);
  }
};

namespace token_field {

inline constexpr ListField policies{"token_policies", "Policies of the tokens."};
inline constexpr DurationField ttl{"token_ttl", "How long a token lives at first; the mount's default when 0."};
inline constexpr DurationField ttl_max{"token_max_ttl", "How long a token lives at most, with all renewals; the mount's maximum when 0."};
inline constexpr DurationField explicit_ttl_max{"token_explicit_max_ttl", "As token_max_ttl, but fixed in the token when it is made."};
inline constexpr DurationField period{"token_period", "Makes periodic tokens: each renewal is for this long, without a maximum."};
inline constexpr IntegerField uses{"token_num_uses", "How many requests a token is good for; 0 is no limit."};
inline constexpr CidrField bound_cidrs{"token_bound_cidrs", "Networks that the token may be used from; all when empty."};
inline constexpr FlagField no_default_policy{"token_no_default_policy", "Leaves the policy \"default\" out."};
inline constexpr TextField type{"token_type", "\"service\", \"batch\" or \"default\": as the mount has it."};
inline constexpr RefusedField strictly_bind_ip{"token_strictly_bind_ip", "OpenBao's: binds the token to the address of its login."};

// All of them, for a route's list.
FieldList all();

}  // namespace token_field

// Takes over what the call has of these fields and checks the whole. The warnings are for the reply.
Result<Strings> read_token_settings(const Call& call, TokenSettings& settings);
void put_token_settings(json::Object& to, const TokenSettings& settings);

// Networks as they are kept: "10.0.0.0/8", "127.0.0.1".
Result<Strings> read_cidrs(const Strings& given);

// Policies under an old name, as Vault takes them: in lower case, sorted, each once, and root alone where it is among them.
Strings parse_policies(const Strings& given);

// Methods that are older than these fields take some under names of their own as well. Whether such a setting is shown by its old
// name too: when that was the last to set it.
bool shown_by_old_name(const Call& call, const FieldInfo& old_name, const FieldInfo& name, bool before);

// A login with the settings of a role; names and metadata are up to the method.
Login login_with(const TokenSettings& settings);

// The display name of the tokens of a mount: "approle" for auth/approle/, "approle-ada" with a name of the caller.
std::string login_display_name(const Host& host, std::string_view name = {});

}  // namespace sr
