// operator generate-root: a root token made of key shares, for when no other is left.
#include "base/random.h"
#include "cli/bare_answer.h"
#include "cli/commands.h"
#include "cli/go_text.h"
#include "cli/ordered_json.h"
#include "cli/pgp_keys.h"
#include "cli/share_input.h"
#include "text/base64.h"

namespace sr::cli {
namespace {

constexpr std::int64_t otp_size_of_old_servers = 26, otp_size_most = 1024;

// Whoever has enough shares needs no token at sys/generate-root. OpenBao closes that unless its listener says otherwise, and has the same
// for those with a token elsewhere.
template <class Send> auto send_either(Call& call, const std::string& step, Send send) {
  if (call.flags.on("recovery-token")) return send("sys/generate-recovery-token/" + step);
  auto sent = send("sys/generate-root/" + step);
  const bool closed = !sent && (sent.error().status == 404 || sent.error().status == 405);
  return closed ? send("sys/generate-root-token/" + step) : std::move(sent);
}

Outcome<std::unique_ptr<BareAnswer>> ask_either(Call& call, std::string_view method, const std::string& step, const std::optional<std::string>& body = {}) {
  return send_either(call, step, [&](std::string path) { return ask(call, {.method = std::string(method), .path = std::move(path), .body = body}); });
}

Outcome<std::unique_ptr<BareAnswer>> read_status(Call& call) { return ask_either(call, "GET", "attempt"); }

int show(Call& call, const BareAnswer& status) {
  const auto number = [&status](std::string_view key) { return std::to_string(status.number(key)); };
  if (!call.table()) {
    OrderedObject body;
    body.put("nonce", status.string("nonce")).put("started", status.flag("started"));
    body.put("progress", status.number("progress")).put("required", status.number("required")).put("complete", status.flag("complete"));
    for (const std::string_view key : {"encoded_token", "encoded_root_token", "pgp_fingerprint", "otp"}) body.put(key, status.string(key));
    body.put("otp_length", status.number("otp_length"));
    return print_json(call.ui, call.style, body.text());
  }
  std::vector<Row> rows{{"Nonce", status.string("nonce")},
                        {"Started", go_bool(status.flag("started"))},
                        {"Progress", number("progress") + "/" + number("required")},
                        {"Complete", go_bool(status.flag("complete"))}};
  const auto add = [&](const char* title, std::string_view key) {
    if (!status.string(key).empty()) rows.push_back({title, status.string(key)});
  };
  add("PGP Fingerprint", "pgp_fingerprint");
  if (!status.string("encoded_token").empty()) add("Encoded Token", "encoded_token");
  else add("Encoded Root Token", "encoded_root_token");
  if (!status.string("otp").empty()) {
    call.ui.warn(wrap_lines("A One-Time-Password has been generated for you and is shown in the OTP field. You will need this value to decode the resulting root token, so keep it safe."));
    add("OTP", "otp");
  }
  if (status.number("otp_length") != 0) rows.push_back({"OTP Length", number("otp_length")});
  call.ui.out(print_columns(rows));
  return success;
}

int show_status(Call& call) {
  const auto status = read_status(call);
  if (!status) return call.refused("Error getting root generation status", status.error());
  return show(call, **status);
}

// A secret that stands alone in a table's place; a program gets it as the field `name`.
int show_secret(Call& call, std::string_view name, std::string_view value, std::int64_t length = 0) {
  if (call.table()) {
    call.ui.out_raw(value);
    return success;
  }
  json::Object body;
  body.put(name, value);
  if (length > 0) body.put("otp_length", length);
  return print_json(call.ui, call.style, body.text());
}

int generate_otp(Call& call) {
  const auto status = read_status(call);
  if (!status) return call.refused("Error getting root generation status", status.error());
  std::int64_t length = (*status)->number("otp_length");
  if (length <= 0) length = otp_size_of_old_servers;
  if (length > otp_size_most) return call.failed("Error getting root generation status: no token is as long as the server says");
  SystemRandom random;
  return show_secret(call, "otp", random_base62(random, static_cast<std::size_t>(length)), length);
}

// Takes the token from under the one-time pad. Nothing of it is sent anywhere.
Result<Secret> decode_token(std::string_view encoded, std::string_view otp) {
  while (encoded.ends_with('=')) encoded.remove_suffix(1);
  Buffer token;
  if (!base64::decode_as_go(token, encoded, base64::Form::standard_raw)) {
    const std::size_t wrong = std::min(encoded.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), encoded.size());
    return fail(Code::invalid, "error decoding base64'd token: illegal base64 data at input byte " + std::to_string(wrong));
  }
  if (token.size() != otp.size()) {
    return fail(Code::invalid, "error xoring token: length of byte slices is not equivalent: " + std::to_string(token.size()) + " != " + std::to_string(otp.size()));
  }
  for (std::size_t i = 0; i < otp.size(); ++i) token.data()[i] = static_cast<char>(token.data()[i] ^ otp[i]);
  return Secret(token.view());
}

int decode(Call& call) {
  const std::string& otp = call.flags.text("otp");
  std::string encoded = call.flags.text("decode");
  if (otp.empty()) return call.wrong("Missing otp: use -otp to supply it");
  if (encoded == "-") {
    auto piped = call.interactive() ? read_standard_input() : Result<std::string>("");
    if (!piped) return call.wrong("Failed to read from stdin: " + piped.error().message);
    encoded = std::move(*piped);
    if (encoded.empty()) return call.wrong("Missing encoded value. When using -decode=\"-\" value must be passed via stdin.");
  }
  const auto token = decode_token(trimmed(encoded), otp);
  if (!token) return call.wrong("Error decoding root token: " + token.error().message);
  return show_secret(call, "token", token->reveal());
}

int start(Call& call) {
  const auto keys = pgp_keys(call, "pgp-key");
  if (!keys) return keys.error();
  if (keys->size() > 1) return call.wrong("invalid value " + go_quote(call.flags.text("pgp-key")) + " for flag -pgp-key: can only specify one pgp key");
  const std::string& otp = call.flags.text("otp");
  if (!otp.empty() && !keys->empty()) return call.wrong("Error initializing: cannot specify both -otp and -pgp-key");
  json::Object body;
  body.put("otp", otp);
  if (!keys->empty()) body.put("pgp_key", keys->front());
  const auto status = ask_either(call, "PUT", "attempt", body.text());
  if (!status) return call.refused("Error initializing root generation", status.error());
  return show(call, **status);
}

int cancel(Call& call) {
  const auto done = send_either(call, "attempt", [&](std::string path) { return tell(call, {.method = "DELETE", .path = std::move(path)}); });
  if (!done) return call.refused("Error canceling root token generation", done.error());
  call.ui.out("Success! Root token generation canceled (if it was started)");
  return success;
}

int provide(Call& call) {
  const auto status = read_status(call);
  if (!status) return call.refused("Error getting root generation status", status.error());
  if (!(*status)->flag("started")) {
    call.ui.error(wrap_lines("No root generation is in progress. Start a root generation by running \"" + std::string(call.program) + " operator generate-root -init\"."));
    call.ui.warn(wrap_lines("If starting root generation using the OTP method and generating your own OTP, the length of the OTP string needs to be " +
                            std::to_string((*status)->number("otp_length")) + " characters in length."));
    return local_error;
  }
  const auto input = read_share(call, {.title = "Operation nonce", .nonce = (*status)->string("nonce")});
  if (!input) return input.error();
  json::Object body;
  body.put("key", input->share.reveal()).put("nonce", input->nonce);
  const auto after = ask_either(call, "PUT", "update", body.text());
  if (!after) return call.refused("Error posting unseal key", after.error());
  return show(call, **after);
}

int generate_root(Call& call) {
  if (call.flags.on("generate-otp")) return generate_otp(call);
  if (!call.flags.text("decode").empty()) return decode(call);
  if (call.flags.on("cancel")) return cancel(call);
  if (call.flags.on("init")) return start(call);
  if (call.flags.on("status")) return show_status(call);
  return provide(call);
}

constexpr Flag flags[] = {
    {.name = "init", .type = FlagType::boolean, .help = "Begin. Only one attempt can be under way.", .standard = "false"},
    {.name = "cancel", .type = FlagType::boolean, .help = "End the attempt, and forget the shares that were entered.", .standard = "false"},
    {.name = "status", .type = FlagType::boolean, .help = "Only show how far the attempt is.", .standard = "false"},
    {.name = "generate-otp", .type = FlagType::boolean, .help = "Print a one-time pad for -otp.", .standard = "false"},
    {.name = "otp", .help = "The one-time pad that the token leaves the server under, for -init and -decode. Without one, -init lets the server make one, and shows it."},
    {.name = "decode", .help = "Print the token: the argument is what the last share was answered with, or \"-\" for standard input. Needs -otp. Nothing is sent."},
    {.name = "nonce", .help = "The nonce of the attempt, which -init and -status show. Goes with each share that is not typed at a terminal."},
    {.name = "pgp-key", .help = "File with the public PGP key that the token is encrypted with, instead of a one-time pad."},
    {.name = "recovery-token", .type = FlagType::boolean, .help = "Make the token of a server in recovery mode.", .standard = "false"},
};

constexpr Example examples[] = {
    {"Begin, and keep the one-time pad that is shown:", "operator generate-root -init"},
    {"Enter a share; it is not shown:", "operator generate-root"},
    {"From a script:", "operator generate-root -nonce=\"$NONCE\" - < share"},
    {"Take the token from under the pad:", "operator generate-root -decode=\"$ENCODED\" -otp=\"$OTP\""},
};

constexpr Command commands[] = {
    {.name = "operator generate-root", .summary = "Generates a new root token", .arguments = "[options] [KEY]",
     .text = "Makes a root token when as many key shares were entered as are needed to unseal. It leaves the server under a one-time pad, so that who sees the last answer has no token yet. Revoke it "
             "when the work is done.\n\nA share on the command line ends up in the shell's history: type it, or pipe it in with \"-\".",
     .examples = examples, .flags = flags, .output = format, .arity = {0, 1, "0-1"}, .run = generate_root},
};

}  // namespace

std::span<const Command> operator_generate_root_command() { return commands; }

}  // namespace sr::cli
