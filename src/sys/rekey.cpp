// sys/rekey and sys/rekey-recovery-key, open to whoever has enough shares, as in Vault; and the same as sys/rotate/root and
// sys/rotate/recovery, for those whose token allows it, as in OpenBao.
#include "sys/sys.h"

namespace sr::sys {
namespace {

using Target = Rekeying::Target;

constexpr IntegerField secret_shares{"secret_shares", "Number of new shares: 1 to 255."};
constexpr IntegerField secret_threshold{"secret_threshold", "Number of them that make up the key."};
constexpr FlagField require_verification{"require_verification", "The new shares count only once they have been given back."};
constexpr FlagField backup{"backup", "Keep a copy of the encrypted shares; only with pgp_keys."};
constexpr RefusedField pgp_keys{"pgp_keys", "PGP keys to encrypt the shares with."};
constexpr SecretField key{"key", "One share of the unseal key, or of the recovery key where the seal opens itself, in hex or base64."};
constexpr TextField nonce{"nonce", "The nonce of the attempt."};

// What the path says: one table serves both spellings.
struct Asked {
  bool is_rotate;
  Target target;
  const Rekeying::Spelling& words() const { return is_rotate ? Rekeying::rotate : Rekeying::rekey; }
  // sys/rotate answers in an envelope, sys/rekey without one.
  Reply reply(json::Object data) const { return is_rotate ? Reply::data(std::move(data)) : Reply::bare(std::move(data)); }
};

Asked asked(const Call& call) {
  return {.is_rotate = call.path().starts_with("rotate/"), .target = call.path().contains("recovery") ? Target::recovery : Target::root};
}

// Where shares open the store there is no recovery key, whatever is asked about it.
Result<Asked> checked(const Call& call, const SealChoice& seals) {
  const Asked what = asked(call);
  if (what.target == Target::recovery && !seals.in_use) return fail(Code::invalid, what.is_rotate ? "recovery keys not supported" : "recovery rekeying not supported");
  return what;
}

json::Object shown(const Rekeying::Status& status, const Asked& what) {
  json::Object data;
  if (what.is_rotate) {
    data.put("started", status.started).put("t", status.threshold).put("n", status.shares).put("required", status.required);
    if (status.started)
      data.put("nonce", status.nonce).put("progress", status.progress).put("verification_required", status.verification).put("verification_nonce", status.verification_nonce);
    return data;
  }
  data.put("nonce", status.nonce)
      .put("started", status.started)
      .put("t", status.threshold)
      .put("n", status.shares)
      .put("progress", status.progress)
      .put("required", status.required)
      .put("pgp_fingerprints", nullptr)
      .put("backup", false)
      .put("verification_required", status.verification);
  if (!status.verification_nonce.empty()) data.put("verification_nonce", status.verification_nonce);
  return data;
}

json::Object shown(const Rekeying::NewShares& made, const Asked& what) {
  json::Object data;
  data.put("nonce", made.nonce).put("complete", true);
  put_shares(data, "keys", made.shares);
  data.put("pgp_fingerprints", nullptr).put("backup", false).put("verification_required", !made.verification_nonce.empty());
  if (what.is_rotate || !made.verification_nonce.empty()) data.put("verification_nonce", made.verification_nonce);
  return data;
}

struct Given { Secret share; std::string_view nonce; };

Result<Given> given(Call& call, const Asked& what) {
  if (call[key].reveal().empty()) return fail(Code::invalid, what.is_rotate ? "missing required field 'key'" : "'key' must be specified in request body as JSON");
  if (what.is_rotate && call[nonce].empty()) return fail(Code::invalid, "missing required field 'nonce'");
  return Given{TRY(parse_share(call[key].reveal())), call[nonce]};
}

}  // namespace

Result<Reply> Sys::read_rekey(Call& call) {
  const auto what = TRY(checked(call, core_.seal_state().seals()));
  return what.reply(shown(TRY(core_.rekeying().status(call.storage().transaction(), what.target)), what));
}

Result<Reply> Sys::start_rekey(Call& call) {
  const auto what = TRY(checked(call, core_.seal_state().seals()));
  if (call[backup] && what.target == Target::root && core_.seal_state().seals().in_use)
    return fail(Code::invalid, what.is_rotate ? "key backup not supported when using stored keys" : "cannot request a backup of the new keys without providing PGP keys for encryption");
  if (call[backup]) return fail(Code::invalid, "cannot request a backup of the new keys without providing PGP keys for encryption");
  const auto number = [&](const IntegerField& field) { return static_cast<std::size_t>(std::clamp<std::int64_t>(call[field], 0, 10'000)); };
  const Rekeying::Wanted wanted{.shares = number(secret_shares), .threshold = number(secret_threshold), .verification = call[require_verification]};
  auto& transaction = call.storage().transaction();
  // Only a token may make the first recovery key: there are no shares yet that would have to agree.
  if (what.is_rotate && what.target == Target::recovery)
    if (const auto made = TRY(core_.rekeying().first_recovery_key(transaction, what.words(), wanted)))
      return what.reply(std::move(shown(*made, what)).set("t", wanted.threshold).set("n", wanted.shares));
  TRY(core_.rekeying().start(transaction, what.target, what.words(), wanted));
  return read_rekey(call);
}

Result<Reply> Sys::cancel_rekey(Call& call) {
  core_.rekeying().cancel(TRY(checked(call, core_.seal_state().seals())).target);
  return Reply::empty();
}

Result<Reply> Sys::update_rekey(Call& call) {
  const auto what = TRY(checked(call, core_.seal_state().seals()));
  const auto one = TRY(given(call, what));
  const auto made = TRY(core_.rekeying().give(call.storage().transaction(), what.target, what.words(), one.share.reveal(), one.nonce));
  return made ? what.reply(shown(*made, what)) : read_rekey(call);
}

Result<Reply> Sys::read_rekey_verification(Call& call) {
  const auto what = TRY(checked(call, core_.seal_state().seals()));
  const auto status = TRY(core_.rekeying().verification_status(call.storage().transaction(), what.target, what.words()));
  json::Object data;
  data.put("nonce", status.verification_nonce).put("started", status.started).put("t", status.threshold).put("n", status.shares).put("progress", status.verified);
  return what.reply(std::move(data));
}

Result<Reply> Sys::restart_rekey_verification(Call& call) {
  core_.rekeying().restart_verification(TRY(checked(call, core_.seal_state().seals())).target);
  return read_rekey_verification(call);
}

Result<Reply> Sys::verify_rekey(Call& call) {
  const auto what = TRY(checked(call, core_.seal_state().seals()));
  const auto one = TRY(given(call, what));
  if (!TRY(core_.rekeying().verify(call.storage().transaction(), what.target, what.words(), one.share.reveal(), one.nonce))) return read_rekey_verification(call);
  json::Object data;
  data.put("nonce", one.nonce).put("complete", true);
  return what.reply(std::move(data));
}

// Shares leave the server unencrypted or not at all, so no copy of them is kept.
Result<Reply> Sys::read_rekey_backup(Call&) { return fail(Code::invalid, "no backed-up keys found"); }
Result<Reply> Sys::delete_rekey_backup(Call&) { return Reply::empty(); }

std::vector<Route> rekey_routes() {
  std::vector<Route> routes;
  struct Group { std::vector<std::string_view> init, update, verify; Access access; };
  for (const Group& group : {Group{{"rekey/init", "rekey-recovery-key/init"}, {"rekey/update", "rekey-recovery-key/update"}, {"rekey/verify", "rekey-recovery-key/verify"}, Access::open},
                             Group{{"rotate/root/init", "rotate/recovery/init"}, {"rotate/root/update", "rotate/recovery/update"}, {"rotate/root/verify", "rotate/recovery/verify"}, Access::token}}) {
    routes.push_back({.paths = group.init,
                      .help = "Begins, shows or ends an attempt to change the root key and the shares of the unseal key, or those of the recovery key.",
                      .fields = {&secret_shares, &secret_threshold, &require_verification, &backup, &pgp_keys},
                      .verbs = {on<&Sys::read_rekey>(Op::read, "Read how far the attempt is."), on<&Sys::start_rekey>(Op::update, "Begin an attempt."),
                                on<&Sys::cancel_rekey>(Op::remove, "End the attempt.")},
                      .access = group.access});
    routes.push_back({.paths = group.update,
                      .help = "Takes one of the present shares; with the last one that is needed it answers with the new ones.",
                      .fields = {&key, &nonce},
                      .verbs = {on<&Sys::update_rekey>(Op::update, "Give a share.")},
                      .access = group.access,
                      .told_once = true});
    routes.push_back({.paths = group.verify,
                      .help = "Takes the new shares back, to see that they were received.",
                      .fields = {&key, &nonce},
                      .verbs = {on<&Sys::read_rekey_verification>(Op::read, "Read how far it is."), on<&Sys::verify_rekey>(Op::update, "Give a new share."),
                                on<&Sys::restart_rekey_verification>(Op::remove, "Begin the verification again.")},
                      .access = group.access});
  }
  routes.push_back({.paths = {"rekey/backup", "rekey/recovery-key-backup", "rotate/root/backup", "rotate/recovery/backup"},
                    .help = "The copy of the encrypted shares.",
                    .verbs = {on<&Sys::read_rekey_backup>(Op::read, "Read it."), on<&Sys::delete_rekey_backup>(Op::remove, "Delete it.")}});
  return routes;
}

}  // namespace sr::sys
