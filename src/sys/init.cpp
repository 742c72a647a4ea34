// sys/init: the first start of a store.
#include "sys/sys.h"
#include "text/base64.h"
#include "text/hex.h"

namespace sr::sys {
namespace {

constexpr IntegerField secret_shares{"secret_shares", "Number of shares to split the unseal key into: 1 to 255."};
constexpr IntegerField secret_threshold{"secret_threshold", "Number of shares that unseal. One share needs the threshold 1."};
constexpr RefusedField pgp_keys{"pgp_keys", "PGP keys to encrypt the shares with."};
constexpr RefusedField root_token_pgp_key{"root_token_pgp_key", "PGP key to encrypt the root token with."};
constexpr IntegerField recovery_shares{"recovery_shares", "For auto-unseal only."};
constexpr IntegerField recovery_threshold{"recovery_threshold", "For auto-unseal only."};
constexpr RefusedField recovery_pgp_keys{"recovery_pgp_keys", "For auto-unseal only."};
constexpr IntegerField stored_shares{"stored_shares", "For auto-unseal only; ignored."};

}  // namespace

Result<Reply> Sys::read_init(Call&) {
  json::Object data;
  data.put("initialized", TRY(core_.seal_state().initialized()));
  return Reply::bare(std::move(data));
}

Result<Reply> Sys::initialize(Call& call) {
  if (TRY(core_.seal_state().initialized())) return fail(Code::invalid, "Vault is already initialized");
  const auto shares = call[secret_shares], threshold = call[secret_threshold];
  if (call[recovery_shares] > 0 || call[recovery_threshold] > 0)
    return fail(Code::invalid, "parameters recovery_shares,recovery_threshold not applicable to seal type shamir");
  SealConfig config;
  config.secret_shares = static_cast<std::size_t>(std::clamp<std::int64_t>(shares, 0, 10'000));
  config.secret_threshold = static_cast<std::size_t>(std::clamp<std::int64_t>(threshold, 0, 10'000));
  const auto made = TRY(core_.initialize(call.storage().transaction(), {.seal = config}));

  Strings in_hex, in_base64;
  for (const auto& share : made.shares) {
    in_hex.push_back(hex::encode(share.reveal()));
    in_base64.push_back(base64::encode(share.reveal()));
  }
  json::Object data;
  data.put("keys", std::span<const std::string>(in_hex)).put("keys_base64", std::span<const std::string>(in_base64)).put("root_token", made.root_token.reveal());
  for (auto* texts : {&in_hex, &in_base64})
    for (auto& text : *texts) wipe(text.data(), text.size());
  return Reply::bare(std::move(data));
}

std::vector<Route> init_routes() {
  return {{.paths = {"init"},
           .help = "Initializes the store, or says whether it is initialized.",
           .fields = {&secret_shares, &secret_threshold, &pgp_keys, &root_token_pgp_key, &recovery_shares, &recovery_threshold, &recovery_pgp_keys, &stored_shares},
           .verbs = {on<&Sys::read_init>(Op::read, "Is the store initialized?"), on<&Sys::initialize>(Op::update, "Initialize it: answers with the unseal keys and a root token, once.")},
           .access = Access::open,
           .when_sealed = true}};
}

}  // namespace sr::sys
