// status, and operator init, unseal, seal: the life of a server before anybody logs in.
#include "cli/commands.h"
#include "cli/call.h"
#include "cli/go_text.h"

namespace sr::cli {
namespace {

// The body of an answer that has no envelope.
struct Body {
  std::string text;
  Arena arena;
  const json::Value* root = nullptr;

  const json::Value* find(std::string_view key) const { return root->find(key); }
  std::string string(std::string_view key) const { return std::string(text_of(find(key))); }
  std::int64_t number(std::string_view key) const { return number_of(find(key)); }
  bool flag(std::string_view key) const { return flag_of(find(key)); }
};

Outcome<std::unique_ptr<Body>> ask(Call& call, client::Request request) {
  auto response = call.session().send(std::move(request));
  if (!response) return std::unexpected(std::move(response.error()));
  if (response->status == 404) return std::unexpected(Refusal{404, client::error_text(*response)});
  auto body = std::make_unique<Body>();
  body->text = std::move(response->body);
  const auto parsed = json::parse(body->arena, body->text, answer_limits());
  if (!parsed || !(*parsed)->is_object()) return std::unexpected(Refusal{response->status, parsed ? "the answer is not a JSON object" : parsed.error().message});
  body->root = *parsed;
  return body;
}

const char* yes_no(bool flag) { return flag ? "true" : "false"; }

std::vector<Row> seal_rows(const Body& seal, const Body* leader) {
  std::vector<Row> rows{{"Key", "Value"}, {"Seal Type", seal.string("type")}};
  const bool recovery = seal.flag("recovery_seal"), sealed = seal.flag("sealed");
  if (recovery) rows.push_back({"Recovery Seal Type", seal.string("recovery_seal_type")});
  const std::string threshold = std::to_string(seal.number("t"));
  rows.push_back({"Initialized", yes_no(seal.flag("initialized"))});
  rows.push_back({"Sealed", yes_no(sealed)});
  rows.push_back({recovery ? "Total Recovery Shares" : "Total Shares", std::to_string(seal.number("n"))});
  rows.push_back({"Threshold", threshold});
  if (sealed) {
    rows.push_back({"Unseal Progress", std::to_string(seal.number("progress")) + "/" + threshold});
    rows.push_back({"Unseal Nonce", seal.string("nonce")});
  }
  const auto add = [&](const char* title, const std::string& value) {
    if (!value.empty()) rows.push_back({title, value});
  };
  if (seal.flag("migration")) rows.push_back({"Seal Migration in Progress", "true"});
  add("Version", seal.string("version"));
  add(seal.string("commit_date").empty() ? "Build Date" : "Commit Date", seal.string("commit_date").empty() ? seal.string("build_date") : seal.string("commit_date"));
  add("Storage Type", seal.string("storage_type"));
  if (!seal.string("cluster_name").empty() && !seal.string("cluster_id").empty()) {
    rows.push_back({"Cluster Name", seal.string("cluster_name")});
    rows.push_back({"Cluster ID", seal.string("cluster_id")});
  }
  // A sealed server does not say who leads; only one in a cluster is asked and refuses.
  const bool cluster = leader == nullptr || leader->flag("ha_enabled");
  rows.push_back({"HA Enabled", yes_no(cluster)});
  if (cluster && !sealed && leader != nullptr) {
    const bool self = leader->flag("is_self");
    rows.push_back({"HA Cluster", leader->string("leader_cluster_address")});
    rows.push_back({"HA Mode", self ? "active" : "standby"});
    const std::string since = leader->string("active_time");
    if (self && !since.starts_with("0001-01-01")) add("Active Since", since);
    if (!self) add("Active Node Address", leader->string("leader_address"));
  }
  for (const auto& [key, title] : {std::pair("raft_committed_index", "Raft Committed Index"), std::pair("raft_applied_index", "Raft Applied Index")})
    if (leader != nullptr && leader->number(key) > 0) rows.push_back({title, std::to_string(leader->number(key))});
  return rows;
}

std::string seal_json(const Body& seal, const Body* leader) {
  std::string out = "{\"type\":" + quoted_json(seal.string("type")) + ",\"initialized\":" + yes_no(seal.flag("initialized")) + ",\"sealed\":" + yes_no(seal.flag("sealed")) +
                    ",\"t\":" + std::to_string(seal.number("t")) + ",\"n\":" + std::to_string(seal.number("n")) + ",\"progress\":" + std::to_string(seal.number("progress")) +
                    ",\"nonce\":" + quoted_json(seal.string("nonce")) + ",\"version\":" + quoted_json(seal.string("version")) +
                    ",\"commit_date\":" + quoted_json(seal.string("commit_date")) + ",\"migration\":" + yes_no(seal.flag("migration"));
  const auto add = [&out](const Body* from, std::string_view key) {
    if (from != nullptr && !from->string(key).empty()) out += "," + quoted_json(key) + ":" + quoted_json(from->string(key));
  };
  add(&seal, "cluster_name");
  add(&seal, "cluster_id");
  out += std::string(",\"recovery_seal\":") + yes_no(seal.flag("recovery_seal"));
  add(&seal, "recovery_seal_type");
  add(&seal, "storage_type");
  if (const json::Value* warnings = seal.find("warnings"); warnings != nullptr && warnings->is_array() && !warnings->items.empty()) out += ",\"warnings\":" + json::to_text(*warnings);
  out += ",\"build_date\":" + quoted_json(seal.string("build_date")) + ",\"ha_enabled\":" + yes_no(leader == nullptr || leader->flag("ha_enabled"));
  if (leader != nullptr) {
    if (leader->flag("is_self")) out += ",\"is_self\":true";
    if (const std::string since = leader->string("active_time"); !since.starts_with("0001-01-01")) add(leader, "active_time");
    add(leader, "leader_address");
    add(leader, "leader_cluster_address");
    for (const char* key : {"raft_committed_index", "raft_applied_index"})
      if (leader->number(key) > 0) out += "," + quoted_json(key) + ":" + std::to_string(leader->number(key));
  }
  return out + "}";
}

// What `status` and `operator unseal` show: the seal, and who leads.
int show_seal(Call& call, const Body& seal) {
  auto leader = ask(call, {.method = "GET", .path = "sys/leader"});
  const bool sealed = !leader && leader.error().text.find("Vault is sealed") != std::string::npos;
  if (!leader && !sealed) {
    call.ui.error("Error checking leader status: " + leader.error().text);
    return local_error;
  }
  const Body* known = leader ? leader->get() : nullptr;
  return print_rows(call.ui, call.style, call.table() ? seal_rows(seal, known) : std::vector<Row>(), seal_json(seal, known));
}

int status(Call& call) {
  call.session().client().set_namespace("");  // the server's seal, whatever namespace is in use
  const auto seal = ask(call, {.method = "GET", .path = "sys/seal-status"});
  if (!seal) {
    call.ui.error("Error checking seal status: " + seal.error().text);
    return local_error;  // 2 says "sealed" here
  }
  const int code = call.field().empty() ? show_seal(call, **seal) : print_field(call.ui, call.style, *(*seal)->root, call.field());
  return (*seal)->flag("sealed") ? 2 : code;
}

int init_status(Call& call) {
  const auto state = ask(call, {.method = "GET", .path = "sys/init"});
  if (!state) {
    call.ui.error("Error checking init status: " + state.error().text);
    return local_error;  // 2 says "not initialised" here
  }
  const bool done = (*state)->flag("initialized");
  if (call.table()) call.ui.out(done ? "Vault is initialized" : "Vault is not initialized");
  else print_json(call.ui, call.style, std::string("{\"Initialized\":") + yes_no(done) + "}");
  return done ? success : 2;
}

// "a,b": files with public keys, or "keybase:name", which only the server's release can fetch; file contents go in base64 already.
std::expected<std::string, int> pgp_keys(Call& call, std::string_view flag) {
  std::vector<std::string> keys;
  const std::string& given = call.flags.text(flag);
  for (std::size_t from = 0; !given.empty() && from <= given.size();) {
    const std::size_t to = std::min(given.find(',', from), given.size());
    const std::string name = trimmed(std::string_view(given).substr(from, to - from));
    from = to + 1;
    if (name.starts_with("keybase:")) return std::unexpected(call.wrong("keybase keys are not fetched; save the public key to a file and name that"));
    const auto content = read_file(name.starts_with('@') ? name.substr(1) : name);
    if (!content) return std::unexpected(call.wrong(content.error().message));
    keys.push_back(trimmed(*content));
  }
  return keys.empty() ? "null" : json_list(keys);
}

struct Shares {
  std::int64_t shares = 0, threshold = 0, recovery_shares = 0, recovery_threshold = 0;
};

int show_keys(Call& call, const Body& made, const Shares& asked) {
  const auto keys = texts_of(made.find("keys")), keys64 = texts_of(made.find("keys_base64"));
  const auto recovery = texts_of(made.find("recovery_keys")), recovery64 = texts_of(made.find("recovery_keys_base64"));
  if (!call.table()) {
    const auto raw = [&made](std::string_view key) {
      const json::Value* value = made.find(key);
      return value == nullptr || !value->is_array() ? std::string("null") : json::to_text(*value);
    };
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
  const std::string one_key = *root_key == "null" ? "\"\"" : root_key->substr(1, root_key->size() - 2);
  const std::string body = "{\"secret_shares\":" + std::to_string(asked.shares) + ",\"secret_threshold\":" + std::to_string(asked.threshold) + ",\"pgp_keys\":" + *keys +
                           ",\"recovery_shares\":" + std::to_string(asked.recovery_shares) + ",\"recovery_threshold\":" + std::to_string(asked.recovery_threshold) +
                           ",\"recovery_pgp_keys\":" + *recovery_keys + ",\"root_token_pgp_key\":" + one_key + "}";
  const auto made = ask(call, {.method = "PUT", .path = "sys/init", .body = body});
  if (!made) return call.refused("Error initializing", made.error());
  return show_keys(call, **made, asked);
}

int unseal(Call& call) {
  if (call.flags.on("reset")) {
    const auto state = ask(call, {.method = "PUT", .path = "sys/unseal", .body = R"({"reset":true})"});
    if (!state) return call.refused("Error resetting unseal process", state.error());
    return show_seal(call, **state);
  }
  std::string key = call.args.empty() ? "" : trimmed(call.args[0]);
  if (key.empty()) {
    if (!call.interactive()) return call.wrong(wrap_lines("Refusing to read from stdin with -non-interactive specified; specify unseal key as an argument to this command"));
    const auto typed = read_hidden("Unseal Key (will be hidden): ");
    if (!typed) {
      return call.wrong(wrap_lines("An error occurred attempting to ask for an unseal key. The raw error message is shown below, but usually this is because you attempted to pipe a "
                                   "value into the unseal command or you are executing outside of a terminal (tty). You should run the unseal command from a terminal for maximum "
                                   "security. If this is not an option, the unseal key can be provided as the first argument to the unseal command. The raw error was:  " +
                                   typed.error().message));
    }
    key = trimmed(typed->reveal());
  }
  const std::string body = "{\"key\":" + quoted_json(key) + ",\"reset\":false,\"migrate\":" + yes_no(call.flags.on("migrate")) + "}";
  const auto state = ask(call, {.method = "PUT", .path = "sys/unseal", .body = body});
  if (!state) return call.refused("Error unsealing", state.error());
  return show_seal(call, **state);
}

int seal(Call& call) {
  const auto sealed = call.session().send({.method = "PUT", .path = "sys/seal"});
  if (!sealed) return call.refused("Error sealing", sealed.error());
  call.ui.out("Success! Vault is sealed.");
  return success;
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
constexpr Flag unseal_flags[] = {
    {.name = "reset", .type = FlagType::boolean, .help = "Forget the shares that were entered so far.", .standard = "false"},
    {.name = "migrate", .type = FlagType::boolean, .help = "The share is part of a move to another seal.", .standard = "false"},
};

constexpr Example status_examples[] = {{"Wait until a server is unsealed:", "status"}};
constexpr Example operator_examples[] = {
    {"Start a new server's life:", "operator init"},
    {"", "operator unseal"},
};
constexpr Example init_examples[] = {
    {"Five shares, three of which unseal:", "operator init"},
    {"For a script, with one share:", "operator init -key-shares=1 -key-threshold=1 -format=json"},
};
constexpr Example unseal_examples[] = {
    {"Enter a share; it is not shown:", "operator unseal"},
    {"Begin again:", "operator unseal -reset"},
};
constexpr Example seal_examples[] = {{"Stop serving secrets at once; needs sudo:", "operator seal"}};

constexpr Command commands[] = {
    {.name = "status", .summary = "Print seal and HA status", .arguments = "[options]",
     .text = "Says whether the server is initialised and unsealed, and who leads the cluster.\n\nExit code 0: unsealed. 1: an error. 2: sealed.", .examples = status_examples,
     .output = field | format, .run = status},
    {.name = "operator", .summary = "Perform operator-specific tasks", .arguments = "<subcommand> [options] [args]", .text = "What the people who run a server do with it.",
     .examples = operator_examples},
    {.name = "operator init", .summary = "Initializes a server", .arguments = "[options]",
     .text = "Makes the root key of a new server, splits it into shares, and prints them and the first root token. They are shown this once: give the shares to different people.",
     .examples = init_examples, .flags = init_flags, .output = format, .run = init},
    {.name = "operator unseal", .summary = "Unseals the server", .arguments = "[options] [KEY]",
     .text = "Enters a share of the root key. When enough different ones were entered, the server can read its storage. A share on the command line ends up in the shell's history.",
     .examples = unseal_examples, .flags = unseal_flags, .output = format, .arity = {0, 1, "1"}, .run = unseal},
    {.name = "operator seal", .summary = "Seals the server", .arguments = "[options]",
     .text = "Makes the server forget its root key. It answers nothing but requests for its status until it is unsealed.", .examples = seal_examples, .run = seal},
};

}  // namespace

std::span<const Command> operator_commands() { return commands; }

}  // namespace sr::cli
