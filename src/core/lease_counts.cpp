#include "core/lease_counts.h"
#include <thread>
#include "core/folded_path.h"
#include "core/issued.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr std::size_t pages_of_one_sweep = 8;
constexpr std::array folders{keys::issued, keys::irrevocable, keys::accessors};

struct Issued { std::string_view mount, inside, name; };

// "<uuid>/<path inside>/<name>"; the path may be empty.
Issued issued_of(std::string_view row) {
  const std::size_t first = std::min(row.find('/'), row.size()), last = std::max(first, std::min(row.rfind('/'), row.size()));
  return {.mount = row.substr(0, first), .inside = last > first ? row.substr(first + 1, last - first - 1) : "", .name = row.substr(std::min(last + 1, row.size()))};
}

std::optional<std::string_view> in_folder(std::string_view storage_key, std::string_view folder) {
  const auto name = View::core_name(storage_key);
  if (!name || !name->starts_with(folder)) return std::nullopt;
  return name->substr(folder.size());
}

// The roles of the tokens that a batch makes or ends, by the name of their listing.
std::map<std::string_view, std::string_view> roles_in(std::span<const std::string_view> keys) {
  std::map<std::string_view, std::string_view> roles;
  for (const auto key : keys) {
    const auto row = in_folder(key, keys::token_roles);
    if (!row) continue;
    const std::string_view rest = row->substr(std::min(row->find('/') + 1, row->size()));
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    roles[rest.substr(0, slash)] = rest.substr(std::min(slash + 1, rest.size()));
  }
  return roles;
}

}  // namespace

struct LeaseCounts::Walk {
  Walk(const Store& store, const Barrier& barrier, Table with) : table(std::move(with)), look(store, &barrier) { look.go_on(Tier::any); }
  const Table table;  // null: no quota is about leases
  Transaction look;
  std::size_t folder = 0;
  std::string after{};
  std::array<std::int64_t, folders.size()> found{};
  std::map<const LeaseLimit*, std::int64_t> of_limit{};
};

LeaseCounts::LeaseCounts(Parts parts, Metrics& metrics) : parts_(parts) {
  const auto show = [&](const char* name, const LeaseCount& count) {
    metrics.gauge({name}, [&count]() -> std::optional<double> { return count.is_known() ? std::optional(static_cast<double>(count.now())) : std::nullopt; });
  };
  show("expire.num_leases", leases_);
  show("expire.num_irrevocable_leases", irrevocable_);
  show("token.count", tokens_);
}

LeaseCounts::~LeaseCounts() = default;

// ---- where a lease counts -------------------------------------------------------------------------------------------------------
// By the path in its one spelling, as rate limits go: other letters are no way around the limit of a user.
const LeaseLimit* LeaseCounts::limit_of(const QuotaTable& table, std::string_view mount_uuid, std::string_view inside, std::string_view role) const {
  if (!table.leases.has_paths(mount_uuid)) return table.leases.find(mount_uuid, inside, role);
  const auto router = parts_.mounts.current();
  const Mount* mount = router->by_uuid(mount_uuid);
  const std::string folded = mount ? folded_path(*router, concat(mount->entry.path, inside)) : std::string();
  return table.leases.find(mount_uuid, folded.empty() ? inside : std::string_view(folded).substr(mount->entry.path.size()), role);
}

const LeaseLimit* LeaseCounts::limit_of_row(const QuotaTable& table, std::string_view issued, std::string_view role) const {
  const Issued row = issued_of(issued);
  if (is_endless(row.name)) return nullptr;
  return limit_of(table, row.mount, row.inside, role);
}

// ---- places -----------------------------------------------------------------------------------------------------------------------
std::optional<Error> LeaseCounts::no_room(const LeaseLimit& limit, const Wanted& wanted) {
  limit.violations.add();
  return Error{Code::limited, concat("request path \"", wanted.path, "\": lease count quota exceeded")};
}

Result<void> LeaseCounts::hold(const Batch& batch, const Wanted& wanted, std::vector<HeldPlace>& places) const {
  const auto table = parts_.quotas.table();
  if (!table || table->leases.empty()) return {};
  std::size_t reused = 0;
  const std::size_t held_before = places.size();
  for (const auto& [key, bytes, former] : batch.writes) {
    const auto row = bytes ? in_folder(key, keys::issued) : std::nullopt;
    if (!row) continue;
    if (reused < held_before) {
      places[reused++].is_for(key);
      continue;
    }
    const LeaseLimit* limit = limit_of_row(*table, *row, wanted.role);
    if (!limit || !wanted.may_be_refused) continue;
    if (!limit->count->hold(key, limit->quota.most)) return std::unexpected(*no_room(*limit, wanted));
    places.emplace_back(limit->count, key);
  }
  return {};
}

Result<void> LeaseCounts::hold_one(const Mount& mount, std::string_view inside, const std::string& name, const Wanted& wanted, std::vector<HeldPlace>& places) const {
  const auto table = parts_.quotas.table();
  const LeaseLimit* limit = table ? limit_of(*table, mount.entry.uuid, inside, wanted.role) : nullptr;
  if (!limit) return {};
  if (!limit->count->hold(name, limit->quota.most)) return std::unexpected(*no_room(*limit, wanted));
  places.emplace_back(limit->count, name);
  return {};
}

Result<void> LeaseCounts::need_room(const Mount& mount, std::string_view inside, const Wanted& wanted) const {
  const auto table = parts_.quotas.table();
  const LeaseLimit* limit = table ? limit_of(*table, mount.entry.uuid, inside, wanted.role) : nullptr;
  if (limit && limit->count->is_full(limit->quota.most)) return std::unexpected(*no_room(*limit, wanted));
  return {};
}

