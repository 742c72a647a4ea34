#include "fakes/lender.h"
#include "base/concat.h"

namespace sr::test {

void Bank::set(Mood mood) {
  std::lock_guard lock(mutex_);
  mood_ = mood;
  changed_.notify_all();
}
std::set<std::string> Bank::users() const {
  std::lock_guard lock(mutex_);
  return users_;
}
int Bank::revocations() const {
  std::lock_guard lock(mutex_);
  return revocations_;
}
int Bank::hanging() const {
  std::lock_guard lock(mutex_);
  return hanging_;
}

Result<void> Bank::by_mood(std::unique_lock<std::mutex>& lock) {
  ++hanging_;
  changed_.wait(lock, [this] { return mood_ != Mood::hanging; });
  --hanging_;
  if (mood_ == Mood::failing) return fail(Code::upstream, "connection refused");
  if (mood_ == Mood::refusing) return fail(Code::invalid, "no such role");
  return {};
}
Result<void> Bank::make(const std::string& user) {
  std::unique_lock lock(mutex_);
  TRY(by_mood(lock));
  users_.insert(user);
  return {};
}
Result<void> Bank::take_back(const std::string& user) {
  std::unique_lock lock(mutex_);
  ++revocations_;
  TRY(by_mood(lock));
  users_.erase(user);  // gone already is no error
  return {};
}
Result<void> Bank::prolong(const std::string& user) {
  std::unique_lock lock(mutex_);
  TRY(by_mood(lock));
  if (!users_.contains(user)) return fail(Code::invalid, "no such user");
  return {};
}

namespace {

constexpr TextField name{"name", "What the secret is called."};
constexpr DurationField ttl{"ttl", "For how long."};
constexpr DurationField ttl_max{"ttl_max", "At most, with all renewals."};
constexpr FlagField renewable{"renewable", "May it be prolonged?", "true"};

class Lender final : public Engine {
 public:
  explicit Lender(Bank& bank) : bank_(bank) {}

  // ---- creds: rows alone
  Result<Reply> lend(Call& call) {
    const std::string drawn = random_base62(call.host().random(), 8);
    TRY(call.storage().put(concat("creds/", drawn), Secret("")));
    return with_lease(call, "row", drawn);
  }
  Result<void> end_row(Call& call, const HeldLease& lease) { return call.storage().remove(concat("creds/", lease.kept.reveal())); }
  // How many are out, so that a test sees that rows go with their leases.
  Result<Reply> count(Call& call) {
    json::Object data;
    data.put("count", TRY(call.storage().list("creds/")).size());
    return Reply::data(std::move(data));
  }

  // ---- users: outside
  Result<Planned> plan(Call& call) { return Intent{.what = Secret(concat(call[name], "-", random_base62(call.host().random(), 8))), .lends = true}; }
  Result<Secret> act(const Intent& intent, Attempt attempt) {
    const std::string user(intent.what.reveal());
    if (attempt == Attempt::first) TRY(bank_.make(user));
    else TRY(bank_.take_back(user));  // nobody has got it
    return Secret(user);
  }
  Result<Reply> settle(Call& call, const Intent& intent, const Result<Secret>& outcome) {
    if (!outcome) return Reply::refuse(outcome.error());
    return with_lease(call, "user", std::string(intent.what.reveal()));
  }
  Result<Intent> plan_user(Call&, const HeldLease& lease) { return Intent{lease.kept.copy()}; }
  Result<void> take_back_user(const Intent& intent) { return bank_.take_back(std::string(intent.what.reveal())); }
  Result<void> prolong_user(const Intent& intent) { return bank_.prolong(std::string(intent.what.reveal())); }

 private:
  static Result<Reply> with_lease(Call& call, std::string_view kind, const std::string& kept) {
    json::Object data;
    data.put("secret", kept);
    return Reply::data(std::move(data)).lease({.kind = kind, .ttl = call[ttl], .ttl_max = call[ttl_max], .renewable = call[renewable], .kept = Secret(kept)});
  }
  Bank& bank_;
};

}  // namespace

Spec lender(Bank& bank) {
  const FieldList fields{&name, &ttl, &ttl_max, &renewable};
  return {
      .type = "lender",
      .help = "Lends secrets.",
      .routes = {{.paths = {"creds"}, .help = "How many are out.", .verbs = {on<&Lender::count>(Op::read, "Count.")}},
                 {.paths = {"creds/{name...}"}, .help = "A secret that is a row.", .fields = fields, .verbs = {on<&Lender::lend>(Op::update, "Lend one.")}},
                 {.paths = {"users/{name}"}, .help = "A user outside.", .fields = fields,
                  .verbs = {outside<&Lender::plan, &Lender::act, &Lender::settle>(Op::update, "Make one.")}}},
      .make = [&bank](const Mounted&) { return std::make_unique<Lender>(bank); },
      .secrets = {{.name = "row", .revoke = {.settle = &thunk<&Lender::end_row, Result<void>, Call&, const HeldLease&>}},
                  {.name = "user",
                   .revoke = {.plan = &thunk<&Lender::plan_user, Result<Intent>, Call&, const HeldLease&>, .act = &thunk<&Lender::take_back_user, Result<void>, const Intent&>},
                   .renew = {.plan = &thunk<&Lender::plan_user, Result<Intent>, Call&, const HeldLease&>, .act = &thunk<&Lender::prolong_user, Result<void>, const Intent&>}}},
  };
}

}  // namespace sr::test
