#include "core/quotas.h"
#include <charconv>
#include <cmath>
#include "base/concat.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

constexpr Seconds sweep_interval{60};

constexpr QuotaKind kinds[] = {QuotaKind::rate_limit, QuotaKind::lease_count};

std::string folder_of(QuotaKind kind) { return concat(keys::quotas, name_of(kind), "/"); }

// All names of a kind: there are few.
Result<Strings> all_names(View core, QuotaKind kind) { return core.list(folder_of(kind), {.after = {}, .limit = limits::quotas}); }

// As many whole requests as come nearest, and at least one.
std::uint64_t requests_of(const std::string& rate) {
  double number = 0;
  std::from_chars(rate.data(), rate.data() + rate.size(), number);
  if (!(number > 1)) return 1;
  return number >= 1e18 ? std::uint64_t{1'000'000'000'000'000'000} : static_cast<std::uint64_t>(std::llround(number));
}

std::string_view without_slash(std::string_view path) { return path.ends_with('/') ? path.substr(0, path.size() - 1) : path; }

// The longest of some prefixes that a text begins with: each step back leaves what text and candidate have in common.
template <class Map> auto longest_prefix(const Map& prefixes, std::string_view text) {
  for (auto at = prefixes.upper_bound(text); at != prefixes.begin();) {
    --at;
    if (text.starts_with(at->first)) return at;
    const auto [in_text, in_prefix] = std::ranges::mismatch(text, at->first);
    text = text.substr(0, static_cast<std::size_t>(in_text - text.begin()));
    at = prefixes.upper_bound(text);
  }
  return prefixes.end();
}

}  // namespace

std::string_view name_of(QuotaKind kind) { return kind == QuotaKind::rate_limit ? "rate-limit" : "lease-count"; }

// Who waits to unseal the server, or asks whether it lives, is not to be kept out.
QuotaConfig QuotaConfig::usual() {
  return {.exempt_paths = {"sys/generate-recovery-token/attempt", "sys/generate-recovery-token/update", "sys/generate-root/attempt", "sys/generate-root/update",
                           "sys/health", "sys/seal-status", "sys/unseal"}};
}

bool QuotaTable::is_exempt(std::string_view path) const {
  const auto fits = [&](std::string_view one) { return one.ends_with('*') ? path.starts_with(one.substr(0, one.size() - 1)) : without_slash(path) == without_slash(one); };
  return std::ranges::any_of(config.exempt_paths, fits) || std::ranges::any_of(config.absolute_exempt_paths, fits);
}

// ---- places -----------------------------------------------------------------------------------------------------------------
template <class Limit> void QuotaPlaces<Limit>::add(const StoredQuota& quota, std::shared_ptr<const Limit> limit) {
  const Limit* const borrowed = all_.emplace_back(std::move(limit)).get();
  if (quota.mount.empty()) {
    everywhere_ = borrowed;
    return;
  }
  OfMount& mount = mounts_[quota.mount];
  if (!quota.role.empty()) mount.roles[quota.role] = borrowed;
  else if (quota.inside.ends_with('*')) mount.prefixes[quota.inside.substr(0, quota.inside.size() - 1)] = borrowed;
  else if (!quota.inside.empty()) mount.paths[quota.inside] = borrowed;
  else mount.whole = borrowed;
}

template <class Limit> const Limit* QuotaPlaces<Limit>::find(std::string_view mount_uuid, std::string_view inside, std::string_view role) const {
  const auto found = mount_uuid.empty() ? mounts_.end() : mounts_.find(mount_uuid);
  if (found == mounts_.end()) return everywhere_;
  const OfMount& mount = found->second;
  if (!role.empty())
    if (const auto at = mount.roles.find(role); at != mount.roles.end()) return at->second;
  inside = without_slash(inside);
  if (const auto at = mount.paths.find(inside); at != mount.paths.end()) return at->second;
  if (const auto at = longest_prefix(mount.prefixes, inside); at != mount.prefixes.end()) return at->second;
  return mount.whole ? mount.whole : everywhere_;
}