// ---- commits ------------------------------------------------------------------------------------------------------------------------
void LeaseCounts::on_commit(const CommitNews& news) {
  Table table;
  std::map<std::string_view, std::string_view> roles;
  bool asked = false;
  const auto limit = [&](std::string_view issued) -> const LeaseLimit* {
    if (!asked) {
      asked = true;
      table = parts_.quotas.current();
      if (table && !table->leases.empty()) roles = roles_in(news.keys);
    }
    if (!table || table->leases.empty()) return nullptr;
    const auto role = roles.find(issued_of(issued).name);
    return limit_of_row(*table, issued, role == roles.end() ? std::string_view() : role->second);
  };
  const auto tell = [&](std::span<const std::string_view> changed, const auto& change) {
    for (const auto key : changed) {
      const auto name = View::core_name(key);
      if (!name) continue;  // of a mount, as most
      if (name->starts_with(keys::issued)) {
        if (is_endless(issued_of(*name).name)) continue;
        change(leases_, key);
        if (const LeaseLimit* of = limit(name->substr(keys::issued.size()))) change(*of->count, key);
      } else if (name->starts_with(keys::irrevocable)) {
        change(irrevocable_, key);
      } else if (name->starts_with(keys::accessors)) {
        change(tokens_, key);
      }
    }
  };
  tell(news.written_keys(), [&](LeaseCount& count, std::string_view key) { count.made(news.revision, key); });
  tell(news.removed_keys(), [&](LeaseCount& count, std::string_view) { count.ended(news.revision); });
}

// ---- the walk -------------------------------------------------------------------------------------------------------------------------
void LeaseCounts::begin() {
  std::lock_guard lock(walk_mutex_);
  to_walk_ = true;
}

void LeaseCounts::forget() {
  std::lock_guard lock(walk_mutex_);
  walk_.reset();
  walked_.reset();
  for (LeaseCount* count : {&leases_, &irrevocable_, &tokens_}) count->forget();
}

void LeaseCounts::walk_page(Walk& walk, const Strings& names) {
  walk.found[walk.folder] += std::ranges::count_if(names, [](const auto& name) { return !is_endless(issued_of(name).name); });
  if (!walk.table || folders[walk.folder] != keys::issued) return;
  for (const auto& name : names) {
    const Issued row = issued_of(name);
    if (is_endless(row.name)) continue;
    std::string role;
    if (walk.table->leases.has_roles(row.mount) && token_of_lease_name(row.name)) {
      const auto roles = core_view(walk.look).list(concat(keys::token_roles, row.mount, "/", row.name, "/"), {.after = {}, .limit = 1}, Depth::all);
      if (roles && !roles->empty()) role = roles->front();
    }
    if (const LeaseLimit* limit = limit_of(*walk.table, row.mount, row.inside, role)) ++walk.of_limit[limit];
  }
}

bool LeaseCounts::walk_on() {
  std::lock_guard lock(walk_mutex_);
  Table table = parts_.quotas.current();
  if (table && table->leases.empty()) table.reset();
  if (to_walk_ || (table && table != walked_)) {
    to_walk_ = false;
    walked_ = table;
    walk_ = std::make_unique<Walk>(parts_.store, parts_.barrier, table);
    std::vector<LeaseCount*> counts{&leases_, &irrevocable_, &tokens_};
    if (table)
      for (const auto& limit : table->leases.all()) counts.push_back(limit->count.get());
    for (auto* count : counts) count->begin_walk();
    const Revision sees = walk_->look.snapshot_revision();
    for (auto* count : counts) count->walk_sees(sees);
  }
  if (!walk_) return false;
  const auto names = core_view(walk_->look).list(folders[walk_->folder], {.after = walk_->after}, Depth::all);
  if (!names) {
    parts_.log.warn("expiration", "leases could not be counted, which is tried again", {{"why", names.error().message}});
    walk_.reset();
    to_walk_ = true;
    return false;
  }
  walk_page(*walk_, *names);
  if (names->size() == limits::list_page) return walk_->after = names->back(), true;
  walk_->after.clear();
  if (++walk_->folder < folders.size()) return true;
  leases_.end_walk(walk_->found[0]);
  irrevocable_.end_walk(walk_->found[1]);
  tokens_.end_walk(walk_->found[2]);
  if (walk_->table)
    for (const auto& limit : walk_->table->leases.all()) limit->count->end_walk(walk_->of_limit[limit.get()]);
  walk_.reset();
  return false;
}

// No more than half of one thread, as whatever goes through a million.
void LeaseCounts::sweep() {
  bool more = true;
  for (std::size_t page = 0; more && page < pages_of_one_sweep; ++page) {
    const auto began = std::chrono::steady_clock::now();
    more = walk_on();
    if (more) std::this_thread::sleep_for(std::chrono::steady_clock::now() - began);
  }
  if (more && poke_) poke_();
  if (const auto table = parts_.quotas.current(); table && !table->leases.empty()) keep(*table);
}

// By this one thread alone, so that it needs no precondition. What could not be kept is kept the next time.
void LeaseCounts::keep(const QuotaTable& table) {
  KeptLeaseCounts now;
  for (const auto& limit : table.leases.all()) now.of_quota[limit->name] = static_cast<std::int64_t>(limit->count->now());
  if (now.of_quota == kept_) return;
  Transaction transaction(parts_.store, &parts_.barrier);
  transaction.go_on(Tier::any);
  if (!core_view(transaction).put(keys::lease_counts, store_record(now))) return;
  auto batch = transaction.take_batch();
  if (batch && commit_and_wait(parts_.store, std::move(*batch))) kept_ = std::move(now.of_quota);
}

}  // namespace sr
