// sys/init: the first start of a store.
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr IntegerField secret_shares{"secret_shares", "Number of shares to split the unseal key into: 1 to 255."};
constexpr IntegerField secret_threshold{"secret_threshold", "Number of shares that unseal. One share needs the threshold 1."};
constexpr RefusedField pgp_keys{"pgp_keys", "PGP keys to encrypt the shares with."};
constexpr RefusedField root_token_pgp_key{"root_token_pgp_key", "PGP key to encrypt the root token with."};
constexpr IntegerField recovery_shares{"recovery_shares", "Where the seal opens itself: number of shares to split the recovery key into; 0 for none yet."};
constexpr IntegerField recovery_threshold{"recovery_threshold", "Number of shares that make up the recovery key."};
constexpr RefusedField recovery_pgp_keys{"recovery_pgp_keys", "PGP keys to encrypt the shares of the recovery key with."};
constexpr IntegerField stored_shares{"stored_shares", "Of former versions; ignored."};

// What was asked for belongs to the other kind of seal.
Result<void> check_kind(Call& call, const SealChoice& seals) {
  std::string wrong;
  const auto note = [&](const IntegerField& field) {
    if (call[field] == 0) return;
    if (!wrong.empty()) wrong += ',';
    wrong += field.name;
  };
  for (const auto* field : seals.in_use ? std::array{&secret_shares, &secret_threshold} : std::array{&recovery_shares, &recovery_threshold}) note(*field);
  if (!wrong.empty()) return fail(Code::invalid, concat("parameters ", wrong, " not applicable to seal type ", seals.type()));
  return {};
}

}  // namespace

Result<Reply> Sys::read_init(Call&) {
  json::Object data;
  data.put("initialized", TRY(core_.seal_state().initialized()));
  return Reply::bare(std::move(data));
}

Result<Reply> Sys::initialize(Call& call) {
  if (TRY(core_.seal_state().initialized())) return fail(Code::invalid, "Vault is already initialized");
  const auto& seals = core_.seal_state().seals();
  TRY(check_kind(call, seals));
  const auto number = [&](const IntegerField& field) { return static_cast<std::size_t>(std::clamp<std::int64_t>(call[field], 0, 10'000)); };
  SealConfig config;
  config.secret_shares = number(seals.in_use ? recovery_shares : secret_shares);
  config.secret_threshold = number(seals.in_use ? recovery_threshold : secret_threshold);
  json::Object data;
  if (!seals.in_use) {
    const auto made = TRY(core_.initialize(call.storage().transaction(), {.seal = config}));
    put_shares(data, "keys", made.shares);
    data.put("root_token", made.root_token.reveal());
    return Reply::bare(std::move(data));
  }
  // Clients go on at once, on a server that has opened itself: so the keys are on the disk before this one answers. If it cannot be
  // opened yet the answer is the same, since nobody will ever get these keys again.
  const auto made = TRY(core_.initialize_now({.seal = config}));
  core_.unsealer().unseal_now();
  put_shares(data, "keys", {});
  if (!made.shares.empty()) put_shares(data, "recovery_keys", made.shares);
  data.put("root_token", made.root_token.reveal());
  return Reply::bare(std::move(data));
}

std::vector<Route> init_routes() {
  return {{.paths = {"init"},
           .help = "Initializes the store, or says whether it is initialized.",
           .fields = {&secret_shares, &secret_threshold, &pgp_keys, &root_token_pgp_key, &recovery_shares, &recovery_threshold, &recovery_pgp_keys, &stored_shares},
           .verbs = {on<&Sys::read_init>(Op::read, "Is the store initialized?"), on<&Sys::initialize>(Op::update, "Initialize it: answers with the unseal or recovery keys and a root token, once.")},
           .access = Access::open,
           .when_sealed = true}};
}

}  // namespace sr::sys