template <class Limit> bool QuotaPlaces<Limit>::has_roles(std::string_view mount_uuid) const {
  const auto found = mounts_.find(mount_uuid);
  return found != mounts_.end() && !found->second.roles.empty();
}

template <class Limit> bool QuotaPlaces<Limit>::has_paths(std::string_view mount_uuid) const {
  const auto found = mounts_.find(mount_uuid);
  return found != mounts_.end() && !(found->second.paths.empty() && found->second.prefixes.empty());
}

template <class Limit> std::shared_ptr<const Limit> QuotaPlaces<Limit>::by_name(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, [](const auto& limit) -> const std::string& { return limit->name; });
  return found == all_.end() ? nullptr : *found;
}

template class QuotaPlaces<RateLimit>;
template class QuotaPlaces<LeaseLimit>;

// ---- rows -------------------------------------------------------------------------------------------------------------------
Result<QuotaConfig> Quotas::read_config(Transaction& transaction) const {
  const auto row = TRY(core_view(transaction).get(keys::quota_config));
  return row ? load_record<QuotaConfig>(row->value) : QuotaConfig::usual();
}

Result<void> Quotas::write_config(Transaction& transaction, const QuotaConfig& config) const {
  if (config.exempt_paths.size() + config.absolute_exempt_paths.size() > limits::quota_exempt_paths) return fail(Code::invalid, "too many exempt paths");
  View core = core_view(transaction);
  TRY(core.put(keys::quota_config, store_record(config)));
  return core.put(keys::quotas_changed, Secret(""));
}

Result<Strings> Quotas::list(Transaction& transaction, QuotaKind kind, Page page) const { return core_view(transaction).list(folder_of(kind), page); }

Result<std::optional<StoredQuota>> Quotas::read(Transaction& transaction, QuotaKind kind, std::string_view name) const {
  const auto row = TRY(core_view(transaction).get(concat(folder_of(kind), name)));
  if (!row) return std::nullopt;
  return TRY(load_record<StoredQuota>(row->value));
}

Result<void> Quotas::write(Transaction& transaction, QuotaKind kind, std::string_view name, const StoredQuota& quota) const {
  View core = core_view(transaction);
  TRY(core.get(keys::quotas_changed));  // whoever writes one at the same time starts over and sees this one
  const Strings names = TRY(all_names(core, kind));
  for (const auto& other : names) {
    if (other == name) continue;
    const auto found = TRY(read(transaction, kind, other));
    if (found && found->same_place(quota)) return fail(Code::invalid, concat("quota rule with similar properties exists under the name \"", other, "\""));
  }
  if (names.size() >= limits::quotas && !std::ranges::binary_search(names, name)) return fail(Code::invalid, "too many quotas");
  TRY(core.put(concat(folder_of(kind), name), store_record(quota)));
  return core.put(keys::quotas_changed, Secret(""));
}

Result<void> Quotas::remove(Transaction& transaction, QuotaKind kind, std::string_view name) const {
  View core = core_view(transaction);
  if (!TRY(core.get(concat(folder_of(kind), name)))) return {};
  TRY(core.remove(concat(folder_of(kind), name)));
  return core.put(keys::quotas_changed, Secret(""));
}

Result<void> Quotas::forget_mount(Transaction& transaction, std::string_view uuid) const {
  View core = core_view(transaction);
  TRY(core.get(keys::quotas_changed));
  for (const QuotaKind kind : kinds)
    for (const auto& name : TRY(all_names(core, kind))) {
      const auto found = TRY(read(transaction, kind, name));
      if (found && found->mount == uuid) TRY(remove(transaction, kind, name));
    }
  return {};
}

