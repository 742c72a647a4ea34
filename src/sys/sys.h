// The sys/ API as an ordinary route table over the core. Handlers are grouped by resource; each group has its file, with its
// fields and its part of the table.
#pragma once
#include "base/version.h"
#include "core/core.h"
#include "core/versions.h"

namespace sr::sys {

Spec spec(Core& core);

class Sys final : public Engine {
 public:
  explicit Sys(Core& core) : core_(core) {}

  // init.cpp, seal.cpp: the life of the server
  Result<Reply> read_init(Call&), initialize(Call&);
  Result<Reply> read_seal_status(Call&), read_seal_backend_status(Call&), unseal(Call&), seal(Call&), step_down(Call&);
  // health.cpp
  Result<Reply> read_health(Call&), read_leader(Call&);
  // mounts.cpp, mount_tune.cpp: secrets engines and auth methods
  Result<Reply> list_mounts(Call&), read_mount(Call&), enable_mount(Call&), disable_mount(Call&), read_mount_tune(Call&), tune_mount(Call&);
  Result<Reply> list_auth(Call&), read_auth(Call&), enable_auth(Call&), disable_auth(Call&), read_auth_tune(Call&), tune_auth(Call&);
  // policies.cpp: both spellings
  Result<Reply> list_policies(Call&), read_policy(Call&), write_policy(Call&), delete_policy(Call&);
  Result<Reply> list_policies_legacy(Call&), read_policy_legacy(Call&), patch_policy(Call&), list_policies_in_detail(Call&), list_policies_below(Call&);
  // audit.cpp
  Result<Reply> list_audit(Call&), enable_audit(Call&), disable_audit(Call&), hash_for_audit(Call&);
  // audited_headers.cpp
  Result<Reply> list_audited_headers(Call&), read_audited_header(Call&), write_audited_header(Call&), delete_audited_header(Call&);
  // lockouts.cpp
  Result<Reply> list_locked_users(Call&), unlock_user(Call&);
  // leases.cpp, lease_revoke.cpp
  Result<Reply> look_up_lease(Call&), list_leases(Call&), list_irrevocable_leases(Call&), count_leases(Call&), tidy_leases(Call&);
  Result<Planned> plan_renewal(Call&), plan_revocation(Call&), plan_prefix_revocation(Call&), plan_forced_revocation(Call&);
  Result<Secret> act_on_renewal(const Intent&, Attempt);
  Result<Reply> settle_renewal(Call&, const Intent&, const Result<Secret>&), settle_revocation(Call&, const Intent&, const Result<Secret>&);
  void begin_revocation(const Intent&, Acted);
  // capabilities.cpp
  Result<Reply> read_capabilities(Call&), read_capabilities_self(Call&), read_capabilities_accessor(Call&);
  // internal.cpp
  Result<Reply> list_ui_mounts(Call&), read_ui_mount(Call&), read_resultant_acl(Call&), read_openapi(Call&);
  // tools.cpp
  Result<Reply> draw_random(Call&), hash(Call&);
  // password_policies.cpp
  Result<Reply> list_password_policies(Call&), read_password_policy(Call&), write_password_policy(Call&), delete_password_policy(Call&), generate_password(Call&);
  // wrapping.cpp
  Result<Reply> wrap(Call&), unwrap(Call&), look_up_wrapping(Call&), rewrap(Call&);
  // keys.cpp, rekey.cpp, generate_root.cpp: the barrier's key, the shares, a new root token
  Result<Reply> read_key_status(Call&), rotate(Call&), rotate_root(Call&), read_rotation(Call&), write_rotation(Call&);
  Result<Reply> read_rekey(Call&), start_rekey(Call&), cancel_rekey(Call&), update_rekey(Call&);
  Result<Reply> read_rekey_verification(Call&), verify_rekey(Call&), restart_rekey_verification(Call&);
  Result<Reply> read_rekey_backup(Call&), delete_rekey_backup(Call&);
  Result<Reply> read_root_generation(Call&), start_root_generation(Call&), cancel_root_generation(Call&), update_root_generation(Call&), decode_token(Call&);
  // remount.cpp
  Result<Reply> remount(Call&), read_remount(Call&);
  // metrics.cpp, observe.cpp: what an operator asks about the server itself
  Result<Reply> read_metrics(Call&);
  Result<Reply> read_host_info(Call&), read_in_flight(Call&), read_config_state(Call&), list_versions(Call&), read_ha_status(Call&);
  Result<Reply> inspect_router(Call&);
  Result<Reply> inspect_request(Call&);
  // counters.cpp
  Result<Reply> count_tokens(Call&), count_entities(Call&), count_requests(Call&);
  Result<Reply> read_activity(Call&), read_activity_of_month(Call&), read_activity_config(Call&), write_activity_config(Call&);
  // features.cpp: what a user interface asks about this server
  Result<Reply> read_feature_flags(Call&), read_ui_version(Call&), read_ui_namespaces(Call&), read_experiments(Call&), read_activation_flags(Call&);
  Result<Reply> list_well_known(Call&), read_well_known(Call&), reload_config(Call&);
  // loggers.cpp
  Result<Reply> list_loggers(Call&), write_loggers(Call&), reset_loggers(Call&), read_logger(Call&), write_logger(Call&), reset_logger(Call&);
  Result<Reply> follow_log(Call&);  // monitor.cpp
  // plugins.cpp
  Result<Reply> read_plugins(Call&), list_plugins(Call&), read_plugin(Call&), read_plugin_of_any_type(Call&), write_plugin(Call&), delete_plugin(Call&);
  Result<Reply> reload_plugin(Call&), reload_plugin_by_name(Call&), list_pins(Call&), list_runtimes(Call&);
  // quotas.cpp
  Result<Reply> read_quota_config(Call&), write_quota_config(Call&);
  Result<Reply> list_rate_limits(Call&), read_rate_limit(Call&), write_rate_limit(Call&), delete_rate_limit(Call&);
  Result<Reply> list_lease_counts(Call&), read_lease_count(Call&), write_lease_count(Call&), delete_lease_count(Call&);
  // snapshot.cpp, raft.cpp, raw.cpp: the store as a whole, and row by row
  Result<Reply> take_snapshot(Call&), restore_snapshot(Call&), force_snapshot(Call&);
  Result<Reply> read_raft_configuration(Call&), read_autopilot_state(Call&), read_autopilot(Call&), write_autopilot(Call&);
  Result<Reply> read_raw(Call&), write_raw(Call&), delete_raw(Call&), list_raw(Call&);
  Result<bool> raw_exists(Call&);
  // web_settings.cpp
  Result<Reply> read_cors(Call&), write_cors(Call&), delete_cors(Call&);
  Result<Reply> list_ui_headers(Call&), read_ui_header(Call&), write_ui_header(Call&), delete_ui_header(Call&);

