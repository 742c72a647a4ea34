// sys/generate-root, sys/generate-root-token: a root token for those who have enough shares, when no other is left. It leaves under a
// one-time pad.
#include "sys/sys.h"
#include "text/base64.h"

namespace sr::sys {
namespace {

constexpr TextField otp{"otp", "A one-time pad as long as a token; made by the server when it is missing."};
constexpr RefusedField pgp_key{"pgp_key", "A PGP key to encrypt the token with."};
constexpr SecretField key{"key", "One share of the unseal key, or of the recovery key where the seal opens itself, in hex or base64."};
constexpr TextField nonce{"nonce", "The nonce of the attempt."};
constexpr SecretField encoded_token{"encoded_token", "The token as it came."};
constexpr SecretField pad{"otp", "The one-time pad that it is under."};

// sys/generate-root-token, of OpenBao, asks for a token beside the shares and answers in an envelope.
bool needs_token(const Call& call) { return call.path().starts_with("generate-root-token"); }

Reply shown(const Call& call, const RootGeneration::Status& status, std::string_view made_otp, std::size_t otp_size) {
  const bool complete = !status.encoded_token.empty(), is_update = otp_size == 0;
  json::Object data;
  data.put("started", status.started).put("progress", status.progress).put("required", status.required).put("complete", complete);
  if (needs_token(call)) {
    if (status.started) data.put("nonce", status.nonce).put("pgp_fingerprint", "");
    if (is_update) data.put("encoded_token", status.encoded_token.reveal());
    else data.put("otp", made_otp).put("otp_length", otp_size);
    return Reply::data(std::move(data));
  }
  data.put("nonce", status.nonce)
      .put("encoded_token", status.encoded_token.reveal())
      .put("encoded_root_token", status.encoded_token.reveal())
      .put("pgp_fingerprint", "")
      .put("otp", made_otp)
      .put("otp_length", otp_size);
  return Reply::bare(std::move(data));
}

}  // namespace

Result<Reply> Sys::read_root_generation(Call& call) {
  return shown(call, TRY(core_.root_generation().status(call.storage().transaction())), "", RootGeneration::otp_size);
}

Result<Reply> Sys::start_root_generation(Call& call) {
  const Secret made(call[otp].empty() ? random_base62(core_.random(), RootGeneration::otp_size) : "");
  TRY(core_.root_generation().start(made.empty() ? call[otp] : made.reveal()));
  return shown(call, TRY(core_.root_generation().status(call.storage().transaction())), made.reveal(), RootGeneration::otp_size);
}

Result<Reply> Sys::cancel_root_generation(Call&) {
  core_.root_generation().cancel();
  return Reply::empty();
}

Result<Reply> Sys::update_root_generation(Call& call) {
  if (needs_token(call)) {
    if (call[nonce].empty()) return fail(Code::invalid, "nonce is required");
    if (call[key].reveal().empty()) return fail(Code::invalid, "key is required");
  }
  if (call[key].reveal().empty()) return fail(Code::invalid, "'key' must be specified in request body as JSON");
  const Secret share = TRY(parse_share(call[key].reveal()));
  return shown(call, TRY(core_.root_generation().give(call.storage().transaction(), share.reveal(), call[nonce])), "", 0);
}

Result<Reply> Sys::decode_token(Call& call) {
  const std::string_view text = call[encoded_token].reveal(), under = call[pad].reveal();
  if (text.empty() || under.empty()) return fail(Code::invalid, "provided 'encoded_token' or 'otp' is empty");
  std::string padded(text);
  while (padded.ends_with('=')) padded.pop_back();
  padded.append((4 - padded.size() % 4) % 4, '=');
  Buffer bytes;
  const bool is_base64 = base64::decode(bytes, padded).has_value();
  wipe(padded.data(), padded.size());
  if (!is_base64) return fail(Code::invalid, "error decoding base64'd token: illegal base64 data");
  if (bytes.size() != under.size())
    return fail(Code::invalid, concat("error xoring token: length of byte slices is not equivalent: ", std::to_string(bytes.size()), " != ", std::to_string(under.size())));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes.data()[i] = static_cast<char>(bytes.data()[i] ^ under[i]);
  json::Object data;
  data.put("token", bytes.view());
  return Reply::data(std::move(data));
}

std::vector<Route> generate_root_routes() {
  return {
      {.paths = {"generate-root/attempt"},
       .help = "Begins, shows or ends an attempt to make a root token from shares.",
       .fields = {&otp, &pgp_key},
       .verbs = {on<&Sys::read_root_generation>(Op::read, "Read how far the attempt is."), on<&Sys::start_root_generation>(Op::update, "Begin an attempt."),
                 on<&Sys::cancel_root_generation>(Op::remove, "End the attempt.")},
       .access = Access::open},
      {.paths = {"generate-root"},
       .help = "The same, with a token.",
       .fields = {&otp, &pgp_key},
       .verbs = {on<&Sys::read_root_generation>(Op::read, "Read how far the attempt is."), on<&Sys::start_root_generation>(Op::update, "Begin an attempt."),
                 on<&Sys::cancel_root_generation>(Op::remove, "End the attempt.")},
       .access = Access::root},
      {.paths = {"generate-root/update"},
       .help = "Takes one share; with the last one that is needed it answers with the token, under the one-time pad.",
       .fields = {&key, &nonce},
       .verbs = {on<&Sys::update_root_generation>(Op::update, "Give a share.")},
       .access = Access::open},
      {.paths = {"generate-root-token/attempt"},
       .help = "Begins, shows or ends an attempt to make a root token from shares, for those whose token allows it.",
       .fields = {&otp, &pgp_key},
       .verbs = {on<&Sys::read_root_generation>(Op::read, "Read how far the attempt is."), on<&Sys::start_root_generation>(Op::update, "Begin an attempt."),
                 on<&Sys::cancel_root_generation>(Op::remove, "End the attempt.")}},
      {.paths = {"generate-root-token/update"},
       .help = "Takes one share; with the last one that is needed it answers with the token, under the one-time pad.",
       .fields = {&key, &nonce},
       .verbs = {on<&Sys::update_root_generation>(Op::update, "Give a share.")}},
      {.paths = {"decode-token"},
       .help = "Takes a token from under its one-time pad.",
       .fields = {&encoded_token, &pad},
       .verbs = {on<&Sys::decode_token>(Op::update, "Decode a token.")},
       .access = Access::open},
  };
}

}  // namespace sr::sys
