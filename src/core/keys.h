// The core's storage keys, all in one place. They are relative to View::core(); hashes are keyed hashes from the keyring.
#pragma once
#include <string>
#include <string_view>
#include "base/concat.h"

namespace sr::keys {

// Rows that say how to open the barrier are outside of it.
constexpr std::string_view seal_config = "seal/config";
constexpr std::string_view root_key = "seal/root-key";
constexpr std::string_view keyring = "seal/keyring";
constexpr std::string_view restored = "seal/restored";     // what is to be checked when the keys of a snapshot are there that was restored without them
constexpr std::string_view format = "format";              // of the whole store; a newer one is refused

constexpr std::string_view recovery_key = "recovery-key";  // its digest, where the seal opens itself
constexpr std::string_view cluster = "cluster";            // name and id
constexpr std::string_view mounts = "mount/";              // + uuid
constexpr std::string_view fixed_mounts = "fixed-mounts";  // what is drawn for the mounts that are always there
constexpr std::string_view mounts_changed = "changed/mounts";      // rewritten by every change of a mount
constexpr std::string_view policies = "policy/";           // + name
constexpr std::string_view policies_changed = "changed/policies";  // rewritten by every change of a policy
constexpr std::string_view password_policies = "password-policy/";  // + name
constexpr std::string_view audit_devices = "audit/";       // + path
constexpr std::string_view audit_checkpoints = "audit-checkpoint/";
constexpr std::string_view audited_headers = "audit-header/";       // + name

constexpr std::string_view tokens = "token/";              // + hash of the id
constexpr std::string_view accessors = "accessor/";        // + hash of the accessor
constexpr std::string_view children = "token-child/";      // + parent's hash + "/" + child's hash
constexpr std::string_view children_changed = "token-children-changed/";  // + parent's hash: rewritten with each child
constexpr std::string_view cubbyholes_going = "job/cubbyhole/";  // + hash: too large to end with its token
constexpr std::string_view expiry = "expiry/";             // + 16 hex digits of the second + "/" + hash of a token

constexpr std::string_view leases = "lease/";              // + the last part of the id, which is drawn
constexpr std::string_view lease_expiry = "lease-expiry/"; // + 16 hex digits of the second + "/" + uuid of the mount + "/" + name
constexpr std::string_view issued = "issued/";             // + uuid of a mount + "/" + path inside + "/" + name of the lease, or "h" + hash of the token
constexpr std::string_view token_roles = "token-role/";    // + uuid of an auth mount + "/" + "h" + hash of a token + "/" + role that it logged in by
constexpr std::string_view token_leases = "token-lease/";  // + hash of a token + "/" + name
constexpr std::string_view leases_changed = "token-leases-changed/";  // + hash of a token: rewritten with each lease
constexpr std::string_view leases_going = "job/token-leases/";  // + hash of a token that is gone
constexpr std::string_view irrevocable = "lease-irrevocable/";  // + name
constexpr std::string_view revocations = "job/revoke-prefix/";  // + id: everything under a prefix
constexpr std::string_view intents = "job/outside/";       // + uuid of a mount + "/" + id of the request

constexpr std::string_view mount_work = "job/mount-work/"; // + uuid of a mount + "/" + id: what its engine does in steps

constexpr std::string_view lockouts = "lockout/";          // + uuid of an auth mount + "/" + hash of who fails to log in
constexpr std::string_view versions = "version/";          // + version of this program

constexpr std::string_view autopilot = "raft/autopilot";   // what was set for a cluster that there may be one day

constexpr std::string_view cors = "web/cors";
constexpr std::string_view ui_headers = "web/ui-header/";  // + name
constexpr std::string_view rotation = "rotation/config";   // when the barrier's key is rotated by itself
constexpr std::string_view encryptions = "rotation/encryptions";  // how many rows the active key has sealed, now and then
constexpr std::string_view remounts = "remount/";          // + id: moves of mounts that were made

constexpr std::string_view quotas = "quota/";              // + kind + "/" + name
constexpr std::string_view lease_counts = "lease-counts";  // of each quota that bounds leases, as they were a moment ago
constexpr std::string_view quota_config = "quota/config";
constexpr std::string_view quotas_changed = "changed/quotas";      // rewritten by every change of a quota

constexpr std::string_view jobs = "job/";                  // + kind + "/" + what: an intent that a restart takes up again

}  // namespace sr::keys
