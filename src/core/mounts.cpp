#include "core/mounts.h"
#include "base/assert.h"
#include "base/concat.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {

// What the engines of one mount may ask the server.
class MountHost final : public Host {
 public:
  MountHost(const Mounts& mounts, const MountEntry& entry) : mounts_(mounts), entry_(entry) {}
  Time now() const override { return mounts_.clock_.now(); }
  Random& random() const override { return mounts_.random_; }
  Seconds ttl_default() const override { return entry_.ttl_default > Seconds(0) ? entry_.ttl_default : std::min(mounts_.ttl_default, ttl_max()); }
  Seconds ttl_max() const override { return entry_.ttl_max > Seconds(0) ? entry_.ttl_max : mounts_.ttl_max; }
  std::string_view mount_path() const override { return entry_.path; }
  std::string_view mount_accessor() const override { return entry_.accessor; }
  std::string_view option(std::string_view name) const override { return entry_.option(name); }
  Result<std::string> keyed_hash(std::string_view purpose, std::string_view text) const override {
    return mounts_.barrier_.storage_hmac(concat(entry_.uuid, "/", purpose), text);
  }
  bool admits(const Strings& cidrs, std::string_view address) const override { return address_within(cidrs, address); }

 private:
  const Mounts& mounts_;
  const MountEntry entry_;
};

// ---- the router ---------------------------------------------------------------------------------------------------------
Router::Router(Mounts mounts, Revision revision) : mounts_(std::move(mounts)), revision_(revision) {
  for (const auto& [path, mount] : mounts_) by_uuid_.emplace(mount->entry.uuid, mount.get());
}

const Mount* Router::find(std::string_view path) const {
  // Mounts do not nest, so nothing lies between a mount and the paths in it. "secret" is "secret/".
  const auto after = mounts_.upper_bound(path);
  if (after != mounts_.end() && after->first.size() == path.size() + 1 && after->first.starts_with(path)) return after->second.get();
  if (after == mounts_.begin()) return nullptr;
  const auto& [mount_path, mount] = *std::prev(after);
  return path.starts_with(mount_path) ? mount.get() : nullptr;
}
const Mount* Router::at(std::string_view mount_path) const {
  const auto found = mounts_.find(mount_path);
  return found == mounts_.end() ? nullptr : found->second.get();
}
const Mount* Router::by_accessor(std::string_view accessor) const {
  const auto found = std::ranges::find_if(mounts_, [&](const auto& mount) { return mount.second->entry.accessor == accessor; });
  return found == mounts_.end() ? nullptr : found->second.get();
}
const Mount* Router::by_uuid(std::string_view uuid) const {
  const auto found = by_uuid_.find(uuid);
  return found == by_uuid_.end() ? nullptr : found->second;
}
const Mount* Router::conflict(std::string_view mount_path) const {
  for (const auto& [path, mount] : mounts_)
    if (path.starts_with(mount_path) || mount_path.starts_with(path)) return mount.get();
  return nullptr;
}

// ---- types and fixed mounts -----------------------------------------------------------------------------------------------
Mounts::Mounts(const Store& store, const Barrier& barrier, const Clock& clock, Random& random, Log& log, Metrics& metrics)
    : store_(store), barrier_(barrier), clock_(clock), random_(random), log_(log), metrics_(metrics), router_(std::make_shared<Router>()) {}

void Mounts::add_type(Spec spec) {
  for (const auto& route : spec.routes)  // failed logins are counted in the handler's transaction, so there has to be one
    SR_ASSERT(!route.who || std::ranges::all_of(route.verbs, [](const Verb& verb) { return verb.run != nullptr; }));
  types_.push_back(std::make_unique<Spec>(std::move(spec)));
}

void Mounts::add_fixed(Spec spec, MountEntry entry) {
  add_type(std::move(spec));
  entry.type = types_.back()->type;
  const std::string path = entry.path;
  fixed_.emplace(path, make(*types_.back(), std::move(entry), "", 0));
  router_.store(std::make_shared<Router>(fixed_, 0));
}

const Spec* Mounts::type(std::string_view name, bool is_auth) const {
  const auto found = std::ranges::find_if(types_, [&](const auto& spec) { return spec->type == name && spec->is_auth == is_auth; });
  return found == types_.end() ? nullptr : found->get();
}

const Spec* Mounts::spec_of(const MountEntry& entry) const {
  const std::string_view version = entry.option("version").empty() ? "1" : entry.option("version");
  const auto found = std::ranges::find_if(types_, [&](const auto& spec) {
    return spec->type == entry.type && spec->is_auth == entry.is_auth() && (spec->version.empty() || spec->version == version);
  });
  return found == types_.end() ? nullptr : found->get();
}

