// The server without its network: everything that a request passes through, composed. A test makes one on a MemoryTable with a
// FakeClock; the server makes one on RocksDB.
//
// submit() is called on loops; all else on any thread. The loops must have ended before the Core goes.
#pragma once
#include "base/metrics.h"
#include "core/audit_broker.h"
#include "core/audited_headers.h"
#include "core/jobs.h"
#include "core/lease_counts.h"
#include "core/leases.h"
#include "core/lockouts.h"
#include "core/monitors.h"
#include "core/mount_work.h"
#include "core/mounts.h"
#include "core/outside_intents.h"
#include "core/pipeline.h"
#include "core/policies.h"
#include "core/quotas.h"
#include "core/rekeying.h"
#include "core/revocations.h"
#include "core/root_generation.h"
#include "core/rotation.h"
#include "core/seal_state.h"
#include "core/snapshots.h"
#include "core/tokens.h"
#include "core/unsealer.h"
#include "core/web_settings.h"
#include "core/wrapping.h"

namespace sr {

class Core {
 public:
  struct Parts {
    Store& store;
    const Clock& clock;
    Random& random;
    Log& log;
    SealChoice seals{};
  };
  struct Options {
    std::string cluster_name{};
    Seconds default_lease_ttl = limits::default_lease_ttl;
    Seconds max_lease_ttl = limits::max_lease_ttl;
    LockoutConfig lockout{};
    Strings response_headers{"Strict-Transport-Security"};  // that the configuration sets; the API may not set them too
    Pipeline::Limits limits{};
    struct Telemetry {
      std::string prefix = "vault";
      Seconds prometheus_retention{24 * 3600};   // 0: not for Prometheus
    } telemetry{};
    AuditRequire audit_require = AuditRequire::any;
    std::vector<ConfiguredAuditDevice> audit_devices{};  // that the configuration names
    bool audit_by_api = true;                    // sys/audit/:path enables devices, too
    bool raw_storage = false;                    // sys/raw is there
    bool introspection = false;                  // sys/internal/inspect is there
    std::string api_address{};                   // that clients are told
    StringMap sanitized_config{};                // the configuration without secrets, each setting as JSON
    bool sweeps = true;                  // false: a test calls sweep()
    std::chrono::milliseconds sweep_interval{1000};
    Unsealer::Pace unseal_pace{};
    std::chrono::milliseconds revocation_deadline = limits::revocation_deadline;
  };
  Core(Parts parts, Options options);
  ~Core();

  // ---- before the first request ---------------------------------------------------------------------------------------
  void add_type(Spec spec) { mounts_.add_type(std::move(spec)); }
  void add_fixed(Spec spec, MountEntry entry) { mounts_.add_fixed(std::move(spec), std::move(entry)); }
  void add_audit_type(std::string type, AuditDeviceMaker make) { audit_.add_type(std::move(type), std::move(make)); }

  // ---- requests -------------------------------------------------------------------------------------------------------
  void submit(Loop& home, Incoming in, AnswerTo reply_to) { pipeline_.submit(home, std::move(in), std::move(reply_to)); }
  void drain() { pipeline_.drain(); }

  // ---- the seal -------------------------------------------------------------------------------------------------------
  struct InitOptions { SealConfig seal{}; std::string root_token_id{}; };
  Result<InitResult> initialize(Transaction& raw, InitOptions);  // in the caller's transaction
  Result<InitResult> initialize_now(InitOptions);                // and committed; blocks
  Result<void> unseal(std::string_view share, SealState::Purpose = SealState::Purpose::open);  // blocks
  std::uint64_t seal();  // how often it has been sealed
  // Where the seal opens itself: from here on, on a thread of its own; and no longer, before close().
  void begin_unsealing() { unsealer_.start(); }
  void end_unsealing() { unsealer_.stop(); }
  Snapshots& snapshots() { return snapshots_; }

  void close();   // after drain(): closes audit devices and forgets what was cached; the rest ends with the destructor
  void let_go();  // on a loop after close(): drops what that thread still holds

  std::size_t sweep();                                           // what is due; blocks, but not for what is outside
  void sweep_soon() { jobs_.poke(); }                            // the same, on the job thread

  Store& store() { return parts_.store; }
  const Clock& clock() const { return parts_.clock; }
  Random& random() { return parts_.random; }
  Log& log() { return parts_.log; }
  const Options& options() const { return options_; }
  Metrics& metrics() { return metrics_; }
  Barrier& barrier() { return barrier_; }
  SealState& seal_state() { return seal_; }
  Unsealer& unsealer() { return unsealer_; }
  Mounts& mounts() { return mounts_; }
  Lockouts& lockouts() { return lockouts_; }
  Policies& policies() { return policies_; }
  Tokens& tokens() { return tokens_; }
  Leases& leases() { return leases_; }
  Revocations& revocations() { return revocations_; }
  Rotation& rotation() { return rotation_; }
  Rekeying& rekeying() { return rekeying_; }
  RootGeneration& root_generation() { return root_generation_; }
  Wrapping& wrapping() { return wrapping_; }
  WebSettings& web() { return web_; }
  Quotas& quotas() { return quotas_; }
  LeaseCounts& lease_counts() { return lease_counts_; }
  AuditBroker& audit() { return audit_; }
  AuditedHeaders& audited_headers() { return audited_headers_; }
  Monitors& monitors() { return monitors_; }
  Pipeline& pipeline() { return pipeline_; }

 private:
  void set_gauges(), look_ahead();
  Result<void> name_this_program(Transaction& inside);
  SealState::Opening opening();
  Result<void> settled(Result<void> opened);
  Result<void> load();
  void begin_jobs(), sweep_intents();
  Result<void> replace_store(std::unique_ptr<Replacement>, Revision later_than, const KeySecret* root_key);
  std::size_t sweep_leases(bool due_too), sweep_all_but_leases();
  void sweep_mount_work();
  Result<void> record_this_program();

  const Parts parts_;
  const Options options_;
  Monitors monitors_;
  Metrics metrics_;         // outlives all that counts
  Barrier barrier_;
  SealState seal_;
  Mounts mounts_;
  Lockouts lockouts_;
  Policies policies_;
  Tokens tokens_;
  Leases leases_;
  Wrapping wrapping_;
  WebSettings web_;
  Quotas quotas_;
  LeaseCounts lease_counts_;
  Rotation rotation_;
  Rekeying rekeying_;
  RootGeneration root_generation_;
  AuditBroker audit_;
  AuditedHeaders audited_headers_;
  std::mutex sweep_mutex_, lease_sweep_mutex_, mount_work_mutex_;  // one sweep of a kind at a time
  OutsideIntents intents_;
  Revocations revocations_;
  MountWork mount_work_;
  Snapshots snapshots_;
  Pipeline pipeline_;
  Jobs jobs_;               // the last four: their threads end before all else
  Jobs lease_jobs_;         // taking leases back holds up nothing else
  Jobs mount_work_jobs_;    // nor does moving a million secrets
  Unsealer unsealer_;
};

}  // namespace sr
