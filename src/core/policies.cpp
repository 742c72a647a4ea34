#include "core/policies.h"
#include "base/concat.h"
#include "core/keys.h"
#include "core/tokens.h"
#include "crypto/hash.h"
#include "storage/record.h"

namespace sr {
namespace {
constexpr std::size_t compiled_max = 10'000;

bool has_ended(const StoredPolicy& policy, Time now) { return policy.expiration && *policy.expiration <= now; }

constexpr std::string_view response_wrapping = "response-wrapping";  // has no row: its text is fixed
}

std::string Policies::set_id(const Strings& names) {
  Sha256 sum;
  for (const auto& name : names) sum.update(name).update("\n");
  const auto digest = sum.digest();
  return {digest.begin(), digest.end()};
}

Result<std::shared_ptr<const Acl>> Policies::acl(Transaction& transaction, const Strings& names, const std::string& set_id) {
  const StorageKey changed_key = core_view(transaction).at(keys::policies_changed);
  const Time now = clock_.now();
  {
    std::lock_guard lock(mutex_);
    if (const auto found = compiled_.find(set_id); found != compiled_.end() && now < found->second.until) {
      transaction.expect(changed_key.text(), found->second.changed_at);
      return found->second.acl;
    }
  }
  const auto changed = TRY(transaction.get(changed_key));
  Time until = Time::max();
  std::vector<Policy> policies;
  policies.reserve(names.size());
  for (const auto& text : names) {
    if (text == "root") {
      policies.push_back(Policy{.name = PolicyName("root")});
      continue;
    }
    if (text == response_wrapping) {
      policies.push_back(TRY(parse_policy(PolicyName(text), response_wrapping_policy_text())));
      continue;
    }
    const auto row = TRY(core_view(transaction).get(concat(keys::policies, text)));
    if (!row) continue;  // a policy that does not exist gives nothing
    const auto stored = TRY(load_record<StoredPolicy>(row->value));
    if (has_ended(stored, now)) continue;
    if (stored.expiration) until = std::min(until, *stored.expiration);
    policies.push_back(TRY(parse_policy(PolicyName(text), stored.text)));
    for (const auto& rule : policies.back().rules)
      if (rule.expiration && *rule.expiration > now) until = std::min(until, *rule.expiration);
  }
  std::vector<const Policy*> pointers;
  for (const auto& policy : policies) pointers.push_back(&policy);
  auto acl = TRY(Acl::compile(pointers, now));
  const Revision snapshot = transaction.snapshot_revision();
  std::lock_guard lock(mutex_);
  if (snapshot >= evicted_at_) {
    if (compiled_.size() >= compiled_max) compiled_.clear();
    compiled_[set_id] = {acl, changed ? changed->revision : 0, until};
  }
  return acl;
}

Result<std::optional<StoredPolicy>> Policies::read(Transaction& transaction, const PolicyName& name) {
  if (name.text() == response_wrapping) return StoredPolicy{.text = std::string(response_wrapping_policy_text())};
  const auto row = TRY(core_view(transaction).get(concat(keys::policies, name.text())));
  if (!row) return std::nullopt;
  auto policy = TRY(load_record<StoredPolicy>(row->value));
  if (has_ended(policy, clock_.now())) return std::nullopt;
  return policy;
}

Result<bool> Policies::exists(Transaction& transaction, const PolicyName& name) {
  return name.text() == "root" || TRY(read(transaction, name)).has_value();
}

Result<Strings> Policies::list(Transaction& transaction, Page page) {
  Strings names;
  std::string after(page.after);
  for (bool more = true; more && names.size() < page.limit;) {
    const auto some = TRY(core_view(transaction).list(keys::policies, {.after = after, .limit = page.limit}));
    more = some.size() >= page.limit;
    if (more) after = some.back();
    for (const auto& name : some)
      if (names.size() < page.limit && TRY(read(transaction, PolicyName(name)))) names.push_back(name);
  }
  if (page.after < std::string_view("root")) {
    names.insert(std::ranges::lower_bound(names, "root"), "root");
    if (names.size() > page.limit) names.resize(page.limit);
  }
  return names;
}

Result<void> Policies::write(Transaction& transaction, const PolicyName& name, StoredPolicy policy) {
  View core = core_view(transaction);
  TRY(core.put(concat(keys::policies, name.text()), store_record(policy)));
  return core.put(keys::policies_changed, Secret(""));
}

Result<void> Policies::remove(Transaction& transaction, const PolicyName& name) {
  View core = core_view(transaction);
  if (!TRY(core.get(concat(keys::policies, name.text())))) return {};
  TRY(core.remove(concat(keys::policies, name.text())));
  return core.put(keys::policies_changed, Secret(""));
}

void Policies::on_commit(Revision revision, std::span<const std::string_view> committed) {
  const auto changed = [](std::string_view key) { return View::core_name(key) == keys::policies_changed; };
  if (std::ranges::none_of(committed, changed)) return;
  std::lock_guard lock(mutex_);
  compiled_.clear();
  evicted_at_ = revision;
}

void Policies::forget(Revision at) {
  std::lock_guard lock(mutex_);
  compiled_.clear();
  evicted_at_ = std::max(evicted_at_, at);
}

}  // namespace sr
