#include "core/lockouts.h"
#include "base/concat.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

struct FailedLogins {
  std::string who{};
  std::uint64_t count = 0;
  Time last{};

  bool locks(const LockoutRule& rule, Time now) const { return count >= rule.threshold && now < last + rule.duration; }
  bool counts(const LockoutRule& rule, Time now) const { return now <= last + rule.counter_reset; }
  template <class Archive> void fields(Archive& archive) {
    archive(1, who);
    archive(2, count);
    archive(3, last);
  }
};

std::string folder_of(std::string_view mount_uuid) { return concat(keys::lockouts, mount_uuid, "/"); }

Result<std::optional<FailedLogins>> load(Transaction& transaction, const std::string& key) {
  const auto row = TRY(core_view(transaction).get(key));
  if (!row) return std::nullopt;
  return TRY(load_record<FailedLogins>(row->value));
}

// Every row below a folder, in pages. A row that cannot be read is passed over: it is nobody's lock.
template <class Visit> Result<void> each_row(Transaction& transaction, const std::string& folder, Visit visit) {
  for (std::string after;;) {
    const auto names = TRY(core_view(transaction).list(folder, {.after = after}, Depth::all));
    for (const auto& name : names)
      if (const auto failed = load(transaction, folder + name); failed && *failed) TRY(visit(folder + name, **failed));
    if (names.size() < limits::list_page) return {};
    after = names.back();
  }
}

void apply(const LockoutSettings& settings, LockoutRule& rule) {
  rule.threshold = settings.threshold.value_or(rule.threshold);
  rule.duration = settings.duration.value_or(rule.duration);
  rule.counter_reset = settings.counter_reset.value_or(rule.counter_reset);
  rule.disabled = settings.disabled.value_or(rule.disabled);
}

}  // namespace

LockoutRule LockoutConfig::rule(std::string_view type, const std::optional<LockoutSettings>& mount) const {
  LockoutRule rule;
  for (const std::string_view name : {std::string_view("all"), type})
    if (const auto stanza = stanzas.find(name); stanza != stanzas.end()) apply(stanza->second, rule);
  const bool configured_off = rule.disabled;
  if (mount) apply(*mount, rule);
  rule.disabled = disabled.value_or(rule.disabled || configured_off);
  return rule;
}

Result<std::string> Lockouts::key_of(const MountEntry& mount, std::string_view who) const {
  return concat(folder_of(mount.uuid), TRY(barrier_.storage_hmac(concat("lockout/", mount.uuid), who)));
}

Result<bool> Lockouts::is_locked(Transaction& transaction, const MountEntry& mount, std::string_view who) const {
  const auto failed = TRY(load(transaction, TRY(key_of(mount, who))));
  return failed && failed->locks(rule(mount), clock_.now());
}

Result<void> Lockouts::count(Transaction& transaction, const MountEntry& mount, std::string_view who) const {
  const std::string key = TRY(key_of(mount, who));
  const Time now = clock_.now();
  FailedLogins failed = TRY(load(transaction, key)).value_or(FailedLogins{.who = std::string(who)});
  if (!failed.counts(rule(mount), now)) failed.count = 0;
  ++failed.count;
  failed.last = now;
  return core_view(transaction).put(key, store_record(failed));
}

Result<void> Lockouts::forget(Transaction& transaction, const MountEntry& mount, std::string_view who) const {
  const std::string key = TRY(key_of(mount, who));
  if (!TRY(core_view(transaction).get(key))) return {};
  return core_view(transaction).remove(key);
}

Result<Strings> Lockouts::locked(Transaction& transaction, const MountEntry& mount) const {
  const LockoutRule holds = rule(mount);
  Strings names;
  TRY(each_row(transaction, folder_of(mount.uuid), [&](const std::string&, const FailedLogins& failed) -> Result<void> {
    if (failed.locks(holds, clock_.now())) names.push_back(failed.who);
    return {};
  }));
  std::ranges::sort(names);
  return names;
}

// A row counts no more when it neither locks nor would be counted on, or when its mount is gone. It goes only if nobody has
// written it meanwhile.
void Lockouts::sweep(Store& store, const Router& router) {
  constexpr Seconds interval{60};
  constexpr std::size_t rows_of_one_commit = 100;
  const Time now = clock_.now();
  if (now < swept_ + interval) return;
  swept_ = now;

  const std::string folder(keys::lockouts);
  const auto is_needed = [&](std::string_view key, const FailedLogins& failed) {
    const auto uuid = key.substr(folder.size(), key.find('/', folder.size()) - folder.size());
    const Mount* mount = router.by_uuid(uuid);
    return mount && (failed.locks(rule(mount->entry), now) || failed.counts(rule(mount->entry), now));
  };
  Transaction look(store, &barrier_);
  look.go_on(Tier::any);
  std::vector<std::string> ended;
  const auto looked = each_row(look, folder, [&](const std::string& key, const FailedLogins& failed) -> Result<void> {
    if (!is_needed(key, failed)) ended.push_back(key);
    return {};
  });
  if (!looked) return;
  for (std::size_t at = 0; at < ended.size();) {
    Transaction removal(store, &barrier_);
    removal.go_on(Tier::any);
    for (const std::size_t end = std::min(at + rows_of_one_commit, ended.size()); at < end; ++at) {
      const auto failed = load(removal, ended[at]);
      if (!failed) return;
      if (*failed && !is_needed(ended[at], **failed) && !core_view(removal).remove(ended[at])) return;
    }
    auto batch = removal.take_batch();
    if (!batch || (!batch->writes.empty() && !commit_and_wait(store, std::move(*batch)))) return;  // in a minute again
  }
}

}  // namespace sr
