// What can be set on a mount when it is made and tuned later, and how it is shown.
#pragma once
#include "core/mount.h"
#include "text/json.h"

namespace sr::sys {

namespace setting {
inline constexpr TextField default_lease_ttl{"default_lease_ttl", "How long leases and tokens last when nobody says; \"system\" for the server's own."};
inline constexpr TextField max_lease_ttl{"max_lease_ttl", "How long they may last at most; \"system\" for the server's own."};
inline constexpr TextField listing_visibility{"listing_visibility", "Who sees the mount before a login: \"unauth\", \"hidden\" or nothing."};
inline constexpr TextField token_type{"token_type", "Type of the tokens of an auth method."};
inline constexpr ListField plain_request_keys{"audit_non_hmac_request_keys", "Names whose values the audit log shows as they are, in requests."};
inline constexpr ListField plain_response_keys{"audit_non_hmac_response_keys", "The same in answers."};
inline constexpr ListField request_headers{"passthrough_request_headers", "Headers that the engine may see."};
inline constexpr ListField response_headers{"allowed_response_headers", "Headers that the engine may set."};
inline constexpr FlagField force_no_cache{"force_no_cache", "Read the mount's rows past the cache; fixed when the mount is made."};
inline constexpr JsonField user_lockout{"user_lockout_config", "Lockout of users after failed logins: lockout_threshold, lockout_duration, lockout_counter_reset_duration, lockout_disable."};
}  // namespace setting

// "secret/" or "auth/approle/", whatever slashes the name came with.
std::string mount_path(std::string_view given, bool auth);

// A type of which there is one version alone.
std::unexpected<Error> no_versions(std::string_view engine, bool auth);

// All that a tune may say of these, for its route.
FieldList tunable_settings();

enum class Occasion : std::uint8_t { enable, tune };

// Takes over what an object has of the settings; what it leaves out stays.
Result<void> take_settings(const json::Value& given, const Spec& spec, Occasion occasion, MountEntry& entry, Arena& scratch);

// As sys/mounts shows a mount's "config", and as a tune answers, which has the times that hold in the end.
json::Object print_config(const MountEntry& entry);
json::Object print_tune(const Mount& mount, Seconds system_default);
json::Object print_options(const MountEntry& entry);

}  // namespace sr::sys
