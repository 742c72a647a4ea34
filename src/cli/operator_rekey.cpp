// operator rekey: new shares of the unseal key, given out once enough of the present ones came in.
#include "cli/bare_answer.h"
#include "cli/commands.h"
#include "cli/go_text.h"
#include "cli/ordered_json.h"
#include "cli/pgp_keys.h"
#include "cli/progress.h"
#include "cli/share_input.h"

namespace sr::cli {
namespace {

struct Target {
  std::string_view path;    // of the attempt
  std::string_view backup;  // of the copies of encrypted shares
  std::string_view kind;    // of key
};
constexpr Target barrier{"sys/rekey", "sys/rekey/backup", "Unseal"};
constexpr Target recovery{"sys/rekey-recovery-key", "sys/rekey/recovery-key-backup", "Recovery"};

const Target* find_target(Call& call) {
  const std::string name = lower_case(trimmed(call.flags.text("target")));
  return name == "barrier" ? &barrier : name == "recovery" || name == "hsm" ? &recovery : nullptr;
}

std::string path_of(Call& call, const Target& target, std::string_view step) {
  return std::string(target.path) + (call.flags.on("verify") ? "/verify" : "/" + std::string(step));
}

// How far an attempt is: of the rekeying, or of its verification.
int show_attempt(Call& call, const BareAnswer& status) {
  const auto number = [&status](std::string_view key) { return std::to_string(status.number(key)); };
  const bool started = status.flag("started");
  std::vector<Row> rows{{"Key", "Value"}, {"Nonce", status.string("nonce")}, {"Started", go_bool(started)}};
  if (started) {
    rows.push_back({"Progress", number("progress") + "/" + number("required") + (status.number("progress") == status.number("required") ? " (verification in progress)" : "")});
    if (status.number("n") > 0) rows.push_back({"New Shares", number("n")});
    if (status.number("t") > 0) rows.push_back({"New Threshold", number("t")});
    rows.push_back({"Verification Required", go_bool(status.flag("verification_required"))});
    if (!status.string("verification_nonce").empty()) rows.push_back({"Verification Nonce", status.string("verification_nonce")});
  }
  if (const json::Value* prints = status.find("pgp_fingerprints"); !texts_of(prints).empty()) {
    rows.push_back({"PGP Fingerprints", go_value(*prints)});
    rows.push_back({"Backup", go_bool(status.flag("backup"))});
  }
  OrderedObject body;
  body.put("nonce", status.string("nonce")).put("started", started);
  for (const std::string_view key : {"t", "n", "progress", "required"}) body.put(key, status.number(key));
  body.put_raw("pgp_fingerprints", status.list_json("pgp_fingerprints"));
  body.put("backup", status.flag("backup")).put("verification_required", status.flag("verification_required")).put("verification_nonce", status.string("verification_nonce"));
  return print_rows(call.ui, call.style, std::move(rows), body.text());
}

int show_verification(Call& call, const BareAnswer& status) {
  const auto number = [&status](std::string_view key) { return std::to_string(status.number(key)); };
  OrderedObject body;
  body.put("nonce", status.string("nonce")).put("started", status.flag("started"));
  for (const std::string_view key : {"t", "n", "progress"}) body.put(key, status.number(key));
  return print_rows(call.ui, call.style,
                    {{"Key", "Value"},
                     {"Started", go_bool(status.flag("started"))},
                     {"New Shares", number("n")},
                     {"New Threshold", number("t")},
                     {"Verification Nonce", status.string("nonce")},
                     {"Verification Progress", number("progress") + "/" + number("t")}},
                    body.text());
}

int show_status(Call& call, const Target& target, bool verification) {
  const auto status = ask(call, {.method = "GET", .path = std::string(target.path) + (verification ? "/verify" : "/init")});
  if (!status) return call.refused("Error reading rekey status", status.error());
  return verification ? show_verification(call, **status) : show_attempt(call, **status);
}

int start(Call& call, const Target& target) {
  const auto keys = pgp_keys(call, "pgp-keys");
  if (!keys) return keys.error();
  json::Object body;
  body.put("secret_shares", call.flags.number("key-shares")).put("secret_threshold", call.flags.number("key-threshold"));
  if (!keys->empty()) body.put_raw("pgp_keys", json_list(*keys));
  body.put("backup", call.flags.on("backup")).put("require_verification", call.flags.on("verify"));
  const auto status = ask(call, {.method = "PUT", .path = std::string(target.path) + "/init", .body = body.text()});
  if (!status) return call.refused("Error initializing rekey", status.error());
  const std::string kind = lower_case(target.kind);
  if (call.table() && keys->empty() && !call.flags.on("verify")) {
    call.ui.warn(wrap_lines("WARNING! The new " + kind + " keys are shown once, and take the place of the present ones before you have seen them: if they are lost on the way, there is no "
                            "recovery. Consider canceling this operation (-cancel) and beginning again with -verify: then the present keys stay good until the new ones have been given."));
    call.ui.out("");
  } else if (call.table() && !keys->empty() && !call.flags.on("backup")) {
    call.ui.warn(wrap_lines("WARNING! You are using PGP keys for encrypted the resulting " + kind + " keys, but you did not enable the option to backup the keys to " +
                            std::string(call.product()) + "'s core. If you lose the encrypted keys after they are returned, you will not be able to recover them. Consider canceling this "
                            "operation and re-running with -backup to allow recovery of the encrypted unseal keys in case of emergency. You can delete the backed up keys later using the "
                            "-delete flag."));
    call.ui.out("");
  }
  return show_attempt(call, **status);
}

int cancel(Call& call, const Target& target) {
  if (const auto done = tell(call, {.method = "DELETE", .path = path_of(call, target, "init")}); !done) return call.refused("Error canceling rekey", done.error());
  call.ui.out("Success! Canceled rekeying (if it was started)");
  return success;
}

// The new shares, and what their holders must know. `status` is of the attempt that made them.
int show_shares(Call& call, const Target& target, const BareAnswer& status, const BareAnswer& made) {
  const auto hex = texts_of(made.find("keys")), base64 = texts_of(made.find("keys_base64")), prints = texts_of(made.find("pgp_fingerprints"));
  const std::string product(call.product());
  const auto& shown = base64.size() == hex.size() ? base64 : hex;
  call.ui.out("");
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const std::string number = "Key " + std::to_string(i + 1);
    call.ui.out(number + (i < prints.size() ? " fingerprint: " + std::string(prints[i]) + "; value: " : ": ") + std::string(shown[i]));
  }
  if (shown.empty()) {
    call.ui.out("\nBarrier root key rotated using recovery keys.");
    return success;
  }
  if (!made.string("nonce").empty()) call.ui.out("\nOperation nonce: " + made.string("nonce"));
  const bool of_barrier = &target == &barrier;
  const std::string kind = of_barrier ? "unseal" : "recovery", shares = std::to_string(status.number("n")), threshold = std::to_string(status.number("t"));
  if (!prints.empty() && made.flag("backup")) {
    call.ui.out("\n" + wrap_lines("The encrypted " + kind + " keys are backed up to \"core/" + kind + "-keys-backup\" in the storage backend. Remove these keys at any time using \"" +
                                  std::string(call.program) + " operator rekey -backup-delete" + (of_barrier ? "" : " -target=recovery") + "\". " + product +
                                  " does not automatically remove these keys."));
  }
  const std::string count = shares + " key shares and a key threshold of " + threshold;
  if (!status.flag("verification_required")) {
    call.ui.out("\n" + wrap_lines(product + " " + kind + " keys rekeyed to " + count + ". Please securely distribute the key shares printed above." +
                                  (of_barrier ? " When " + product + " is re-sealed, restarted, or stopped, you must supply at least " + threshold +
                                                    " of these keys to unseal it before it can start servicing requests."
                                              : "")));
    return success;
  }
  call.ui.out("\n" + wrap_lines(product + " has created a new " + kind + " key, split into " + count +
                                ". These will not be active until after verification is complete. Please securely distribute the key shares printed above." +
                                (of_barrier ? " When  " + product + " is re-sealed, restarted, or stopped, you must supply at least " + threshold +
                                                  " of these keys to unseal it before it can start servicing requests."
                                            : "")));
  call.ui.out("");
  call.ui.warn(wrap_lines("Again, these key shares are _not_ valid until verification is performed. Do not lose or discard your current key shares until after verification is complete or "
                          "you will be unable to " + std::string(of_barrier ? "unseal " : "authenticate with ") + product + ". If you cancel the rekey process or seal " + product +
                          " before verification is complete the new shares will be discarded and the current shares will remain valid."));
  call.ui.out("");
  call.ui.warn(wrap_lines("The current verification status, including initial nonce, is shown below."));
  call.ui.out("");
  return show_status(call, target, true);
}

int provide(Call& call, const Target& target) {
  const bool verify = call.flags.on("verify");
  const auto status = ask(call, {.method = "GET", .path = path_of(call, target, "init")});
  if (!status) return call.refused("Error getting rekey status", status.error());
  if (!(*status)->flag("started"))
    return call.wrong(wrap_lines("No rekey is in progress. Start a rekey process by running \"" + std::string(call.program) + " operator rekey -init\"."));
  const auto input = read_share(call, {.kind = target.kind, .title = "Rekey operation nonce", .nonce = (*status)->string("nonce")});
  if (!input) return input.error();
  json::Object body;
  body.put("key", input->share.reveal()).put("nonce", input->nonce);
  Progress progress(call.ui, "Rekeying");
  const auto made = ask(call, {.method = "PUT", .path = path_of(call, target, "update"), .body = body.text()});
  progress.done();
  if (!made) return call.refused("Error posting unseal key", made.error());
  if (!(*made)->flag("complete")) return show_status(call, target, verify);
  if (verify) {
    call.ui.out(wrap_lines("Rekey verification successful. The rekey operation is complete and the new keys are now active."));
    return success;
  }
  if (call.table()) return show_shares(call, target, **status, **made);
  OrderedObject out;
  out.put("nonce", (*made)->string("nonce")).put("complete", true);
  for (const std::string_view key : {"keys", "keys_base64", "pgp_fingerprints"}) out.put_raw(key, (*made)->list_json(key));
  out.put("backup", (*made)->flag("backup")).put("verification_required", (*made)->flag("verification_required"));
  if (!(*made)->string("verification_nonce").empty()) out.put("verification_nonce", (*made)->string("verification_nonce"));
  return print_json(call.ui, call.style, out.text());
}

int retrieve_backup(Call& call, const Target& target) {
  const MaybeAnswer answer = call.session().fetch(std::string(target.backup));
  if (!answer) return call.refused("Error retrieving rekey backed up keys", answer.error());
  return *answer ? call.show(**answer) : success;
}

int delete_backup(Call& call, const Target& target) {
  if (const auto done = tell(call, {.method = "DELETE", .path = std::string(target.backup)}); !done) return call.refused("Error deleting rekey backed up keys", done.error());
  call.ui.out("Success! Deleted backed up keys (if they existed)");
  return success;
}

int rekey(Call& call) {
  const Target* target = find_target(call);
  if (target == nullptr) return call.wrong("Unknown target: " + call.flags.text("target"));
  if (call.flags.on("backup-delete")) return delete_backup(call, *target);
  if (call.flags.on("backup-retrieve")) return retrieve_backup(call, *target);
  if (call.flags.on("cancel")) return cancel(call, *target);
  if (call.flags.on("init")) return start(call, *target);
  if (call.flags.on("status")) return show_status(call, *target, call.flags.on("verify"));
  return provide(call, *target);
}

constexpr Flag flags[] = {
    {.name = "init", .type = FlagType::boolean, .help = "Begin, with -key-shares and -key-threshold. Only one attempt can be under way.", .standard = "false"},
    {.name = "cancel", .type = FlagType::boolean, .help = "End the attempt, and forget the shares that were entered. With -verify: begin the verification again.", .standard = "false"},
    {.name = "status", .type = FlagType::boolean, .help = "Only show how far the attempt is.", .standard = "false"},
    {.name = "key-shares", .type = FlagType::integer, .help = "Into how many shares the new key is split.", .standard = "5", .alias = "n"},
    {.name = "key-threshold", .type = FlagType::integer, .help = "How many of them are needed.", .standard = "3", .alias = "t"},
    {.name = "nonce", .help = "The nonce of the attempt, which -init and -status show. Goes with each share that is not typed at a terminal."},
    {.name = "target", .help = "Whose shares: \"barrier\", or \"recovery\" for the recovery key of a server that unseals itself.", .standard = "barrier"},
    {.name = "verify", .type = FlagType::boolean, .help = "With -init: the new shares count only once enough of them were given back. Otherwise: this is about that verification.", .standard = "false"},
    {.name = "pgp-keys", .help = "Files with public PGP keys, separated by commas, one for each share, which is then encrypted with it."},
    {.name = "backup", .type = FlagType::boolean, .help = "Keep a copy of the encrypted shares in the server's storage. Needs -pgp-keys.", .standard = "false"},
    {.name = "backup-retrieve", .type = FlagType::boolean, .help = "Show that copy.", .standard = "false"},
    {.name = "backup-delete", .type = FlagType::boolean, .help = "Delete it.", .standard = "false"},
};

constexpr Example examples[] = {
    {"Begin, for seven people, four of whom are needed:", "operator rekey -init -key-shares=7 -key-threshold=4"},
    {"Enter a present share; it is not shown:", "operator rekey"},
    {"From a script:", "operator rekey -nonce=\"$NONCE\" - < share"},
    {"Give up:", "operator rekey -cancel"},
};

constexpr std::string_view text =
    "Changes the shares of the unseal key: how many there are, how many are needed, who holds them. As many of the present shares as are needed to unseal must be entered; with the last one "
    "the new shares are printed, and the present ones are worth nothing any more. The server goes on answering meanwhile.\n\nA share on the command line ends up in the shell's history: type it, "
    "or pipe it in with \"-\".";

constexpr Command commands[] = {
    {.name = "operator rekey", .summary = "Generates new unseal keys", .arguments = "[options] [KEY]", .text = text,
     .examples = examples, .flags = flags, .output = format, .arity = {0, 1, "0-1"}, .run = rekey},
    {.name = "operator rotate-keys", .summary = "Generates new unseal keys", .arguments = "[options] [KEY]", .text = text,
     .examples = examples, .flags = flags, .output = format, .arity = {0, 1, "0-1"}, .run = rekey},
};

}  // namespace

std::span<const Command> operator_rekey_command() { return commands; }

}  // namespace sr::cli