 private:
  struct WrappingTokenFound { std::string hash; Token token; };
  Result<WrappingTokenFound> find_wrapping_token(Call&);
  Result<Reply> list_table(bool auth);
  Result<Reply> enable(Call&, bool auth);
  Result<Reply> disable(Call&, bool auth);
  Result<Reply> show(Call&, bool auth);
  Result<Reply> show_tune(Call&, bool auth);
  Result<Reply> tune(Call&, bool auth);
  Result<Reply> capabilities_of(Call&, const Token* token);
  Result<std::shared_ptr<const CachedToken>> live_token(Call&, std::string_view id);
  Result<std::shared_ptr<const Acl>> acl_here(Call&);
  Result<void> store_policy(Call&, const PolicyName&, const std::optional<StoredPolicy>& before, StoredPolicy next);
  Strings builtins(std::string_view kind) const;
  Result<void> set_quota_place(Call&, StoredQuota&);
  Result<Reply> list_quotas(Call&, QuotaKind);
  std::string quota_path(const StoredQuota&);
  Result<void> prolong(Call&, Leases::Found&, Time until);
  Result<Planned> plan_end_of(Call&, std::string_view id, bool forget), plan_end_under(Call&, bool forget);
  json::Object seal_status_json(const SealStatus&) const;
  json::Array seal_warnings() const;

  Core& core_;
};

// The parts of the table.
std::vector<Route> init_routes();
std::vector<Route> seal_routes();
std::vector<Route> health_routes();
std::vector<Route> tune_routes();  // before mount_routes, whose paths take in theirs
std::vector<Route> mount_routes();
std::vector<Route> policy_routes();
std::vector<Route> audit_routes();
std::vector<Route> audited_header_routes();
std::vector<Route> lockout_routes();
std::vector<Route> lease_routes();
std::vector<Route> lease_revoke_routes();
std::vector<Route> capability_routes();
std::vector<Route> internal_routes();
std::vector<Route> wrapping_routes();
std::vector<Route> key_routes();
std::vector<Route> rekey_routes();
std::vector<Route> generate_root_routes();
std::vector<Route> remount_routes();
std::vector<Route> metrics_routes();
std::vector<Route> observe_routes();
std::vector<Route> inspect_routes();
std::vector<Route> snapshot_routes();
std::vector<Route> monitor_routes();
std::vector<Route> raft_routes();
std::vector<Route> raw_routes();
std::vector<Route> web_routes();
std::vector<Route> quota_routes();
std::vector<Route> logger_routes();
std::vector<Route> plugin_routes();
std::vector<Route> counter_routes();
std::vector<Route> feature_routes();
std::vector<Route> tool_routes();
std::vector<Route> password_policy_routes();

// One share of a key, in hex or base64; and shares as "name" and "name_base64".
Result<Secret> parse_share(std::string_view text);
void put_shares(json::Object& data, std::string_view name, std::span<const Secret> shares);
// sys/ and what else a mount may not lie at, or be moved to.
bool is_reserved(std::string_view path);

// The description of a mount as sys/mounts and sys/internal/ui/mounts show it.
json::Object describe(const MountEntry& entry);

}  // namespace sr::sys
