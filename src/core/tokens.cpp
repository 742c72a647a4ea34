#include "core/tokens.h"
#include "base/concat.h"
#include "core/batch_tokens.h"
#include "core/cubbyholes.h"
#include "core/issued.h"
#include "core/leases.h"
#include "core/policies.h"
#include "storage/record.h"
#include "text/cidr.h"
#include "text/duration.h"

namespace sr {
namespace {

constexpr std::size_t rows_of_a_token = 7 + cubbyhole_rows_at_once + 1 + 2;  // at most, with its cubbyhole and the intent of its leases
constexpr std::size_t tree_in_one_transaction = 80;   // tokens
constexpr std::size_t tree_step = 10;                 // tokens of one step of a job
static_assert(tree_in_one_transaction * rows_of_a_token < limits::batch_rows && tree_step * rows_of_a_token < 128);

std::string listing_key(const Token& token, std::string_view hash) { return concat(keys::issued, token.listed_at, "/", token_lease_name(hash, token.ends() ? TokenEnd::some_day : TokenEnd::never)); }

// A listed token that logged in by a role: its listing does not say which.
std::string role_key(const Token& token, std::string_view hash) { return concat(keys::token_roles, token.mount, "/", token_lease_name(hash), "/", token.login_role); }

std::shared_ptr<const CachedToken> cache_form(Token token) {
  auto cached = std::make_shared<CachedToken>();
  cached->policy_set = Policies::set_id(token.policies);
  cached->token = std::move(token);
  return cached;
}

}  // namespace

View core_view(Transaction& transaction) { return View::core(transaction, NamespaceId("root")); }

bool address_within(const Strings& cidrs, std::string_view address) {
  if (cidrs.empty()) return true;
  const auto ip = IpAddress::parse(address);
  if (!ip) return false;  // an address that cannot be read is in no block
  return std::ranges::any_of(cidrs, [&](const std::string& text) {
    const auto block = Cidr::parse(text);
    return block && block->contains(*ip);
  });
}

// ---- finding ------------------------------------------------------------------------------------------------------------
Result<std::string> Tokens::hash_of(const Barrier& barrier, std::string_view id) const { return barrier.storage_hmac("token", id); }

Result<std::optional<Tokens::Cache::Found>> Tokens::find(Transaction& transaction, const std::string& hash) {
  const StorageKey place = core_view(transaction).at(keys::tokens, hash);
  const std::string& key = place.text();
  if (auto found = cache_.find(key)) {
    transaction.expect(key, found->revision);
    return found;
  }
  const auto row = TRY(transaction.get(place));
  if (!row) return std::nullopt;
  auto cached = cache_form(TRY(load_record<Token>(row->value)));
  Cache::Found found{std::move(cached), row->revision};
  if (row->revision > 0) cache_.fill(key, found, transaction.snapshot_revision());
  return found;
}

bool Tokens::is_spent_for(const CallerInfo& caller, const Token& token, std::string_view hash) {
  return token.uses == Token::spent_uses && hash != caller.token_hash;
}

Result<std::shared_ptr<const CachedToken>> Tokens::identify(Transaction& transaction, const Barrier& barrier, std::string_view id, const std::string& hash) {
  const auto lives = [&](const Token& token) { return !token.going && !token.has_ended(clock_.now()); };
  if (!is_batch_id(id)) {
    auto found = TRY(find(transaction, hash));
    return found && lives(found->value->token) ? std::move(found->value) : nullptr;
  }
  auto token = TRY(open_batch_token(barrier, id));
  if (!token || !lives(*token)) return nullptr;
  if (!token->parent.empty()) {
    const auto parent = TRY(find(transaction, token->parent));
    if (!parent || !lives(parent->value->token)) return nullptr;
  }
  return cache_form(std::move(*token));
}

Result<std::optional<std::string>> Tokens::hash_by_accessor(Transaction& transaction, const Barrier& barrier, std::string_view accessor) {
  const auto row = TRY(core_view(transaction).get(concat(keys::accessors, TRY(barrier.storage_hmac("accessor", accessor)))));
  if (!row) return std::nullopt;
  return std::string(row->value.reveal().substr(0, row->value.reveal().find(' ')));
}

Result<Tokens::Accessors> Tokens::accessors(Transaction& transaction, std::string_view after) {
  Accessors page;
  const auto names = TRY(core_view(transaction).list(keys::accessors, {.after = after}));
  for (const auto& name : names) {
    const auto row = TRY(core_view(transaction).get(concat(keys::accessors, name)));
    if (row) page.accessors.emplace_back(row->value.reveal().substr(row->value.reveal().find(' ') + 1));
  }
  if (names.size() == limits::list_page) page.last = names.back();
  return page;
}

Result<std::size_t> Tokens::count(Transaction& transaction) {
  std::size_t count = 0;
  for (std::string after;;) {
    const auto names = TRY(core_view(transaction).list(keys::tokens, {.after = after}));
    count += names.size();
    if (names.size() < limits::list_page) return count;
    after = names.back();
  }
}

Result<bool> Tokens::ancestor_is_going(Transaction& transaction, const Token& token) {
  return trees_going_ > 0 && TRY(has_lost_an_ancestor(transaction, token));
}

Result<bool> Tokens::has_lost_an_ancestor(Transaction& transaction, const Token& token) {
  std::string parent = token.parent;
  while (!parent.empty()) {
    const auto found = TRY(find(transaction, parent));
    if (!found) return true;  // gone already, and this one is next
    if (found->value->token.going) return true;
    parent = found->value->token.parent;
  }
  return false;
}

// ---- making -------------------------------------------------------------------------------------------------------------
Result<MadeToken> Tokens::create(Transaction& transaction, const Barrier& barrier, NewToken wanted) {
  View core = core_view(transaction);
  Token token = std::move(wanted.token);
  if (token.batch) {
    std::string sealed = TRY(seal_batch_token(barrier, token));
    std::string sealed_hash = TRY(hash_of(barrier, sealed));
    return MadeToken{std::move(sealed), std::move(sealed_hash), std::move(token)};
  }
  std::string id = wanted.id.empty() ? "hvs." + random_base62(random_, 24) : std::move(wanted.id);
  std::string hash = TRY(hash_of(barrier, id));
  if (TRY(core.get(concat(keys::tokens, hash))) || TRY(cubbyhole_is_going(transaction, hash)) || TRY(Leases::of_token_are_going(transaction, hash)))
    return fail(Code::invalid, "cannot create a token with a duplicate ID");
  if (!token.parent.empty()) {
    // The parent's row is a precondition: whoever revokes it marks or removes the row, and one of the two starts over.
    const auto parent = TRY(find(transaction, token.parent));
    if (!parent || parent->value->token.going) return fail(Code::invalid, "parent token not found");
    TRY(core.put(concat(keys::children, token.parent, "/", hash), Secret("")));
    TRY(core.put(concat(keys::children_changed, token.parent), Secret("")));
  }
  token.accessor = random_base62(random_, 24);
  const std::string accessor_hash = TRY(barrier.storage_hmac("accessor", token.accessor));
  TRY(core.put(concat(keys::accessors, accessor_hash), Secret(concat(hash, " ", token.accessor))));
  constexpr std::string_view own_mount = "auth/token/";
  if (token.listed_at.empty() && token.path.starts_with(own_mount) && token.path != initial_root_path) token.listed_at = concat("token/", token.path.substr(own_mount.size()));
  if (!token.listed_at.empty()) TRY(core.put(listing_key(token, hash), Secret("")));
  if (!token.login_role.empty()) TRY(core.put(role_key(token, hash), Secret("")));
  if (token.ends()) TRY(core.put(expiry_key(token, hash), Secret("")));
  TRY(core.put(concat(keys::tokens, hash), store_record(token)));
  return MadeToken{std::move(id), std::move(hash), std::move(token)};
}

Seconds bounded_ttl(const LifeWish& wish, const Host& host, Time created, Time now, Strings& warnings) {
  const auto capped = [&](std::string_view what, Seconds wanted, Seconds most) {
    warnings.push_back(concat(what, " of \"", humanize_duration(wanted), "\" exceeded the effective max_ttl of \"", humanize_duration(most), "\"; ",
                              what, " value is capped accordingly"));
  };
  const Seconds system_max = host.ttl_max();
  const auto left_of = [&](Seconds most) { return std::max(std::chrono::ceil<Seconds>(created + most - now), Seconds(0)); };
  if (wish.period > Seconds(0)) {
    if (wish.period > system_max && !wish.is_renewal) capped("period", wish.period, system_max);
    const Seconds ttl = std::min(wish.period, system_max);
    return wish.explicit_ttl_max > Seconds(0) ? std::min(ttl, left_of(wish.explicit_ttl_max)) : ttl;
  }
  Seconds most = wish.ttl_max > Seconds(0) ? std::min(wish.ttl_max, system_max) : system_max;
  if (wish.explicit_ttl_max > Seconds(0)) most = std::min(most, wish.explicit_ttl_max);
  const Seconds ttl = wish.ttl > Seconds(0) ? wish.ttl : host.ttl_default();
  if (ttl <= left_of(most)) return ttl;
  if (wish.ttl > Seconds(0) || !wish.is_renewal) capped("TTL", ttl, left_of(most));
  return left_of(most);
}

Auth describe(const Token& token, std::string_view id, Seconds ttl) {
  return {.client_token = Secret(id),
          .accessor = token.accessor,
          .display_name = token.display_name,
          .policies = token.policies,
          .metadata = token.metadata,
          .ttl = ttl,
          .renewable = token.renewable && token.ends(),
          .orphan = token.orphan,
          .uses = std::max<std::int64_t>(token.uses, 0),
          .issued = token.created,
          .type = std::string(token.type())};
}

namespace {

// A mount may fix the type; otherwise the role decides; and what both leave open, the mount's default.
bool makes_batch_tokens(std::string_view of_mount, std::string_view of_role) {
  if (of_mount == "batch" || of_mount == "service") return of_mount == "batch";
  if (of_role == "batch" || of_role == "service") return of_role == "batch";
  return of_mount == "default-batch";
}

}  // namespace

Result<Auth> Tokens::log_in(Transaction& transaction, const Barrier& barrier, const Mount& mount, const LoginAt& at, const Login& login, Reply& reply) {
  const Time now = clock_.now();
  NewToken wanted;
  Token& token = wanted.token;
  token.path = at.path.text();
  token.login_role = at.role;
  token.display_name = login.display_name;
  for (const auto& name : login.policies) token.policies.push_back(TRY(parse_policy_name(name)).text());
  if (!login.no_default_policy) token.policies.emplace_back("default");
  std::ranges::sort(token.policies);
  token.policies.erase(std::ranges::unique(token.policies).begin(), token.policies.end());
  // Root is never assigned by a login, in whatever spelling it was asked for.
  if (std::erase(token.policies, "root") > 0) return fail(Code::invalid, "auth methods cannot create root tokens");
  token.metadata = login.metadata;
  token.created = now;
  token.orphan = true;
  token.renewable = login.renewable;
  token.uses = login.uses;
  token.bound_cidrs = login.bound_cidrs;
  token.period = login.period;
  token.ttl_max = login.ttl_max;
  token.explicit_ttl_max = login.explicit_ttl_max;
  token.mount = mount.entry.uuid;
  token.listed_at = concat(mount.entry.uuid, "/", std::string_view(token.path).substr(mount.entry.path.size()));
  token.renew_with = login.renew_with;
  token.batch = makes_batch_tokens(mount.entry.token_type, login.token_type);
  if (token.batch) {
    if (token.period > Seconds(0) || token.uses != 0)
      return fail(Code::invalid, "the mount makes batch tokens, which can be neither periodic nor limited to a number of uses: change the role, or tune the mount's token_type");
    token.renewable = false;
    token.explicit_ttl_max = Seconds(0);
  }
  Strings warnings;
  token.ttl = bounded_ttl({login.ttl, login.ttl_max, login.explicit_ttl_max, login.period}, *mount.host, now, now, warnings);
  token.expires = now + token.ttl;
  for (auto& warning : warnings) reply.add_warning(std::move(warning));
  const MadeToken made = TRY(create(transaction, barrier, std::move(wanted)));
  return describe(made.token, made.id, made.token.ttl);
}

// ---- changing -----------------------------------------------------------------------------------------------------------
// After the last use the token is refused, and the sweeper takes it away soon, but not while that use is still under way.
Result<void> Tokens::spend(Transaction& transaction, const Caller& caller) {
  Token after = *caller.token;
  after.uses = caller.token->uses > 1 ? caller.token->uses - 1 : Token::spent_uses;
  if (after.uses == Token::spent_uses) {
    Token soon = after;
    soon.expires = clock_.now() + Seconds(5);
    TRY(core_view(transaction).put(expiry_key(soon, caller.hash), Secret("")));
  }
  return store(transaction, caller.hash, *caller.token, after);
}

Result<void> Tokens::store(Transaction& transaction, const std::string& hash, const Token& before, const Token& after) {
  View core = core_view(transaction);
  const std::string old_key = expiry_key(before, hash), new_key = expiry_key(after, hash);
  if (before.ends() && (!after.ends() || old_key != new_key)) TRY(core.remove(old_key));
  if (after.ends() && (!before.ends() || old_key != new_key)) TRY(core.put(new_key, Secret("")));
  return core.put(concat(keys::tokens, hash), store_record(after));
}

// A list protects nothing: a child could appear behind it. So each child rewrites a row that whoever removes its parent has
// read, and one of the two starts over.
Result<void> Tokens::remove_rows(Transaction& transaction, const std::string& hash, const Token& token) {
  View core = core_view(transaction);
  if (TRY(core.get(concat(keys::children_changed, hash)))) TRY(core.remove(concat(keys::children_changed, hash)));
  TRY(core.remove(concat(keys::tokens, hash)));
  if (!token.parent.empty()) TRY(core.remove(concat(keys::children, token.parent, "/", hash)));
  if (!token.listed_at.empty()) TRY(core.remove(listing_key(token, hash)));
  if (!token.login_role.empty()) TRY(core.remove(role_key(token, hash)));
  if (token.ends()) TRY(core.remove(expiry_key(token, hash)));
  TRY(end_cubbyhole(transaction, hash));
  TRY(Leases::end_with_token(transaction, hash));
  return core.remove(concat(keys::accessors, TRY(barrier_.storage_hmac("accessor", token.accessor))));
}

// Breadth first, so that the leaves come last. Every row read is a precondition: no child appears unseen.
Result<Tokens::Tree> Tokens::tree_of(Transaction& transaction, const std::string& hash, std::size_t max) {
  Tree tree;
  const auto root = TRY(find(transaction, hash));
  if (!root) return tree;
  tree.tokens.emplace_back(hash, root->value->token);
  for (std::size_t at = 0; at < tree.tokens.size(); ++at) {
    const std::string folder = concat(keys::children, tree.tokens[at].first, "/");
    for (const auto& child : TRY(core_view(transaction).list(folder, {.after = {}, .limit = max + 1}))) {
      if (tree.tokens.size() >= max) {
        tree.whole = false;
        return tree;
      }
      const auto found = TRY(find(transaction, child));
      if (found) tree.tokens.emplace_back(child, found->value->token);
      else TRY(core_view(transaction).remove(concat(folder, child)));
    }
  }
  return tree;
}

Result<void> Tokens::revoke(Transaction& transaction, const std::string& hash) {
  const Tree tree = TRY(tree_of(transaction, hash, tree_in_one_transaction));
  if (tree.tokens.empty()) return {};
  if (tree.whole) {
    for (const auto& [one, token] : tree.tokens) TRY(remove_rows(transaction, one, token));
    return {};
  }
  Token root = tree.tokens.front().second;
  root.going = true;
  View core = core_view(transaction);
  TRY(core.put(concat(keys::tokens, hash), store_record(root)));
  return core.put(concat(keys::jobs, "revoke/", hash), Secret(""));
}

Result<void> Tokens::revoke_alone(Transaction& transaction, const std::string& hash) {
  constexpr std::size_t children_max = limits::batch_rows / 4;
  const auto going = TRY(find(transaction, hash));
  if (!going) return {};
  View core = core_view(transaction);
  const std::string folder = concat(keys::children, hash, "/");
  const auto children = TRY(core.list(folder, {.after = {}, .limit = children_max}));
  if (children.size() == children_max) return fail(Code::invalid, "the token has too many children to make orphans of them at once: revoke some first");
  for (const auto& child : children) {
    TRY(core.remove(concat(folder, child)));
    const auto found = TRY(find(transaction, child));
    if (!found) continue;
    Token orphan = found->value->token;
    orphan.parent.clear();
    orphan.orphan = true;
    TRY(core.put(concat(keys::tokens, child), store_record(orphan)));
  }
  return remove_rows(transaction, hash, going->value->token);
}

// ---- the end of time ----------------------------------------------------------------------------------------------------
// One commit of a large tree's job: some leaves of it, or the root with the intent when nothing else is left. The way down to where it
// works is kept from step to step, and so are the places in the lists of children: rows that are gone cost time to pass. What was made
// meanwhile before such a place is found when the list seems to be at its end, and is begun anew.
Result<Tokens::TreeStep> Tokens::gather_leaves(Transaction& transaction, const TreeWalk& walk) {
  View core = core_view(transaction);
  const auto& [at, after] = walk.path.back();
  const std::string folder = concat(keys::children, at, "/");
  TreeStep step;
  const auto children = TRY(core.list(folder, {.after = after, .limit = tree_step}));
  if (children.empty() && !after.empty()) return step;
  if (children.empty()) {  // a leaf itself by now
    const bool is_root = walk.path.size() == 1;
    const auto token = TRY(find(transaction, at));
    if (token) TRY(remove_rows(transaction, at, token->value->token));
    else if (!is_root) TRY(core.remove(concat(keys::children, walk.path[walk.path.size() - 2].token, "/", at)));
    if (is_root) TRY(core.remove(concat(keys::jobs, "revoke/", at)));
    step.up = true;
    step.gone = 1;
    return step;
  }
  for (const auto& child : children) {
    const bool is_leaf = TRY(core.list(concat(keys::children, child, "/"), {.after = {}, .limit = 1})).empty();
    if (!is_leaf && step.gone > 0) return step;  // first what was gathered
    step.after = child;
    if (!is_leaf) return step.down = child, step;
    const auto found = TRY(find(transaction, child));
    if (found) TRY(remove_rows(transaction, child, found->value->token));
    else TRY(core.remove(concat(folder, child)));
    ++step.gone;
  }
  return step;
}

// False when the tree is gone, or nothing can be done for now.
bool Tokens::revoke_step(Store& store, const Barrier& barrier, TreeWalk& walk) {
  for (unsigned attempt = 0; attempt < limits::conflicts; ++attempt) {
    Transaction transaction(store, &barrier);
    transaction.go_on(Tier::any);
    auto step = gather_leaves(transaction, walk);
    if (!step) return false;
    if (transaction.has_writes()) {
      auto batch = transaction.take_batch();
      if (!batch) return false;
      const auto committed = commit_and_wait(store, std::move(*batch));
      if (!committed && committed.error().conflict) continue;
      if (!committed) return false;
    }
    walk.revoked += step->gone;
    if (step->up) walk.path.pop_back();
    else walk.path.back().after = std::move(step->after);
    if (!step->down.empty()) walk.path.push_back({.token = std::move(step->down)});
    return !walk.path.empty();
  }
  return false;
}

// So many steps at a time, so that what else the thread has to do is done between them.
std::size_t Tokens::revoke_trees(Store& store, const Barrier& barrier) {
  constexpr std::size_t steps_of_one_sweep = 500, trees_of_one_sweep = 25;
  Transaction look(store, &barrier);
  look.go_on(Tier::any);
  const auto roots = core_view(look).list(concat(keys::jobs, "revoke/"), {.after = {}, .limit = trees_of_one_sweep}, Depth::all);
  if (!roots || roots->empty()) return walks_.clear(), 0;
  std::erase_if(walks_, [&](const auto& walk) { return !std::ranges::binary_search(*roots, walk.first); });
  std::size_t gone = 0;
  for (const auto& root : *roots) {
    TreeWalk& walk = walks_[root];
    if (walk.path.empty()) walk.path.push_back({.token = root});
    const std::size_t before = walk.revoked;
    bool more = true;
    for (std::size_t i = 0; more && i < steps_of_one_sweep / roots->size(); ++i) more = revoke_step(store, barrier, walk);
    gone += walk.revoked - before;
    if (on_tree_ && walk.revoked > before) on_tree_({.revoked = walk.revoked, .is_over = walk.path.empty()});
  }
  tree_tokens_revoked_ += gone;
  return gone;
}

std::size_t Tokens::sweep(Store& store, const Barrier& barrier) {
  std::size_t swept = 0;
  // What has expired: each in a commit of its own, so that one that fails stops no other.
  constexpr std::size_t look = 1000;
  const Time began = clock_.now();
  const auto due = expiry_.due(store, barrier, began, look);
  bool all = due.has_value();
  for (const auto& name : due.value_or(Strings())) {
    const std::string hash(ExpiryIndex::what_of(name));
    for (unsigned attempt = 0; attempt < limits::conflicts; ++attempt) {
      Transaction transaction(store, &barrier);
      transaction.go_on(Tier::any);
      auto end = [&]() -> Result<void> {
        const auto found = TRY(find(transaction, hash));
        const bool is_spent = found && found->value->token.uses == Token::spent_uses;
        if (found && !is_spent && !found->value->token.has_ended(clock_.now())) return {};  // in this very second, but not yet
        if (found) TRY(revoke(transaction, hash));
        return core_view(transaction).remove(concat(keys::expiry, name));
      };
      const auto ended = end();
      if (!ended) all = false;
      if (!ended || !transaction.has_writes()) break;
      auto batch = transaction.take_batch();
      if (!batch) return swept;
      const auto committed = commit_and_wait(store, std::move(*batch));
      if (committed) ++swept;
      else all = false;  // once more from the same mark
      if (committed || !committed.error().conflict) break;
    }
  }
  if (all && due->size() < look) expiry_.passed(began);
  swept += revoke_trees(store, barrier);
  if (trees_going_ > 0) {
    Transaction transaction(store, &barrier);
    take_up_jobs(transaction);
  }
  return swept;
}

void Tokens::take_up_jobs(Transaction& transaction) {
  transaction.go_on(Tier::any);
  std::size_t seen = trees_going_;
  const auto trees = core_view(transaction).list(concat(keys::jobs, "revoke/"), {.after = {}, .limit = 1}, Depth::all);
  trees_going_.compare_exchange_strong(seen, trees && trees->empty() ? 0 : std::max<std::size_t>(seen, 1));  // or else one has come since the look
  if (trees_going_ > 0 && poke_) poke_();
}

void Tokens::on_commit(Revision revision, std::span<const std::string_view> committed) {
  for (const auto key : committed) {
    const auto name = View::core_name(key);
    if (!name) continue;
    if (name->starts_with(keys::tokens)) cache_.evict(std::string(key), revision);
    else if (name->starts_with("job/revoke/")) {
      ++trees_going_;
      if (poke_) poke_();
    }
  }
}

void Tokens::forget(Revision at) { cache_.clear(at); }  // the mark stays: it is about rows, not about keys

}  // namespace sr
