// What an operator asks about the server itself: its machine, its requests under way, its configuration, its versions, its numbers.
#include <unistd.h>
#include "base/concat.h"
#include "sys/host_info.h"
#include "sys/sys.h"

namespace sr::sys {
namespace {

// As net/http names them; what was asked for as a list came as LIST or as GET with ?list=true, which nobody remembers.
std::string_view method_of(Op op) {
  switch (op) {
    case Op::read:
    case Op::help: return "GET";
    case Op::create:
    case Op::update: return "PUT";
    case Op::patch: return "PATCH";
    case Op::remove: return "DELETE";
    case Op::list: return "LIST";
    case Op::scan: return "SCAN";
  }
  return "";
}

}  // namespace

Result<Reply> Sys::read_host_info(Call& call) { return Reply::data(host_info(call.now())); }

Result<Reply> Sys::read_in_flight(Call&) {
  json::Object data;
  for (const auto& one : core_.pipeline().list_under_way()) {
    json::Object shown;
    shown.put("start_time", rfc3339(one.started))
        .put("client_remote_address", concat(one.address, ":", std::to_string(one.port)))
        .put("request_path", concat("/v1/", one.path))
        .put("request_method", method_of(one.op))
        .put("client_id", "");
    data.put(one.id, shown);
  }
  return Reply::bare(std::move(data));
}

Result<Reply> Sys::read_config_state(Call&) {
  json::Object data;
  for (const auto& [name, text] : core_.options().sanitized_config) data.put_raw(name, text);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::list_versions(Call& call) {
  Strings names;
  json::Object info;
  std::string previous;
  for (const auto& entry : TRY(load_versions(call.storage().transaction()))) {
    json::Object shown;
    shown.put("build_date", entry.build_date).put("timestamp_installed", rfc3339(std::chrono::floor<Seconds>(entry.installed)));
    if (previous.empty()) shown.put("previous_version", nullptr);
    else shown.put("previous_version", previous);
    info.put(entry.version, shown);
    names.push_back(entry.version);
    previous = entry.version;
  }
  return Reply::list(names, std::move(info));
}

Result<Reply> Sys::read_ha_status(Call&) {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  json::Object node, data;
  node.put("hostname", name)
      .put("api_address", core_.options().api_address)
      .put("cluster_address", "")
      .put("active_node", true)
      .put("last_echo", nullptr)
      .put("version", api_version());
  data.put_raw("nodes", json::Array().add(node).text());
  return Reply::injected(std::move(data));
}

std::vector<Route> observe_routes() {
  return {
      {.paths = {"host-info"}, .help = "The machine that the server runs on.", .verbs = {on<&Sys::read_host_info>(Op::read, "Read it.")}},
      {.paths = {"in-flight-req"}, .help = "The requests under way.", .verbs = {on<&Sys::read_in_flight>(Op::read, "Read them.")}},
      {.paths = {"config/state/sanitized"}, .help = "The configuration of the server, without secrets.", .verbs = {on<&Sys::read_config_state>(Op::read, "Read it.")}},
      {.paths = {"version-history/", "version-history"}, .help = "The versions of this program that have served this store.", .verbs = {on<&Sys::list_versions>(Op::list, "List them.")}},
      {.paths = {"ha-status"}, .help = "The servers of the cluster.", .verbs = {on<&Sys::read_ha_status>(Op::read, "Read them.")}},
  };
}

}  // namespace sr::sys