std::shared_ptr<const Mount> Mounts::make(const Spec& spec, MountEntry entry, std::string key, Revision revision) const {
  auto engine = spec.make({entry.uuid, entry.options});
  auto host = std::make_unique<MountHost>(*this, entry);
  auto timings = std::make_unique<RouteTimings>(metrics_, entry.path);
  return std::make_shared<Mount>(Mount{std::move(entry), spec, std::move(engine), std::move(host), std::move(timings), std::move(key), revision});
}

// ---- changes --------------------------------------------------------------------------------------------------------------
// What was found to be so in `seen` holds at the commit, or the call starts over: the row that every change rewrites must still
// have the revision that this router was made at. One published since the look would not do.
Result<void> Mounts::write_entry(Transaction& transaction, const Router& seen, const MountEntry& entry) {
  View core = core_view(transaction);
  transaction.expect(core.at(keys::mounts_changed).text(), seen.revision());
  TRY(core.put(concat(keys::mounts, entry.uuid), store_record(entry)));
  return core.put(keys::mounts_changed, Secret(""));
}

Result<void> Mounts::check_free(const Router& seen, std::string_view path) {
  const Mount* other = seen.conflict(path);
  if (!other) return {};
  return fail(Code::invalid, concat("path is already in use at ", std::string_view(other->entry.path).substr(other->entry.is_auth() ? 5 : 0)));
}

Result<void> Mounts::enable(Transaction& transaction, MountEntry entry) {
  const auto seen = router();
  TRY(check_free(*seen, entry.path));
  entry.uuid = random_uuid(random_);
  entry.accessor = accessor_for(entry.type, entry.is_auth(), random_);
  return write_entry(transaction, *seen, entry);
}

Result<void> Mounts::tune(Transaction& transaction, const Mount& mount, MountEntry changed) {
  // One that is always there gets a row with its first tune.
  transaction.expect(mount.key.empty() ? core_view(transaction).at(concat(keys::mounts, changed.uuid)).text() : mount.key, mount.revision);
  if (const Spec* spec = spec_of(changed); spec && spec->upgrade && spec != &mount.spec) {
    changed.upgrading = true;
    TRY(core_view(transaction).put(concat(keys::jobs, "upgrade/", changed.uuid), Secret("")));
  }
  return write_entry(transaction, *router(), changed);
}

Result<void> Mounts::move(Transaction& transaction, const Mount& mount, std::string path) {
  const auto seen = router();
  if (const Mount* other = seen->conflict(path)) return fail(Code::invalid, concat("path already in use at \"", other->entry.path, "\""));
  MountEntry moved = mount.entry;
  moved.path = std::move(path);
  transaction.expect(mount.key, mount.revision);
  return write_entry(transaction, *seen, moved);
}

Result<void> Mounts::disable(Transaction& transaction, const Mount& mount) {
  MountEntry going = mount.entry;
  going.going = true;
  transaction.expect(mount.key, mount.revision);
  TRY(write_entry(transaction, *router(), going));
  return core_view(transaction).put(concat(keys::jobs, "unmount/", going.uuid), Secret(going.is_auth() ? "auth" : "secret"));
}

std::string Mounts::accessor_for(std::string_view type, bool is_auth, Random& random) {
  const std::string bytes = random_bytes(random, 4);
  std::string accessor = concat(is_auth ? "auth_" : "", type, "_");
  for (const char byte : bytes) accessor += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4], accessor += "0123456789abcdef"[byte & 15];
  return accessor;
}

// ---- life -----------------------------------------------------------------------------------------------------------------
namespace {

// The row of the mounts that are always there. Their storage has a fixed name; their accessors differ from store to store, as those
// of all mounts do.
struct FixedMounts {
  StringMap accessors{};  // by uuid
  template <class Archive> void fields(Archive& archive) { archive(1, accessors); }
};

}  // namespace

Result<void> Mounts::name_fixed(Transaction& transaction) {
  View core = core_view(transaction);
  const auto row = TRY(core.get(keys::fixed_mounts));
  FixedMounts known = row ? TRY(load_record<FixedMounts>(row->value)) : FixedMounts{};
  const std::size_t before = known.accessors.size();
  for (const auto& [path, mount] : fixed_) known.accessors.try_emplace(mount->entry.uuid, accessor_for(mount->entry.type, mount->entry.is_auth(), random_));
  if (known.accessors.size() == before) return {};
  return core.put(keys::fixed_mounts, store_record(known));
}