// ---- the table --------------------------------------------------------------------------------------------------------------
std::shared_ptr<const RateLimit> Quotas::make_rate_limit(const QuotaTable* before, std::string name, const StoredQuota& quota) {
  const RateLimiter::Rule rule{.requests = requests_of(quota.rate), .interval = quota.interval, .block = quota.block};
  std::shared_ptr<RateLimiter> limiter;
  if (before)
    for (const auto& old : before->rates.all())
      if (old->name == name && old->limiter->rule() == rule) limiter = old->limiter;
  if (!limiter) limiter = std::make_shared<RateLimiter>(rule, budget_);
  Counter& violations = metrics_.counter({"quota.rate_limit.violation", {{"name", name}}});
  return std::make_shared<RateLimit>(RateLimit{std::move(name), std::move(limiter), violations});
}

std::shared_ptr<const LeaseLimit> Quotas::make_lease_limit(const QuotaTable* before, std::string name, const StoredQuota& quota, std::int64_t remembered) {
  const auto old = before ? before->leases.by_name(name) : nullptr;
  auto count = old && old->quota.same_place(quota) ? old->count : std::make_shared<LeaseCount>(remembered);
  Counter& violations = metrics_.counter({"quota.lease_count.violation", {{"name", name}}});
  const auto of_it = [this, name](auto value) {
    return [this, name, value]() -> std::optional<double> {
      const auto table = current();
      const auto limit = table ? table->leases.by_name(name) : nullptr;
      return limit ? std::optional(static_cast<double>(value(*limit))) : std::nullopt;
    };
  };
  metrics_.gauge({"quota.lease_count.max", {{"name", name}}}, of_it([](const LeaseLimit& limit) { return limit.quota.most; }));
  metrics_.gauge({"quota.lease_count.counter", {{"name", name}}}, of_it([](const LeaseLimit& limit) { return limit.count->now(); }));
  return std::make_shared<LeaseLimit>(LeaseLimit{std::move(name), quota, std::move(count), violations});
}

Result<void> Quotas::load() {
  Transaction transaction(store_, &barrier_);
  transaction.go_on(Tier::any);
  const auto changed = TRY(core_view(transaction).get(keys::quotas_changed));
  const auto before = table_.current();
  auto made = std::make_shared<QuotaTable>();
  made->config = TRY(read_config(transaction));
  for (auto& name : TRY(all_names(core_view(transaction), QuotaKind::rate_limit)))
    if (const auto quota = TRY(read(transaction, QuotaKind::rate_limit, name))) made->rates.add(*quota, make_rate_limit(before.get(), std::move(name), *quota));
  const auto row = TRY(core_view(transaction).get(keys::lease_counts));
  const KeptLeaseCounts kept = row ? TRY(load_record<KeptLeaseCounts>(row->value)) : KeptLeaseCounts{};
  for (auto& name : TRY(all_names(core_view(transaction), QuotaKind::lease_count)))
    if (const auto quota = TRY(read(transaction, QuotaKind::lease_count, name))) {
      const auto remembered = kept.of_quota.find(name);
      made->leases.add(*quota, make_lease_limit(before.get(), std::move(name), *quota, remembered == kept.of_quota.end() ? 0 : remembered->second));
    }
  const Revision at = changed ? changed->revision : 0;
  std::lock_guard lock(mutex_);
  if (at < loaded_at_) return {};
  loaded_at_ = at;
  const bool any = !made->rates.empty() || !made->leases.empty();
  table_.store(any ? std::move(made) : nullptr);
  any_ = any;
  return {};
}

void Quotas::unload() {
  std::lock_guard lock(mutex_);
  loaded_at_ = 0;
  any_ = false;
  table_.store(nullptr);
}

void Quotas::on_commit(std::span<const std::string_view> committed) {
  if (barrier_.locked() || std::ranges::none_of(committed, [](std::string_view key) { return View::core_name(key) == keys::quotas_changed; })) return;
  if (const auto loaded = load(); !loaded) log_.error("quotas", "the quotas could not be read again", {{"why", loaded.error().message}});
  if (poke_) poke_();
}

void Quotas::sweep() {
  const Time now = clock_.now();
  if (now >= swept_ && now < swept_ + sweep_interval) return;
  swept_ = now;
  if (const auto table = table_.current())
    for (const auto& rate : table->rates.all()) rate->limiter->forget_idle(now);
}

}  // namespace sr
