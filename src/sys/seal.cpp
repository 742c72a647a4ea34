// sys/seal-status, sys/unseal, sys/seal.
#include "sys/sys.h"
#include "text/base64.h"
#include "text/hex.h"

namespace sr::sys {
namespace {

constexpr SecretField key{"key", "One share of the unseal key, or of the recovery key where the seal opens itself, in hex or base64."};
constexpr FlagField reset{"reset", "Forget the shares that were given so far."};
constexpr FlagField migrate{"migrate", "The share is given to move to the seal of the configuration."};

}  // namespace

Result<Secret> parse_share(std::string_view text) {
  Buffer bytes;
  if (hex::decode(bytes, text)) return Secret(bytes.view());
  bytes.clear();
  if (base64::decode(bytes, text)) return Secret(bytes.view());
  return fail(Code::invalid, "'key' must be a valid hex or base64 string");
}

// The texts are wiped as soon as they are in the answer, which is wiped with its request.
void put_shares(json::Object& data, std::string_view name, std::span<const Secret> shares) {
  json::Array in_hex, in_base64;
  for (const auto& share : shares) {
    std::string text = hex::encode(share.reveal());
    in_hex.add(text);
    wipe(text.data(), text.size());
    text = base64::encode(share.reveal());
    in_base64.add(text);
    wipe(text.data(), text.size());
  }
  data.put(name, in_hex).put(concat(name, "_base64"), in_base64);
}

// To anybody, so without what the seal said: that is in the log.
json::Array Sys::seal_warnings() const {
  json::Array warnings;
  if (const auto since = core_.unsealer().unhealthy_since())
    warnings.add(concat("the seal \"", core_.seal_state().seals().type(), "\" does not answer since ", rfc3339(*since), "; it is asked again and again"));
  return warnings;
}

json::Object Sys::seal_status_json(const SealStatus& status) const {
  json::Object data;
  data.put("type", status.type)
      .put("initialized", status.initialized)
      .put("sealed", status.sealed)
      .put("t", static_cast<std::int64_t>(status.threshold))
      .put("n", static_cast<std::int64_t>(status.shares))
      .put("progress", static_cast<std::int64_t>(status.progress))
      .put("nonce", status.nonce)
      .put("version", api_version())
      .put("build_date", build_date)
      .put("migration", status.migration)
      .put("recovery_seal", status.opens_itself)
      .put("storage_type", core_.store().type());
  if (status.opens_itself) data.put("recovery_seal_type", "shamir");
  if (const json::Array warnings = seal_warnings(); !warnings.empty()) data.put("warnings", warnings);
  if (!status.sealed) data.put("cluster_name", status.cluster_name).put("cluster_id", status.cluster_id);
  return data;
}

Result<Reply> Sys::read_seal_status(Call&) { return Reply::bare(seal_status_json(TRY(core_.seal_state().status()))); }

// Vault's: whether the seal can be reached that the next start will need. Shares always can.
Result<Reply> Sys::read_seal_backend_status(Call&) {
  const auto since = core_.unsealer().unhealthy_since();
  json::Object backend, data;
  backend.put("name", core_.seal_state().seals().type()).put("healthy", !since);
  data.put("healthy", !since);
  if (since) backend.put("unhealthy_since", rfc3339(*since)), data.put("unhealthy_since", rfc3339(*since));
  data.put("backends", json::Array().add(backend));
  return Reply::bare(std::move(data));
}

Result<Reply> Sys::unseal(Call& call) {
  if (call[reset]) {
    if (core_.seal_state().is_open()) return fail(Code::invalid, "vault is unsealed");
    core_.seal_state().reset_unseal();
    return read_seal_status(call);
  }
  if (call[key].reveal().empty()) return fail(Code::invalid, "'key' must be specified in request body as JSON, or 'reset' set to true");
  const Secret share = TRY(parse_share(call[key].reveal()));
  TRY(core_.unseal(share.reveal(), call[migrate] ? SealState::Purpose::migrate : SealState::Purpose::open));
  return read_seal_status(call);
}

// The log has the request; when the answer goes out, the audit devices are closed with everything else.
Result<Reply> Sys::seal(Call&) {
  core_.seal();
  return Reply::empty();
}

// One server alone has nobody to hand over to; Vault without high availability says yes as well.
Result<Reply> Sys::step_down(Call&) { return Reply::empty(); }

std::vector<Route> seal_routes() {
  return {
      {.paths = {"seal-status"},
       .help = "The seal's state, to anybody and at any time.",
       .verbs = {on<&Sys::read_seal_status>(Op::read, "Is the server sealed, and how many shares are missing?")},
       .access = Access::open,
       .when_sealed = true},
      {.paths = {"seal-backend-status"},
       .help = "Whether the seal can be reached, to anybody and at any time.",
       .verbs = {on<&Sys::read_seal_backend_status>(Op::read, "Can the seal be reached?")},
       .access = Access::open,
       .when_sealed = true},
      {.paths = {"unseal"},
       .help = "Takes one share; with the last one that is needed the server opens.",
       .fields = {&key, &reset, &migrate},
       .verbs = {on<&Sys::unseal>(Op::update, "Give a share, or start over.")},
       .access = Access::open,
       .when_sealed = true},
      {.paths = {"step-down"},
       .help = "Hands the lead over to another server of the cluster.",
       .verbs = {on<&Sys::step_down>(Op::update, "Hand over.")},
       .access = Access::root},
      {.paths = {"seal"},
       .help = "Seals the server: keys leave its memory, and requests are refused until it is unsealed.",
       .verbs = {on<&Sys::seal>(Op::update, "Seal the server.")},
       .access = Access::root},
  };
}

}  // namespace sr::sys
