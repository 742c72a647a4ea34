// The command status, and what it shares with `operator unseal`.
#include "cli/seal_status.h"
#include "cli/commands.h"
#include "cli/go_text.h"

namespace sr::cli {
namespace {

std::vector<Row> seal_rows(const BareAnswer& seal, const BareAnswer* leader) {
  std::vector<Row> rows{{"Key", "Value"}, {"Seal Type", seal.string("type")}};
  const bool recovery = seal.flag("recovery_seal"), sealed = seal.flag("sealed");
  if (recovery) rows.push_back({"Recovery Seal Type", seal.string("recovery_seal_type")});
  const std::string threshold = std::to_string(seal.number("t"));
  rows.push_back({"Initialized", go_bool(seal.flag("initialized"))});
  rows.push_back({"Sealed", go_bool(sealed)});
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
  rows.push_back({"HA Enabled", go_bool(cluster)});
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

std::string seal_json(const BareAnswer& seal, const BareAnswer* leader) {
  std::string out = "{\"type\":" + quoted_json(seal.string("type")) + ",\"initialized\":" + go_bool(seal.flag("initialized")) + ",\"sealed\":" + go_bool(seal.flag("sealed")) +
                    ",\"t\":" + std::to_string(seal.number("t")) + ",\"n\":" + std::to_string(seal.number("n")) + ",\"progress\":" + std::to_string(seal.number("progress")) +
                    ",\"nonce\":" + quoted_json(seal.string("nonce")) + ",\"version\":" + quoted_json(seal.string("version")) +
                    ",\"commit_date\":" + quoted_json(seal.string("commit_date")) + ",\"migration\":" + go_bool(seal.flag("migration"));
  const auto add = [&out](const BareAnswer* from, std::string_view key) {
    if (from != nullptr && !from->string(key).empty()) out += "," + quoted_json(key) + ":" + quoted_json(from->string(key));
  };
  add(&seal, "cluster_name");
  add(&seal, "cluster_id");
  out += std::string(",\"recovery_seal\":") + go_bool(seal.flag("recovery_seal"));
  add(&seal, "recovery_seal_type");
  add(&seal, "storage_type");
  if (const json::Value* warnings = seal.find("warnings"); warnings != nullptr && warnings->is_array() && !warnings->items.empty()) out += ",\"warnings\":" + json::to_text(*warnings);
  out += ",\"build_date\":" + quoted_json(seal.string("build_date")) + ",\"ha_enabled\":" + go_bool(leader == nullptr || leader->flag("ha_enabled"));
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

}  // namespace

// What `status` and `operator unseal` show: the seal, and who leads.
int show_seal(Call& call, const BareAnswer& seal) {
  auto leader = ask(call, {.method = "GET", .path = "sys/leader"});
  const bool sealed = !leader && leader.error().text.find("Vault is sealed") != std::string::npos;
  if (!leader && !sealed) {
    call.ui.error("Error checking leader status: " + leader.error().text);
    return local_error;
  }
  const BareAnswer* known = leader ? leader->get() : nullptr;
  return print_rows(call.ui, call.style, call.table() ? seal_rows(seal, known) : std::vector<Row>(), seal_json(seal, known));
}

namespace {

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

constexpr Example status_examples[] = {{"Wait until a server is unsealed:", "status"}};

constexpr Command commands[] = {
    {.name = "status", .summary = "Print seal and HA status", .arguments = "[options]",
     .text = "Says whether the server is initialised and unsealed, and who leads the cluster.\n\nExit code 0: unsealed. 1: an error. 2: sealed.", .examples = status_examples,
     .output = field | format, .run = status},
};

}  // namespace

std::span<const Command> status_command() { return commands; }

}  // namespace sr::cli
