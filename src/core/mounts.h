// The mount table: rows in storage, and the Router made of them. A change is written in the caller's transaction; when it has
// become durable the next Router is published, before the caller hears of it.
#pragma once
#include "base/log.h"
#include "base/published.h"
#include "core/mount.h"
#include "storage/barrier.h"

namespace sr {

class Mounts {
 public:
  Mounts(const Store& store, const Barrier& barrier, const Clock& clock, Random& random, Log& log, Metrics& metrics);

  void add_type(Spec spec);                                  // before the first unseal
  // Engines that are always there, at a fixed path and with fixed storage: sys/, auth/token/.
  void add_fixed(Spec spec, MountEntry entry);
  const Spec* type(std::string_view name, bool is_auth) const;  // the lowest version of it
  const Spec* spec_of(const MountEntry&) const;              // null: no such type, or not in this version
  const std::vector<std::unique_ptr<Spec>>& types() const { return types_; }

  std::shared_ptr<const Router> router() const { return router_.load(); }      // for every request
  std::shared_ptr<const Router> current() const { return router_.current(); }  // for those who seldom ask

  // ---- changes, in the caller's transaction --------------------------------------------------------------------------
  static Result<void> check_free(const Router& seen, std::string_view path);  // "path is already in use at ..."
  Result<void> enable(Transaction&, MountEntry);             // draws uuid and accessor; the path must be free
  Result<void> tune(Transaction&, const Mount&, MountEntry changed);  // a higher version: marks it upgrading; a job does it
  Result<void> move(Transaction&, const Mount&, std::string path);  // its rows are named by its uuid and stay where they are
  Result<void> disable(Transaction&, const Mount&);          // marks it going; a job empties its storage
  static std::string accessor_for(std::string_view type, bool is_auth, Random&);

  // ---- life -------------------------------------------------------------------------------------------------------------
  Result<void> name_fixed(Transaction&);                     // at unseal, before load(): draws the accessors that are missing
  Result<void> load();                                       // at unseal, and after each change
  void unload();                                             // at seal: only the fixed ones are left
  void on_commit(Revision, std::span<const std::string_view> keys);
  // mount_jobs.cpp: empties the storage of mounts that are going, and upgrades those that are marked. Blocks; on the job thread only.
  void sweep(Store&);
  void set_poke(std::function<void()> poke) { poke_ = std::move(poke); }
  // Whether all that a mount has issued has been taken back; set by the core, since tokens and leases are not the table's business.
  void set_is_settled(std::function<bool(const std::string& uuid)> is_settled) { is_settled_ = std::move(is_settled); }
  // One that is mounted, or one that is going and has to take back what it issued. Null: neither.
  Result<std::shared_ptr<const Mount>> find_or_open(Transaction&, const std::string& uuid) const;

  Seconds ttl_default = limits::default_lease_ttl;           // of the system; from the configuration
  Seconds ttl_max = limits::max_lease_ttl;

 private:
  std::shared_ptr<const Mount> make(const Spec&, MountEntry, std::string key, Revision) const;
  Result<Router::Mounts> load_fixed(Transaction&, const Router& before) const;
  Result<void> write_entry(Transaction&, const Router& seen, const MountEntry&);
  Result<void> empty(Store&, const std::string& uuid);
  Result<void> upgrade(Store&, const std::string& uuid);
  void keep_up(Store&);

  const Store& store_;
  const Barrier& barrier_;
  const Clock& clock_;
  Random& random_;
  Log& log_;
  Metrics& metrics_;
  std::vector<std::unique_ptr<Spec>> types_;
  Router::Mounts fixed_;
  std::mutex loading_;  // what was read later is published later
  Published<Router> router_;
  Time next_upkeep_{};  // of the job thread alone
  std::function<void()> poke_;
  std::function<bool(const std::string&)> is_settled_;
  friend class MountHost;
};

}  // namespace sr
