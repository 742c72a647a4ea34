// What comes in, what goes out, and the Request between them, which has one owner at any time: a step that carries it, or
// the inbox, line, store or audit device where it is parked.
#pragma once
#include "base/inbox.h"
#include "base/path.h"
#include "core/acl.h"
#include "core/lease_count.h"
#include "core/mount.h"
#include "core/token.h"
#include "core/under_way.h"
#include "logical/spec.h"
#include "storage/transaction.h"

namespace sr {

// One request below /v1/, as the HTTP layer understood it.
struct Incoming {
  Op op = Op::read;                          // a POST or PUT is an update until the existence check says create
  ApiPath path{};                            // a list has its slash at the end
  std::unique_ptr<Arena> arena{};            // holds the body's tree and all that is decoded from it
  const json::Value* body = nullptr;         // an object: the JSON body, or the query of a GET, LIST or DELETE
  Secret token{};                            // X-Vault-Token, or of Authorization: Bearer
  std::string address{};                     // of the client
  std::uint16_t port = 0;
  struct Header { std::string name, value; bool hmac; };
  std::vector<Header> headers{};             // those that the audit is configured to keep, by name
  std::optional<Error> complaint{};          // of the HTTP layer; said only to those who may know
  std::shared_ptr<ByteSource> upload{};      // in place of a body: read by a handler that knows what to do with it
  std::chrono::nanoseconds wrap_ttl{};       // X-Vault-Wrap-TTL; 0: the answer is wanted as it is
  bool large = false;                        // too large a body for the I/O thread
  bool open = false;                         // the listener lets anybody ask this: no token, no audit, sealed or not
};

// What the HTTP layer makes an envelope of. JSON texts are printed once, for the client and the audit alike.
struct Answer {
  int status = 200;
  std::string request_id{};
  Reply::Shape shape = Reply::Shape::envelope;
  Buffer data{};                             // JSON, or empty for null
  Buffer auth{};                             // JSON, or empty for null
  std::string lease_id{};
  Seconds lease_ttl{};
  bool renewable = false;
  Strings warnings{};
  std::optional<Reply::Body> raw{};
  bool raw_is_envelope = false;
  std::shared_ptr<ByteSource> download{};    // in place of what `raw` holds
  std::optional<WrapInfo> wrap{};            // then nothing else is told
  std::optional<Error> error{};
  std::string advice{};                      // a second error text: what to do about the first
  bool nil = false;                          // nothing to say: no body, or a 404 for a read
  std::string mount_type{};
  std::vector<std::pair<std::string, std::string>> headers{};  // of the HTTP answer: how much of a rate limit is left
  std::uint64_t object_version = 0;          // of what was read or written, where it has one
  Revision revision = 0;
};
using AnswerTo = std::move_only_function<void(Answer)>;  // called once, on the loop that the request came in on

enum class Place : std::uint8_t { loop, normal, cpu, external, transfer };

// Who asks, as of the last time that the request was identified.
struct Caller {
  std::shared_ptr<const CachedToken> held{};
  const Token* token = nullptr;              // in `held`
  std::string hash{};                        // of the token's id: names its row
  std::shared_ptr<const Acl> acl{};
  bool limited = false;
};

struct Request {
  std::string id;
  Loop& home;
  Incoming in;
  AnswerTo reply_to;
  Time started;
  std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();
  std::uint64_t epoch;                       // of the store when it came in

  // what admit finds out
  std::shared_ptr<const Router> router{};    // keeps the mount alive
  const Mount* mount = nullptr;
  std::string_view inside{};                 // the path inside the mount
  const Route* route = nullptr;
  const Verb* verb = nullptr;
  Captures captured{};
  std::string folded_path{};                 // see folded_path.h
  Fields fields{};
  std::optional<Error> complaint{};          // 404, 405 or a bad field: said only to those who may know
  const Barrier* barrier = nullptr;          // null on routes that work while sealed: they see raw rows
  std::string wrapping{};                    // hash of the wrapping token that the route is about
  Caller caller{};
  Decision decision{};

  // where it stands
  std::size_t next = 0;                      // the step of the road to take next
  Place place = Place::loop;
  std::optional<Op> audited{};               // the operation that the request line in the log names
  std::optional<std::string> heads{};        // the contended key whose line it heads
  unsigned conflicts = 0;
  bool spent = false;                        // the use of a limited token
  bool metered = false;                      // by its rate limit
  bool gathered = false;                     // it waited for the others of its round, to be served with them
  std::vector<std::pair<std::string, std::string>> headers{};  // of its answer, beside those that all have
  std::optional<Transaction> transaction{};  // one from identify to commit: what was judged is a precondition
  std::optional<Intent> intent{};            // of an external verb; none: its plan has answered already
  std::optional<Result<Secret>> outcome{};   // of acting on it
  Result<Reply> reply = Reply::empty();
  Answer answer{};                           // printed before its audit line is written
  Revision revision = 0;
  std::chrono::steady_clock::time_point lap{};  // when the step that is timed now began
  std::string login_role{};                  // where a quota of leases asks for it
  std::vector<HeldPlace> places{};           // under such a quota, for the leases that its commit makes
  std::optional<UnderWay::Entry> listed{};   // last: goes first
};
using Parked = std::unique_ptr<Request>;

}  // namespace sr
