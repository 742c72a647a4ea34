#include "core/leases.h"
#include "core/issued.h"
#include "core/tokens.h"
#include "storage/record.h"

namespace sr {
namespace {

std::string_view name_in(std::string_view id) { return id.substr(std::min(id.size(), id.rfind('/') + 1)); }

}  // namespace

// ---- finding ----------------------------------------------------------------------------------------------------------------
Result<std::optional<LeaseRecord>> Leases::load(Transaction& transaction, std::string_view name) {
  const auto row = TRY(core_view(transaction).get(concat(keys::leases, name)));
  if (!row) return std::nullopt;
  return TRY(load_record<LeaseRecord>(row->value));
}

// The whole id has to be right, not only the part that names the row.
Result<std::optional<Leases::Found>> Leases::find(Transaction& transaction, std::string_view id) {
  const std::string_view name = name_in(id);
  if (name.size() != lease_name_size) return std::nullopt;
  auto lease = TRY(load(transaction, name));
  if (!lease || id.size() != lease->path.size() + 1 + name.size() || !id.starts_with(lease->path)) return std::nullopt;
  return Found{std::string(name), std::move(*lease)};
}

Result<std::optional<std::string>> Leases::find_token(Transaction& transaction, std::string_view id) {
  const std::string_view name = name_in(id);
  auto hash = token_of_lease_name(name);
  if (!hash) return std::nullopt;
  const auto token = TRY(tokens_.find(transaction, *hash));
  if (!token || token->value->token.going || token->value->token.listed_at.empty() || concat(token->value->token.path, "/", name) != id || token->value->token.ends() == is_endless(name)) return std::nullopt;
  return hash;
}

Result<Leases::Irrevocable> Leases::irrevocable(Transaction& transaction, std::size_t most) {
  Irrevocable found;
  for (std::string after;;) {
    const auto names = TRY(core_view(transaction).list(keys::irrevocable, {.after = after}));
    for (const auto& name : names) {
      if (found.leases.size() == most) {
        found.more = true;
        return found;
      }
      if (auto lease = TRY(load(transaction, name))) found.leases.push_back({name, std::move(*lease)});
    }
    if (names.size() < limits::list_page) return found;
    after = names.back();
  }
}

// ---- making and changing ------------------------------------------------------------------------------------------------------
LeaseRecord Leases::drafted(const Mount& mount, std::string path, std::string_view inside, const Lease& wanted) const {
  LeaseRecord lease;
  lease.path = std::move(path);
  lease.mount = mount.entry.uuid;
  lease.inside = inside;
  lease.kind = wanted.kind;
  lease.issued = lease.expires = clock_.now();
  lease.ttl = wanted.ttl;
  lease.ttl_max = wanted.ttl_max;
  lease.renewable = wanted.renewable;
  lease.kept = wanted.kept.copy();
  return lease;
}

Result<std::string> Leases::write_new(Transaction& transaction, const LeaseRecord& lease) {
  const std::string name = random_base62(random_, lease_name_size);
  View core = core_view(transaction);
  TRY(core.put(concat(keys::leases, name), store_record(lease)));
  TRY(core.put(due_key(name, lease, lease.due()), Secret("")));
  TRY(core.put(issued_key(lease.mount, lease.inside, name), Secret("")));
  if (lease.holder.empty()) return name;
  TRY(core.put(concat(keys::token_leases, lease.holder, "/", name), Secret("")));
  TRY(core.put(concat(keys::leases_changed, lease.holder), Secret("")));
  return name;
}

namespace {

// The job that takes back what a mount has issued walks once: what comes after it has to see that the mount goes.
Result<bool> is_going(Transaction& transaction, const Mount& mount) {
  if (mount.key.empty()) return false;  // always there
  const auto row = TRY(core_view(transaction).get(concat(keys::mounts, mount.entry.uuid)));
  return !row || TRY(load_record<MountEntry>(row->value)).going;
}

}  // namespace

Result<Leases::Made> Leases::create(Transaction& transaction, const Wish& wish, Strings& warnings) {
  if (!wish.caller.token) return fail(Code::internal, "cannot register a lease with an empty client token");
  if (!secret_type(wish.mount.spec, wish.lease.kind)) return fail(Code::internal, concat("the engine has no secret of the kind \"", wish.lease.kind, "\""));
  const Token& token = *wish.caller.token;
  LeaseRecord lease = drafted(wish.mount, std::string(wish.path), wish.inside, wish.lease);
  lease.holder = token.batch ? token.parent : wish.caller.hash;  // of an orphaned batch token there is no row to go with
  lease.expires += bounded_ttl({.ttl = lease.ttl, .ttl_max = lease.ttl_max}, *wish.mount.host, lease.issued, lease.issued, warnings);
  if (token.batch) {
    lease.holder_expires = token.expires;
    lease.expires = std::min(lease.expires, token.expires);
  }
  Made made;
  if (wish.is_made) made.ends_at_once = TRY(is_going(transaction, wish.mount));
  if (!lease.holder.empty()) {
    const auto holder = TRY(tokens_.find(transaction, lease.holder));
    made.ends_at_once |= !holder || holder->value->token.going;
  }
  if (made.ends_at_once) {
    if (!wish.is_made) return fail(Code::denied, "permission denied");
    lease.holder.clear();
    lease.ending = true;
    lease.next_try = lease.issued;
  }
  const std::string name = TRY(write_new(transaction, lease));
  made.info = {.id = concat(lease.path, "/", name), .ttl = std::chrono::ceil<Seconds>(lease.expires - lease.issued), .renewable = lease.renewable};
  return made;
}

Result<void> Leases::create_ended(Transaction& transaction, const Mount& mount, std::string_view inside, const Lease& wanted) {
  LeaseRecord lease = drafted(mount, concat(mount.entry.path, inside), inside, wanted);
  lease.ending = true;
  lease.next_try = lease.issued;
  TRY(write_new(transaction, lease));
  return {};
}

Result<void> Leases::store(Transaction& transaction, const std::string& name, Time due_before, const LeaseRecord& after) {
  View core = core_view(transaction);
  const std::string old_key = due_key(name, after, due_before), new_key = due_key(name, after, after.due());
  if (old_key != new_key) {
    TRY(core.remove(old_key));
    TRY(core.put(new_key, Secret("")));
  }
  return core.put(concat(keys::leases, name), store_record(after));
}

Result<void> Leases::remove(Transaction& transaction, const std::string& name, const LeaseRecord& lease) {
  View core = core_view(transaction);
  TRY(core.remove(concat(keys::leases, name)));
  TRY(core.remove(due_key(name, lease, lease.due())));
  TRY(core.remove(issued_key(lease.mount, lease.inside, name)));
  if (!lease.holder.empty()) TRY(core.remove(concat(keys::token_leases, lease.holder, "/", name)));
  if (lease.irrevocable) TRY(core.remove(concat(keys::irrevocable, name)));
  return {};
}

Result<void> Leases::end_soon(Transaction& transaction, const std::string& name, LeaseRecord lease) {
  const Time before = lease.due();
  lease.ending = true;
  lease.next_try = clock_.now();
  return store(transaction, name, before, lease);
}

// The wait doubles, up to a limit. Up to a quarter less of it keeps many that failed together from coming back together.
Result<void> Leases::note_failure(Transaction& transaction, const std::string& name, LeaseRecord lease, const Error& error, bool is_final) {
  const Time before = lease.due();
  lease.ending = true;
  lease.failures += 1;
  lease.error = error.message.empty() ? "unknown" : error.message;
  const bool is_out_of_tries = lease.failures >= limits::revocation_failures;
  if (is_out_of_tries && !is_final) lease.error.insert(0, "out of retries: ");
  if (lease.error.size() > limits::revocation_error_bytes) lease.error.resize(limits::revocation_error_bytes);
  Seconds wait = limits::revocation_retry_max;
  if (!is_final && lease.failures < 16) wait = std::min(wait, limits::revocation_retry * (1 << lease.failures));
  const auto drawn = static_cast<unsigned char>(random_bytes(random_, 1).front());
  lease.next_try = clock_.now() + wait - std::chrono::milliseconds(wait) * drawn / (4 * 256);
  if ((is_out_of_tries || is_final) && !lease.irrevocable) {
    lease.irrevocable = true;
    TRY(core_view(transaction).put(concat(keys::irrevocable, name), Secret("")));
  }
  return store(transaction, name, before, lease);
}

Result<void> Leases::check_renewable(const LeaseRecord& lease) const {
  if (lease.irrevocable) return fail(Code::invalid, "lease is expired and has failed previous revocation attempts");
  if (lease.ending || lease.expires <= clock_.now()) return fail(Code::invalid, "lease expired");
  if (!lease.renewable) return fail(Code::invalid, "lease is not renewable");
  return {};
}

Result<Seconds> Leases::renewed_ttl(const LeaseRecord& lease, const LeaseTerms& terms, const Host& host, Seconds increment, Strings& warnings) const {
  const Time now = clock_.now();
  Seconds ttl = bounded_ttl({.ttl = increment > Seconds(0) ? increment : terms.ttl, .ttl_max = terms.ttl_max}, host, lease.issued, now, warnings);
  if (lease.holder_expires != Time{}) ttl = std::min(ttl, std::chrono::floor<Seconds>(lease.holder_expires - now));
  if (ttl <= Seconds(0)) return fail(Code::invalid, "past the max TTL, cannot renew");
  return ttl;
}

// ---- the end of a token ---------------------------------------------------------------------------------------------------------
// A list protects nothing: a lease could appear behind it. So each rewrites a row that whoever removes its token has read, and one of
// the two starts over.
Result<void> Leases::end_with_token(Transaction& transaction, const std::string& token_hash) {
  View core = core_view(transaction);
  if (!TRY(core.get(concat(keys::leases_changed, token_hash)))) return {};
  TRY(core.remove(concat(keys::leases_changed, token_hash)));
  return core.put(concat(keys::leases_going, token_hash), Secret(""));
}

Result<bool> Leases::of_token_are_going(Transaction& transaction, const std::string& token_hash) {
  return TRY(core_view(transaction).get(concat(keys::leases_going, token_hash))).has_value();
}

Result<bool> Leases::end_some_of_token(Transaction& transaction, const std::string& token_hash) {
  constexpr std::size_t step = 24;
  View core = core_view(transaction);
  const std::string folder = concat(keys::token_leases, token_hash, "/");
  const auto names = TRY(core.list(folder, {.after = {}, .limit = step}));
  for (const auto& name : names) {
    auto lease = TRY(load(transaction, name));
    TRY(core.remove(concat(folder, name)));
    if (!lease) continue;
    lease->holder.clear();
    if (lease->ending) TRY(store(transaction, name, lease->due(), *lease));
    else TRY(end_soon(transaction, name, std::move(*lease)));
  }
  if (names.size() == step) return true;
  TRY(core.remove(concat(keys::leases_going, token_hash)));
  return false;
}

}  // namespace sr
