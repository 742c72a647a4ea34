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

std::string key_of(std::string_view name) { return concat(keys::rate_limits, name); }

// There are few.
Result<Strings> all_names(View core) { return core.list(keys::rate_limits, {.after = {}, .limit = limits::quotas}); }

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
void QuotaPlaces::add(const StoredQuota& quota, std::shared_ptr<RateLimit> rule) {
  const RateLimit* const borrowed = all_.emplace_back(std::move(rule)).get();
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

const RateLimit* QuotaPlaces::find(std::string_view mount_uuid, std::string_view inside, std::string_view role) const {
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

bool QuotaPlaces::has_roles(std::string_view mount_uuid) const {
  const auto found = mounts_.find(mount_uuid);
  return found != mounts_.end() && !found->second.roles.empty();
}

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

Result<Strings> Quotas::list(Transaction& transaction, Page page) const { return core_view(transaction).list(keys::rate_limits, page); }

Result<std::optional<StoredQuota>> Quotas::read(Transaction& transaction, std::string_view name) const {
  const auto row = TRY(core_view(transaction).get(key_of(name)));
  if (!row) return std::nullopt;
  return TRY(load_record<StoredQuota>(row->value));
}

Result<void> Quotas::write(Transaction& transaction, std::string_view name, const StoredQuota& quota) const {
  View core = core_view(transaction);
  TRY(core.get(keys::quotas_changed));  // whoever writes one at the same time starts over and sees this one
  const Strings names = TRY(all_names(core));
  for (const auto& other : names) {
    if (other == name) continue;
    const auto found = TRY(read(transaction, other));
    if (found && found->same_place(quota)) return fail(Code::invalid, concat("quota rule with similar properties exists under the name \"", other, "\""));
  }
  if (names.size() >= limits::quotas && !std::ranges::binary_search(names, name)) return fail(Code::invalid, "too many quotas");
  TRY(core.put(key_of(name), store_record(quota)));
  return core.put(keys::quotas_changed, Secret(""));
}

Result<void> Quotas::remove(Transaction& transaction, std::string_view name) const {
  View core = core_view(transaction);
  if (!TRY(core.get(key_of(name)))) return {};
  TRY(core.remove(key_of(name)));
  return core.put(keys::quotas_changed, Secret(""));
}

Result<void> Quotas::forget_mount(Transaction& transaction, std::string_view uuid) const {
  View core = core_view(transaction);
  TRY(core.get(keys::quotas_changed));
  for (const auto& name : TRY(all_names(core))) {
    const auto found = TRY(read(transaction, name));
    if (found && found->mount == uuid) TRY(remove(transaction, name));
  }
  return {};
}

// ---- the table --------------------------------------------------------------------------------------------------------------
std::shared_ptr<RateLimit> Quotas::make_rate_limit(const QuotaTable* before, std::string name, const StoredQuota& quota) {
  const RateLimiter::Rule rule{.requests = requests_of(quota.rate), .interval = quota.interval, .block = quota.block};
  std::shared_ptr<RateLimiter> limiter;
  if (before)
    for (const auto& old : before->rates.all())
      if (old->name == name && old->limiter->rule() == rule) limiter = old->limiter;
  if (!limiter) limiter = std::make_shared<RateLimiter>(rule, budget_);
  Counter& violations = metrics_.counter({"quota.rate_limit.violation", {{"name", name}}});
  return std::make_shared<RateLimit>(RateLimit{std::move(name), std::move(limiter), violations});
}

Result<void> Quotas::load() {
  Transaction transaction(store_, &barrier_);
  transaction.go_on(Tier::any);
  const auto changed = TRY(core_view(transaction).get(keys::quotas_changed));
  const auto before = table_.current();
  auto made = std::make_shared<QuotaTable>();
  made->config = TRY(read_config(transaction));
  for (auto& name : TRY(all_names(core_view(transaction))))
    if (const auto quota = TRY(read(transaction, name))) made->rates.add(*quota, make_rate_limit(before.get(), std::move(name), *quota));
  const Revision at = changed ? changed->revision : 0;
  std::lock_guard lock(mutex_);
  if (at < loaded_at_) return {};
  loaded_at_ = at;
  const bool any = !made->rates.empty();
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
}

void Quotas::sweep() {
  const Time now = clock_.now();
  if (now >= swept_ && now < swept_ + sweep_interval) return;
  swept_ = now;
  if (const auto table = table_.current())
    for (const auto& rate : table->rates.all()) rate->limiter->forget_idle(now);
}

}  // namespace sr