Result<Router::Mounts> Mounts::load_fixed(Transaction& transaction, const Router& before) const {
  const auto row = TRY(core_view(transaction).get(keys::fixed_mounts));
  const FixedMounts known = row ? TRY(load_record<FixedMounts>(row->value)) : FixedMounts{};
  Router::Mounts mounts;
  for (const auto& [path, mount] : fixed_) {
    const auto accessor = known.accessors.find(mount->entry.uuid);
    if (accessor == known.accessors.end()) return fail(Code::internal, concat("mount ", path, " has no accessor"));
    if (const auto same = before.mounts().find(path); same != before.mounts().end() && same->second->entry.accessor == accessor->second) {
      mounts.emplace(path, same->second);
      continue;
    }
    MountEntry entry = mount->entry;
    entry.accessor = accessor->second;
    mounts.emplace(path, make(mount->spec, std::move(entry), "", 0));
  }
  return mounts;
}

Result<void> Mounts::load() {
  std::lock_guard in_order(loading_);
  Transaction transaction(store_, &barrier_);
  transaction.go_on(Tier::any);
  View core = core_view(transaction);
  const auto changed = TRY(core.get(keys::mounts_changed));
  const auto before = router();
  Router::Mounts mounts = TRY(load_fixed(transaction, *before));
  for (std::string after;;) {
    const auto uuids = TRY(core.list(keys::mounts, {.after = after}));
    for (const auto& uuid : uuids) {
      const auto row = TRY(core.get(concat(keys::mounts, uuid)));
      if (!row) continue;
      auto entry = TRY(load_record<MountEntry>(row->value));
      if (entry.going) continue;
      // A mount whose row has not changed goes on as it is.
      if (const Mount* same = before->by_uuid(uuid); same && same->revision == row->revision) {
        mounts.insert_or_assign(entry.path, before->mounts().at(entry.path));
        continue;
      }
      // The row of one that is always there holds what was tuned; this was not, and rows from before it was said do not have it.
      if (const auto fixed = fixed_.find(entry.path); fixed != fixed_.end()) entry.seal_wrap = fixed->second->entry.seal_wrap;
      const Spec* spec = spec_of(entry);
      if (!spec) return fail(Code::internal, concat("mount ", entry.path, " is of the type \"", entry.type, "\", which this server does not know"));
      std::string path = entry.path;
      mounts.insert_or_assign(std::move(path), make(*spec, std::move(entry), core.at(concat(keys::mounts, uuid)).text(), row->revision));
    }
    if (uuids.size() < limits::list_page) break;
    after = uuids.back();
  }
  // Whoever still holds the router of before goes on with its engines; those that are not in the next one would be missed at the seal.
  for (const auto& [path, mount] : before->mounts()) {
    const auto next = mounts.find(path);
    const bool goes_on = next != mounts.end() && next->second == mount;
    if (!goes_on && mount->engine) mount->engine->forget();
  }
  router_.store(std::make_shared<Router>(std::move(mounts), changed ? changed->revision : 0));
  return {};
}

Result<std::shared_ptr<const Mount>> Mounts::find_or_open(Transaction& transaction, const std::string& uuid) const {
  const auto now = router();
  if (const Mount* mount = now->by_uuid(uuid)) return std::shared_ptr<const Mount>(now, mount);
  const auto row = TRY(core_view(transaction).get(concat(keys::mounts, uuid)));
  if (!row) return nullptr;
  auto entry = TRY(load_record<MountEntry>(row->value));
  const Spec* spec = spec_of(entry);
  if (!spec) return fail(Code::internal, concat("mount ", entry.path, " is of the type \"", entry.type, "\", which this server does not know"));
  return make(*spec, std::move(entry), core_view(transaction).at(concat(keys::mounts, uuid)).text(), row->revision);
}

// Threads may hold on to the router of before for as long as they have nothing to do; its engines keep no keys.
void Mounts::unload() {
  std::lock_guard in_order(loading_);
  for (const auto& [path, mount] : current()->mounts())
    if (mount->engine) mount->engine->forget();
  router_.store(std::make_shared<Router>(fixed_, 0));
}

void Mounts::on_commit(Revision, std::span<const std::string_view> committed) {
  if (barrier_.locked() || std::ranges::none_of(committed, [](std::string_view key) { return View::core_name(key) == keys::mounts_changed; })) return;
  if (const auto loaded = load(); !loaded) log_.error("core", "the mount table could not be read again", {{"why", loaded.error().message}});
  const auto is_job = [](std::string_view key) {
    const auto name = View::core_name(key);
    return name && (name->starts_with("job/unmount/") || name->starts_with("job/upgrade/"));
  };
  if (poke_ && std::ranges::any_of(committed, is_job)) poke_();
}

}  // namespace sr
