// operator init: the first key shares and the first root token of a new server.
#include "cli/bare_answer.h"
#include "cli/commands.h"
#include "cli/go_text.h"
#include "cli/pgp_keys.h"

namespace sr::cli {
namespace {

int init_status(Call& call) {
  const auto state = ask(call, {.method = "GET", .path = "sys/init"});
  if (!state) {
    call.ui.error("Error checking init status: " + state.error().text);
    return local_error;  // 2 says "not initialised" here
  }
  const bool done = (*state)->flag("initialized");
  if (call.table()) call.ui.out(done ? "Vault is initialized" : "Vault is not initialized");
  else print_json(call.ui, call.style, std::string("{\"Initialized\":") + go_bool(done) + "}");
  return done ? success : 2;
}

struct Shares {
  std::int64_t shares = 0, threshold = 0, recovery_shares = 0, recovery_threshold = 0;
};

int show_keys(Call& call, const BareAnswer& made, const Shares& asked) {
  const auto keys = texts_of(made.find("keys")), keys64 = texts_of(made.find("keys_base64"));
  const auto recovery = texts_of(made.find("recovery_keys")), recovery64 = texts_of(made.find("recovery_keys_base64"));
  if (!call.table()) {
    const auto raw = [&made](std::string_view key) { return made.list_json(key); };
    const std::string json = "{\"unseal_keys_b64\":" + raw("keys_base64") + ",\"unseal_keys_hex\":" + raw("keys") +
                             ",\"unseal_shares\":" + std::to_string(keys.empty() ? 1 : asked.shares) + ",\"unseal_threshold\":" + std::to_string(keys.empty() ? 1 : asked.threshold) +
                             ",\"recovery_keys_b64\":" + raw("recovery_keys_base64") + ",\"recovery_keys_hex\":" + raw("recovery_keys") +
                             ",\"recovery_keys_shares\":" + std::to_string(asked.recovery_shares) + ",\"recovery_keys_threshold\":" + std::to_string(asked.recovery_threshold) +
                             ",\"root_token\":" + quoted_json(made.string("root_token")) + "}";
    return print_json(call.ui, call.style, json);
  }
  const auto lines = [&call](const char* title, const auto& hex, const auto& base64) {
    for (std::size_t i = 0; i < hex.size(); ++i)
      call.ui.out(std::string(title) + " " + std::to_string(i + 1) + ": " + std::string(base64.size() == hex.size() ? base64[i] : hex[i]));
  };
  lines("Unseal Key", keys, keys64);
  lines("Recovery Key", recovery, recovery64);
  call.ui.out("\nInitial Root Token: " + made.string("root_token"));
  const std::string threshold = std::to_string(asked.threshold);
  if (!keys.empty()) {
    call.ui.out("\n" + wrap_lines("Vault initialized with " + std::to_string(asked.shares) + " key shares and a key threshold of " + threshold +
                                  ". Please securely distribute the key shares printed above. When the Vault is re-sealed, restarted, or stopped, you must supply at least " + threshold +
                                  " of these keys to unseal it before it can start servicing requests."));
    call.ui.out("\n" + wrap_lines("Vault does not store the generated root key. Without at least " + threshold +
                                  " keys to reconstruct the root key, Vault will remain permanently sealed!"));
    call.ui.out("\n" + wrap_lines("It is possible to generate new unseal keys, provided you have a quorum of existing unseal keys shares. See \"" + std::string(call.program) +
                                  " operator " + (call.program == "vault" ? "rekey" : "rotate-keys") + "\" for more information."));
  } else {
    call.ui.out("\nSuccess! Vault is initialized");
  }
  if (!recovery.empty()) {
    call.ui.out("\n" + wrap_lines("Recovery key initialized with " + std::to_string(asked.recovery_shares) + " key shares and a key threshold of " +
                                  std::to_string(asked.recovery_threshold) + ". Please securely distribute the key shares printed above."));
  }
  return success;
}

int init(Call& call) {
  bool recovery_seal = false;
  {
    const Session::Ahead ahead(call.session());
    const auto seal = ask(call, {.method = "GET", .path = "sys/seal-status"});
    if (!seal) return call.failed(seal.error().text);
    recovery_seal = (*seal)->flag("recovery_seal");
  }
  if (call.flags.on("status")) return init_status(call);
  Shares asked{call.flags.number("key-shares"), call.flags.number("key-threshold"), call.flags.number("recovery-shares"), call.flags.number("recovery-threshold")};
  if (!recovery_seal) {
    if (asked.shares == 0) asked.shares = 5;
    if (asked.threshold == 0) asked.threshold = 3;
    asked.recovery_shares = asked.recovery_threshold = 0;
  }
  const auto keys = pgp_keys(call, "pgp-keys"), recovery_keys = pgp_keys(call, "recovery-pgp-keys"), root_key = pgp_keys(call, "root-token-pgp-key");
  if (!keys) return keys.error();
  if (!recovery_keys) return recovery_keys.error();
  if (!root_key) return root_key.error();
  if (root_key->size() > 1) return call.wrong("invalid value " + go_quote(call.flags.text("root-token-pgp-key")) + " for flag -root-token-pgp-key: can only specify one pgp key");
  const auto list = [](const std::vector<std::string>& texts) { return texts.empty() ? std::string("null") : json_list(texts); };
  const std::string body = "{\"secret_shares\":" + std::to_string(asked.shares) + ",\"secret_threshold\":" + std::to_string(asked.threshold) + ",\"pgp_keys\":" + list(*keys) +
                           ",\"recovery_shares\":" + std::to_string(asked.recovery_shares) + ",\"recovery_threshold\":" + std::to_string(asked.recovery_threshold) +
                           ",\"recovery_pgp_keys\":" + list(*recovery_keys) + ",\"root_token_pgp_key\":" + quoted_json(root_key->empty() ? "" : root_key->front()) + "}";
  const auto made = ask(call, {.method = "PUT", .path = "sys/init", .body = body});
  if (!made) return call.refused("Error initializing", made.error());
  return show_keys(call, **made, asked);
}

constexpr Flag init_flags[] = {
    {.name = "status", .type = FlagType::boolean, .help = "Only say whether the server is initialised. Exit code 0: it is; 1: an error; 2: it is not.", .standard = "false"},
    {.name = "key-shares", .type = FlagType::integer, .help = "Into how many shares (\"unseal keys\") the root key is split: 5 if not set.", .alias = "n"},
    {.name = "key-threshold", .type = FlagType::integer, .help = "How many of them unseal the server: 3 if not set.", .alias = "t"},
    {.name = "pgp-keys", .help = "Files with public PGP keys in base64, separated by commas, one for each share, which is then encrypted with it."},
    {.name = "root-token-pgp-key", .help = "File with the public PGP key in base64 that the root token is encrypted with."},
    {.name = "recovery-shares", .type = FlagType::integer, .help = "The same as -key-shares, for the recovery key of a server that unseals itself.", .standard = "5"},
    {.name = "recovery-threshold", .type = FlagType::integer, .help = "The same as -key-threshold, for the recovery key.", .standard = "3"},
    {.name = "recovery-pgp-keys", .help = "The same as -pgp-keys, for the recovery key."},
};

constexpr Example init_examples[] = {
    {"Five shares, three of which unseal:", "operator init"},
    {"For a script, with one share:", "operator init -key-shares=1 -key-threshold=1 -format=json"},
};

constexpr Command commands[] = {
    {.name = "operator init", .summary = "Initializes a server", .arguments = "[options]",
     .text = "Makes the root key of a new server, splits it into shares, and prints them and the first root token. They are shown this once: give the shares to different people.",
     .examples = init_examples, .flags = init_flags, .output = format, .run = init},
};

}  // namespace

std::span<const Command> operator_init_command() { return commands; }

}  // namespace sr::cli
