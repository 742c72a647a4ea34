// The contract between the core and its engines: a Spec is a table of routes, a handler decides from a Call and returns a
// Reply. From the table come routing, decoding, path-help, OpenAPI and the coverage of docs/api.tsv.
//
// Specs, routes and fields are constant and shared. An Engine has no mutable state, so any thread may call it; what it may keep is
// what it has made of rows, under the revision of each.
#pragma once
#include <functional>
#include <memory>
#include "logical/call.h"
#include "logical/reply.h"

namespace sr {

class Engine {
 public:
  virtual ~Engine() = default;
  // At seal, for good: what it has made of rows goes, and what calls under way make of them is not kept.
  virtual void forget() {}
};

template <class E, class R, class... A> E engine_of(R (E::*)(A...));
template <auto M, class R, class... A> R thunk(Engine& engine, A... args) {
  return (static_cast<decltype(engine_of(M))&>(engine).*M)(std::forward<A>(args)...);
}

using Handler = Result<Reply> (*)(Engine&, Call&);
using Exists = Result<bool> (*)(Engine&, Call&);
using Who = Result<std::string> (*)(Engine&, Call&);

// A verb that acts on another system is three functions, since nothing outside may happen twice and no thread waits for a
// commit. `plan` decides and writes as any handler, and answers at once when nothing is to be done outside; otherwise its intent is
// committed with those writes. `act` runs outside, without storage. `settle` writes what came of it, in one commit with the end of
// the intent; only plan and settle run again after a conflict. For an intent that a crash left, a job calls act(after_crash), which
// finds out or undoes, and then settle, with the path but without body and caller: what settle needs beyond is in the intent.
struct Planned {
  Planned(Intent todo) : intent(std::move(todo)) {}
  Planned(Reply answer) : reply(std::move(answer)) {}
  std::optional<Intent> intent{};
  Reply reply{};
};
enum class Attempt : std::uint8_t { first, after_crash };
using Acted = std::move_only_function<void(Result<Secret>)>;
struct Outside {
  Result<Planned> (*plan)(Engine&, Call&) = nullptr;
  Result<Secret> (*act)(Engine&, const Intent&, Attempt) = nullptr;
  Result<Reply> (*settle)(Engine&, Call&, const Intent&, const Result<Secret>& outcome) = nullptr;
  // In place of `act`, where somebody else does it and calls back: what plan wrote is all that a restart needs.
  void (*begin)(Engine&, const Intent&, Acted) = nullptr;
};

// quick may run on the I/O thread while it reads from memory and writes nothing; each other cost has its own lane. brief is quick with
// some microseconds of arithmetic, and what turns out to be more goes to the lane of cpu (Transaction::need_lane).
// A `transfer` may wait for its own client, whose body it reads piece by piece.
enum class Cost : std::uint8_t { quick, brief, normal, cpu, external, transfer };
enum class Access : std::uint8_t {
  token,  // needs a token whose policies allow it
  open,   // needs none: logins, sys/health
  root,   // needs sudo beside the verb's capability
};

// A route may be about a wrapping token: the one in the field `token`, or the caller's own. Anything else in its place is refused
// before the caller is judged, in one text for all that is no such token.
enum class WrappingToken : std::uint8_t {
  none,
  asked,  // it is looked at
  taken,  // the handler ends it in its own commit: so its one use is not spent before
};

struct Verb {
  Op op;
  std::string_view summary;
  Cost cost = Cost::normal;
  Handler run = nullptr;
  Outside outside{};
};
template <auto M> constexpr Verb on(Op op, std::string_view summary, Cost cost = Cost::normal) {
  return {op, summary, cost, &thunk<M, Result<Reply>, Call&>, {}};
}
template <auto Plan, auto Act, auto Settle> constexpr Verb outside(Op op, std::string_view summary) {
  return {op, summary, Cost::external, nullptr,
          {&thunk<Plan, Result<Planned>, Call&>, &thunk<Act, Result<Secret>, const Intent&, Attempt>,
           &thunk<Settle, Result<Reply>, Call&, const Intent&, const Result<Secret>&>}};
}
template <auto Plan, auto Begin, auto Settle> constexpr Verb handed_over(Op op, std::string_view summary) {
  return {op, summary, Cost::external, nullptr,
          {&thunk<Plan, Result<Planned>, Call&>, nullptr, &thunk<Settle, Result<Reply>, Call&, const Intent&, const Result<Secret>&>,
           &thunk<Begin, void, const Intent&, Acted>}};
}
template <auto M> constexpr Exists exists_by() { return &thunk<M, Result<bool>, Call&>; }

struct Route {
  std::vector<std::string_view> paths;  // "keys/{name}", "data/{path...}": {x} is one segment, {x...} one or more
  std::string_view help;                // a paragraph for path-help
  FieldList fields{};
  std::vector<Verb> verbs{};
  Access access = Access::token;
  Who who = nullptr;         // of a login: who it is for, in one spelling; failed ones are counted by it and may lock it
  Exists exists = nullptr;   // tells create from update; without it every write is an update, as in Vault
  bool when_sealed = false;  // answered sealed and uninitialised too, and never audited: sys/health, sys/unseal
  WrappingToken wrapping = WrappingToken::none;
  Who role = nullptr;        // of a login: the name of the role it is by, which quotas may be about
  bool any_field = false;    // takes whatever the body holds, without a warning: kv version 1, sys/tools
  bool told_once = false;    // what it answers is nowhere else, and without it the store is lost: told though its line cannot be written
};

struct Mounted {
  std::string uuid;
  StringMap options;
};

// Moves a bounded part of what the version before has left in a mount's storage; false when nothing was left. Run by a job, in
// one transaction each time, while the mount answers nobody.
using Upgrade = Result<bool> (*)(View rows, Time now);

// Does a bounded part of what has become due in a mount's storage: rotations, things that end; false when nothing was. Run by a job,
// in one transaction each time, about once a minute.
using Upkeep = Result<bool> (*)(View rows, const Host& host);

// One step of work that a handler began with Elsewhere::begin_work, in a commit of its own; false when it is done. It says of what it
// cannot do in its own rows: an error is tried again.
using Work = Result<bool> (*)(View rows, Elsewhere& elsewhere, std::string_view id, Time now);

// A login that renews its token is asked again, through the mount that made it.
using Renew = Result<Login> (*)(Engine&, Call&, std::string_view renew_with);

struct Spec {
  std::string_view type;
  std::string_view help;
  std::vector<Route> routes{};
  std::function<std::unique_ptr<Engine>(const Mounted&)> make{};
  std::vector<SecretType> secrets{};            // what its replies hand out with a lease
  Renew renew = nullptr;                        // auth methods only
  bool is_auth = false;
  bool per_token = false;                       // its rows are those of the caller's token: no row is written once that is gone
  std::string_view version{};                   // one of several of this type: the mount's option "version" says which, "1" without it
  Upgrade upgrade = nullptr;                    // how a mount of the version before becomes one of this
  Upkeep upkeep = nullptr;
  Work work = nullptr;                          // what is too large for one request
};

// ---- what the core does with the table --------------------------------------------------------------------------------
struct Match {
  const Route* route = nullptr;
  Captures captured{};  // views into the path
};
// The first route with a path that fits. `path` is inside the mount; a list has its slash at the end already.
std::optional<Match> match(const Spec& spec, std::string_view path);
const Verb* verb_of(const Route& route, Op op);  // an update serves a create, where that has no verb of its own
const SecretType* secret_type(const Spec& spec, std::string_view name);  // null: it hands out none of that name

// The text of `?help=1`, as Vault lays it out.
json::Object path_help(const Spec& spec, std::string_view path, const Route* route);

}  // namespace sr
