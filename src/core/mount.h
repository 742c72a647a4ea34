// Where engines and auth methods are mounted. A Router is one state of the mount table, constant and shared: changes to
// the table make the next one.
#pragma once
#include "core/lockout_settings.h"
#include "core/route_timings.h"
#include "logical/spec.h"
#include "storage/store.h"
#include "storage/transaction.h"

namespace sr {

// A row of the mount table.
struct MountEntry {
  std::string path{};            // "secret/", "auth/approle/"
  std::string type{};            // "kv", "approle"
  std::string uuid{};            // names its storage
  std::string accessor{};        // "kv_1a2b3c4d"
  std::string description{};
  Seconds ttl_default{};         // 0: the system's
  Seconds ttl_max{};
  StringMap options{};           // {"version": "2"}
  std::string listing_visibility{};
  bool local = false, seal_wrap = false, force_no_cache = false;
  bool going = false;            // being disabled: its storage is emptied by a job
  std::string token_type{};      // of auth mounts
  Strings audit_plain_request_keys{}, audit_plain_response_keys{};
  Strings passthrough_request_headers{}, allowed_response_headers{};
  std::optional<LockoutSettings> lockout{};
  bool upgrading = false;        // its storage is still that of the version before, in part or whole

  bool is_auth() const { return path.starts_with("auth/"); }
  std::string_view option(std::string_view name) const {
    const auto found = options.find(name);
    return found == options.end() ? std::string_view() : std::string_view(found->second);
  }
  template <class Archive> void fields(Archive& archive) {
    archive(1, path);
    archive(2, type);
    archive(3, uuid);
    archive(4, accessor);
    archive(5, description);
    archive(6, ttl_default);
    archive(7, ttl_max);
    archive(8, options);
    archive(9, listing_visibility);
    archive(10, local);
    archive(11, seal_wrap);
    archive(12, force_no_cache);
    archive(13, going);
    archive(14, token_type);
    archive(15, audit_plain_request_keys);
    archive(16, audit_plain_response_keys);
    archive(17, passthrough_request_headers);
    archive(18, allowed_response_headers);
    archive(19, upgrading);
    archive(20, lockout);
  }
};

struct Mount {
  MountEntry entry;
  const Spec& spec;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Host> host;
  std::unique_ptr<RouteTimings> timings;
  std::string key;               // of its row; empty for the mounts that are always there
  Revision revision = 0;         // of its row

  // For what is decided by it and written elsewhere: it counts only if the mount is still as it is here.
  void expect_unchanged(Transaction& transaction) const {
    if (!key.empty()) transaction.expect(key, revision);
  }
};

class Router {
 public:
  using Mounts = std::map<std::string, std::shared_ptr<const Mount>, std::less<>>;  // by path
  explicit Router(Mounts mounts = {}, Revision revision = 0);

  const Mount* find(std::string_view path) const;        // the mount that the path lies in, the longest one
  const Mount* at(std::string_view mount_path) const;    // mounted exactly there
  const Mount* by_accessor(std::string_view accessor) const;
  const Mount* by_uuid(std::string_view uuid) const;
  // A mount whose path contains the given one or lies inside it, for "path is already in use at ..".
  const Mount* conflict(std::string_view mount_path) const;
  const Mounts& mounts() const { return mounts_; }
  Revision revision() const { return revision_; }        // of the row that every change of the table rewrites

 private:
  Mounts mounts_;
  std::unordered_map<std::string_view, const Mount*> by_uuid_;  // every request of a login's token asks here
  Revision revision_;
};

}  // namespace sr
