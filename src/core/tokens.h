// The token store: service tokens, their accessors, their tree, their end.
//
// Shared by all threads. What it writes goes into the caller's transaction; what it reads is a precondition there, from the
// cache or not. Only the sweeper's jobs commit on their own.
#pragma once
#include "core/expiry.h"
#include "core/mount.h"
#include "core/object_cache.h"
#include "core/keys.h"
#include "core/request.h"
#include "storage/barrier.h"

namespace sr {

class Policies;

// What auth/token/create and logins ask for; checked already against what the caller may.
struct NewToken {
  Token token{};
  std::string id{};  // empty: a random one
};
struct MadeToken {
  std::string id;
  std::string hash;
  Token token;
};

class Tokens {
 public:
  Tokens(const Barrier& barrier, const Clock& clock, Random& random) : barrier_(barrier), clock_(clock), random_(random) {}

  using Cache = ObjectCache<CachedToken>;

  // ---- finding ----------------------------------------------------------------------------------------------------------
  Result<std::string> hash_of(const Barrier&, std::string_view id) const;
  Result<std::optional<Cache::Found>> find(Transaction&, const std::string& hash);
  // The token behind an id with that hash. Null when it is none, or one that has ended or is going; a batch token ends with its parent.
  Result<std::shared_ptr<const CachedToken>> identify(Transaction&, const Barrier&, std::string_view id, const std::string& hash);
  Result<std::optional<std::string>> hash_by_accessor(Transaction&, const Barrier&, std::string_view accessor);  // the token's
  struct Accessors { Strings accessors; std::string last; };  // last: where the next page begins; empty at the end
  Result<Accessors> accessors(Transaction&, std::string_view after);
  Result<std::size_t> count(Transaction&);  // of all that are stored; reads their names
  // A token of which every use is spent is there for a moment more, but for nobody: except for the caller, who spent the last one on this very call.
  static bool is_spent_for(const CallerInfo&, const Token&, std::string_view hash);
  // While a large tree is being revoked its leaves are still there: then a token counts only if no ancestor is going.
  Result<bool> ancestor_is_going(Transaction&, const Token&);
  // The same for who writes, whatever is known of large trees: all ancestors become preconditions.
  Result<bool> has_lost_an_ancestor(Transaction&, const Token&);

  // ---- making -----------------------------------------------------------------------------------------------------------
  // Draws id and accessor and writes the rows; of a batch token there are none. Fails when the id exists, or the parent is gone or going.
  Result<MadeToken> create(Transaction&, const Barrier&, NewToken);
  // A login's token: applies mount and system limits to the method's wishes and warns of what was capped.
  struct LoginAt { const ApiPath& path; const std::string& role; };  // role: empty where no quota asks
  Result<Auth> log_in(Transaction&, const Barrier&, const Mount&, const LoginAt&, const Login&, Reply&);

  // ---- changing -----------------------------------------------------------------------------------------------------------
  Result<void> spend(Transaction&, const Caller&);                            // one use of a limited token
  Result<void> store(Transaction&, const std::string& hash, const Token& before, const Token& after);  // row and expiry row
  // The token and all under it. What is too much for one transaction is marked going and left to a job.
  Result<void> revoke(Transaction&, const std::string& hash);
  Result<void> revoke_alone(Transaction&, const std::string& hash);           // its children become orphans

  // ---- the end of time ------------------------------------------------------------------------------------------------------
  // Revokes what has expired, and goes on with large trees. Blocks; on the job thread only. Returns how many tokens went.
  std::size_t sweep(Store&, const Barrier&);
  void take_up_jobs(Transaction&);           // at unseal: are there trees left from before?

  void on_commit(Revision, std::span<const std::string_view> keys);
  void forget(Revision at = 0);              // at seal; and of another store, whose rows begin after this revision
  void forget_swept() { expiry_.forget(), walks_.clear(); }  // with the job thread at rest: the store is another one
  void set_poke(std::function<void()> poke) { poke_ = std::move(poke); }  // wakes the job thread
  // Told now and then, on the job thread, how far the revocation of a large tree is.
  struct TreeProgress { std::size_t revoked; bool is_over; };
  void set_on_tree(std::function<void(const TreeProgress&)> on_tree) { on_tree_ = std::move(on_tree); }
  std::size_t tree_tokens_revoked() const { return tree_tokens_revoked_; }  // as parts of large trees, since the start
  bool trees_are_going() const { return trees_going_ > 0; }

 private:
  struct Tree { std::vector<std::pair<std::string, Token>> tokens; bool whole = true; };
  Result<Tree> tree_of(Transaction&, const std::string& hash, std::size_t max);
  Result<void> remove_rows(Transaction&, const std::string& hash, const Token&);
  std::string expiry_key(const Token& token, std::string_view hash) const { return expiry_.key(token.expires, hash); }
  // Where the revocation of a large tree is: the tokens from its root down to the one whose children go, each with the last child that
  // was looked at.
  struct TreeLevel { std::string token; std::string after{}; };
  struct TreeWalk { std::vector<TreeLevel> path{}; std::size_t revoked = 0; };
  // What one commit does, and where the walk goes when it is durable: down to a child, up, or on behind `after`.
  struct TreeStep { std::string down{}; bool up = false; std::string after{}; std::size_t gone = 0; };
  Result<TreeStep> gather_leaves(Transaction&, const TreeWalk&);
  bool revoke_step(Store&, const Barrier&, TreeWalk&);
  std::size_t revoke_trees(Store&, const Barrier&);

  const Barrier& barrier_;
  const Clock& clock_;
  Random& random_;
  Cache cache_{limits::token_cache_entries};
  std::atomic<std::size_t> trees_going_ = 0;  // 0: none; otherwise it grows with each change of their jobs
  ExpiryIndex expiry_{keys::expiry};
  std::function<void()> poke_;
  std::function<void(const TreeProgress&)> on_tree_;
  std::map<std::string, TreeWalk> walks_;  // of the job thread only; by the root's hash
  std::atomic<std::size_t> tree_tokens_revoked_ = 0;
};

View core_view(Transaction& transaction);  // of the root namespace

Auth describe(const Token& token, std::string_view id, Seconds ttl);  // what its owner is told

bool address_within(const Strings& cidrs, std::string_view address);  // an empty list admits every address

// How long a token may live from now: the least of what was asked for, the mount's and the system's maximum. Says in `warnings`
// what was capped, in Vault's words.
struct LifeWish { Seconds ttl{}, ttl_max{}, explicit_ttl_max{}, period{}; bool is_renewal = false; };
Seconds bounded_ttl(const LifeWish& wish, const Host& host, Time created, Time now, Strings& warnings);

}  // namespace sr
