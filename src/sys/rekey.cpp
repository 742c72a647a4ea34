// sys/rekey: new shares of the unseal key, and a new root key under it. Open to whoever has enough shares, as in Vault.
#include "sys/sys.h"
#include "text/base64.h"
#include "text/hex.h"

namespace sr::sys {
namespace {

constexpr IntegerField secret_shares{"secret_shares", "Number of new shares: 1 to 255."};
constexpr IntegerField secret_threshold{"secret_threshold", "Number of them that unseal."};
constexpr FlagField require_verification{"require_verification", "The new shares count only once they have been given back."};
constexpr FlagField backup{"backup", "Keep a copy of the encrypted shares; only with pgp_keys."};
constexpr RefusedField pgp_keys{"pgp_keys", "PGP keys to encrypt the shares with."};
constexpr SecretField key{"key", "One share of the unseal key, in hex or base64."};
constexpr TextField nonce{"nonce", "The nonce of the attempt."};

json::Object shown(const KeyCeremonies::RekeyStatus& status) {
  json::Object data;
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

Result<Secret> share_of(Call& call) {
  if (call[key].reveal().empty()) return fail(Code::invalid, "'key' must be specified in request body as JSON");
  return parse_share(call[key].reveal());
}

}  // namespace

Result<Reply> Sys::read_rekey(Call& call) { return Reply::bare(shown(TRY(core_.ceremonies().rekey_status(call.storage().transaction())))); }

Result<Reply> Sys::start_rekey(Call& call) {
  if (call[backup]) return fail(Code::invalid, "cannot request a backup of the new keys without providing PGP keys for encryption");
  SealConfig wanted;
  wanted.secret_shares = static_cast<std::size_t>(std::clamp<std::int64_t>(call[secret_shares], 0, 10'000));
  wanted.secret_threshold = static_cast<std::size_t>(std::clamp<std::int64_t>(call[secret_threshold], 0, 10'000));
  TRY(core_.ceremonies().start_rekey(wanted, call[require_verification]));
  return read_rekey(call);
}

Result<Reply> Sys::cancel_rekey(Call&) {
  core_.ceremonies().cancel_rekey();
  return Reply::empty();
}

Result<Reply> Sys::update_rekey(Call& call) {
  const Secret share = TRY(share_of(call));
  const auto made = TRY(core_.ceremonies().give_for_rekey(call.storage().transaction(), share.reveal(), call[nonce]));
  if (!made) return read_rekey(call);
  json::Array in_hex, in_base64;
  for (const auto& one : made->shares) {
    std::string text = hex::encode(one.reveal());
    in_hex.add(text);
    wipe(text.data(), text.size());
    text = base64::encode(one.reveal());
    in_base64.add(text);
    wipe(text.data(), text.size());
  }
  json::Object data;
  data.put("nonce", made->nonce)
      .put("complete", true)
      .put("keys", in_hex)
      .put("keys_base64", in_base64)
      .put("pgp_fingerprints", nullptr)
      .put("backup", false)
      .put("verification_required", !made->verification_nonce.empty());
  if (!made->verification_nonce.empty()) data.put("verification_nonce", made->verification_nonce);
  return Reply::bare(std::move(data));
}

Result<Reply> Sys::read_rekey_verification(Call& call) {
  const auto status = TRY(core_.ceremonies().verification_status(call.storage().transaction()));
  json::Object data;
  data.put("nonce", status.verification_nonce).put("started", status.started).put("t", status.threshold).put("n", status.shares).put("progress", status.verified);
  return Reply::bare(std::move(data));
}

Result<Reply> Sys::restart_rekey_verification(Call& call) {
  TRY(core_.ceremonies().restart_verification());
  return read_rekey_verification(call);
}

Result<Reply> Sys::verify_rekey(Call& call) {
  const Secret share = TRY(share_of(call));
  if (!TRY(core_.ceremonies().give_for_verification(call.storage().transaction(), share.reveal(), call[nonce]))) return read_rekey_verification(call);
  json::Object data;
  data.put("nonce", call[nonce]).put("complete", true);
  return Reply::bare(std::move(data));
}

// Shares leave the server unencrypted or not at all, so no copy of them is kept.
Result<Reply> Sys::read_rekey_backup(Call&) { return fail(Code::invalid, "no backed-up keys found"); }
Result<Reply> Sys::delete_rekey_backup(Call&) { return Reply::empty(); }
Result<Reply> Sys::refuse_recovery_rekey(Call&) { return fail(Code::invalid, "recovery rekeying not supported"); }

std::vector<Route> rekey_routes() {
  return {
      {.paths = {"rekey/init"},
       .help = "Begins, shows or ends an attempt to change the shares of the unseal key.",
       .fields = {&secret_shares, &secret_threshold, &require_verification, &backup, &pgp_keys},
       .verbs = {on<&Sys::read_rekey>(Op::read, "Read how far the attempt is."), on<&Sys::start_rekey>(Op::update, "Begin an attempt."),
                 on<&Sys::cancel_rekey>(Op::remove, "End the attempt.")},
       .access = Access::open},
      {.paths = {"rekey/update"},
       .help = "Takes one of the present shares; with the last one that is needed it answers with the new ones.",
       .fields = {&key, &nonce},
       .verbs = {on<&Sys::update_rekey>(Op::update, "Give a share.")},
       .access = Access::open},
      {.paths = {"rekey/verify"},
       .help = "Takes the new shares back, to see that they were received.",
       .fields = {&key, &nonce},
       .verbs = {on<&Sys::read_rekey_verification>(Op::read, "Read how far it is."), on<&Sys::verify_rekey>(Op::update, "Give a new share."),
                 on<&Sys::restart_rekey_verification>(Op::remove, "Begin the verification again.")},
       .access = Access::open},
      {.paths = {"rekey/backup", "rekey/recovery-key-backup"},
       .help = "The copy of the encrypted shares.",
       .verbs = {on<&Sys::read_rekey_backup>(Op::read, "Read it."), on<&Sys::delete_rekey_backup>(Op::remove, "Delete it.")}},
      {.paths = {"rekey-recovery-key/init", "rekey-recovery-key/update", "rekey-recovery-key/verify"},
       .help = "Recovery keys belong to seals that open themselves; this server has none.",
       .verbs = {on<&Sys::refuse_recovery_rekey>(Op::read, "Says so."), on<&Sys::refuse_recovery_rekey>(Op::update, "Says so."),
                 on<&Sys::refuse_recovery_rekey>(Op::remove, "Says so.")},
       .access = Access::open},
  };
}

}  // namespace sr::sys
