// sys/storage/raft/configuration and autopilot: what clients ask of a cluster, answered for what there is: one server, which leads and
// votes. What would change a cluster (join, promote, demote, remove-peer) is not here.
#include "base/concat.h"
#include "core/keys.h"
#include "storage/record.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr FlagField cleanup_dead_servers{"cleanup_dead_servers", "Whether dead servers are removed from the cluster."};
constexpr DurationField last_contact_threshold{"last_contact_threshold", "How long a server may go without the leader before it counts as unhealthy."};
constexpr DurationField dead_server_last_contact_threshold{"dead_server_last_contact_threshold", "And before it counts as dead."};
constexpr IntegerField max_trailing_logs{"max_trailing_logs", "How many entries a server may be behind."};
constexpr IntegerField min_quorum{"min_quorum", "How many servers are left at least when dead ones are removed: 3 or more."};
constexpr DurationField server_stabilization_time{"server_stabilization_time", "How long a new server must be healthy before it votes."};
constexpr FlagField disable_upgrade_migration{"disable_upgrade_migration", "Whether versions are upgraded by themselves."};

// Kept for the day when there is more than one server; until then there is nobody whom it could concern.
struct Autopilot {
  bool cleanup_dead_servers = false;
  Seconds last_contact{10}, dead_after{24 * 3600};
  std::int64_t max_trailing_logs = 1000, min_quorum = 0;
  Seconds stabilization{10};
  template <class Archive> void fields(Archive& archive) {
    archive(1, cleanup_dead_servers);
    archive(2, last_contact);
    archive(3, dead_after);
    archive(4, max_trailing_logs);
    archive(5, min_quorum);
    archive(6, stabilization);
  }
};

Result<Autopilot> load(Call& call) {
  const auto row = TRY(core_view(call.storage().transaction()).get(keys::autopilot));
  return row ? TRY(load_record<Autopilot>(row->value)) : Autopilot{};
}

// As Go prints one: "24h0m0s", "1m30s", "10s".
std::string go_duration(Seconds time) {
  const auto seconds = time.count();
  std::string text;
  if (seconds >= 3600) text += concat(std::to_string(seconds / 3600), "h");
  if (seconds >= 60) text += concat(std::to_string(seconds / 60 % 60), "m");
  return concat(text, std::to_string(seconds % 60), "s");
}

// "host:port" of the address that clients are told.
std::string address_of(const Core& core) {
  std::string_view address = core.options().api_address;
  if (const auto scheme = address.find("://"); scheme != address.npos) address.remove_prefix(scheme + 3);
  return std::string(address.substr(0, address.find('/')));
}

}  // namespace

Result<Reply> Sys::read_raft_configuration(Call&) {
  json::Object server;
  server.put("node_id", core_.seal_state().cluster().id).put("address", address_of(core_)).put("leader", true).put("protocol_version", "3").put("voter", true);
  json::Object config;
  config.put("servers", json::Array().add(server)).put("index", 0);
  return Reply::data(json::Object().set("config", config));
}

Result<Reply> Sys::read_autopilot_state(Call& call) {
  const std::string id = core_.seal_state().cluster().id;
  json::Object server;
  server.put("id", id)
      .put("name", id)
      .put("address", address_of(core_))
      .put("node_status", "alive")
      .put("last_contact", "0s")
      .put("last_term", 0)
      .put("last_index", static_cast<std::int64_t>(call.storage().transaction().snapshot_revision()))
      .put("healthy", true)
      .put("stable_since", rfc3339(core_.seal_state().unsealed_at()))
      .put("status", "leader")
      .put("version", version)
      .put("node_type", "voter");
  json::Object data;
  data.put("healthy", true)
      .put("failure_tolerance", 0)
      .put("leader", id)
      .put("servers", json::Object().set(id, server))
      .put("voters", json::Array().add(id));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::read_autopilot(Call& call) {
  const Autopilot kept = TRY(load(call));
  json::Object data;
  data.put("cleanup_dead_servers", kept.cleanup_dead_servers)
      .put("last_contact_threshold", go_duration(kept.last_contact))
      .put("dead_server_last_contact_threshold", go_duration(kept.dead_after))
      .put("max_trailing_logs", kept.max_trailing_logs)
      .put("min_quorum", kept.min_quorum)
      .put("server_stabilization_time", go_duration(kept.stabilization));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_autopilot(Call& call) {
  Autopilot kept = TRY(load(call));
  if (call.has(cleanup_dead_servers)) kept.cleanup_dead_servers = call[cleanup_dead_servers];
  if (call.has(last_contact_threshold)) kept.last_contact = call[last_contact_threshold];
  if (call.has(dead_server_last_contact_threshold)) kept.dead_after = call[dead_server_last_contact_threshold];
  if (call.has(max_trailing_logs)) kept.max_trailing_logs = call[max_trailing_logs];
  if (call.has(min_quorum)) kept.min_quorum = call[min_quorum];
  if (call.has(server_stabilization_time)) kept.stabilization = call[server_stabilization_time];
  for (const auto number : {kept.last_contact.count(), kept.dead_after.count(), kept.max_trailing_logs, kept.min_quorum, kept.stabilization.count()})
    if (number < 0) return fail(Code::invalid, "autopilot's times and counts cannot be negative");
  if (kept.cleanup_dead_servers && kept.min_quorum < 3)
    return fail(Code::invalid, "min_quorum must be set when cleanup_dead_servers is set and it should at least be 3; cleanup_dead_servers: true, min_quorum: " + std::to_string(kept.min_quorum));
  if (kept.cleanup_dead_servers && kept.dead_after < Seconds(60))
    return fail(Code::invalid, "dead_server_last_contact_threshold should not be set to less than 1m; received: " + std::to_string(kept.dead_after.count()));
  TRY(core_view(call.storage().transaction()).put(keys::autopilot, store_record(kept)));
  return Reply::empty();
}

std::vector<Route> raft_routes() {
  return {
      {.paths = {"storage/raft/configuration"},
       .help = "The servers of the cluster: this one, which leads and votes.",
       .verbs = {on<&Sys::read_raft_configuration>(Op::read, "Read the servers.")}},
      {.paths = {"storage/raft/autopilot/state"},
       .help = "How the servers of the cluster are.",
       .verbs = {on<&Sys::read_autopilot_state>(Op::read, "Read their state.")}},
      {.paths = {"storage/raft/autopilot/configuration"},
       .help = "How autopilot would look after a cluster. It is kept, and concerns nobody while there is one server.",
       .fields = {&cleanup_dead_servers, &last_contact_threshold, &dead_server_last_contact_threshold, &max_trailing_logs, &min_quorum, &server_stabilization_time, &disable_upgrade_migration},
       .verbs = {on<&Sys::read_autopilot>(Op::read, "Read it."), on<&Sys::write_autopilot>(Op::update, "Change it.")}},
  };
}

}  // namespace sr::sys
