// sys/internal/counters: how many clients there were. Vault's community edition counts them when it is told to; we do not, say so, and
// give the empty answers that its clients know from a server that has not counted anything.
#include "sys/sys.h"

namespace sr::sys {
namespace {

constexpr TextField start_time{"start_time", "Count from then on."};
constexpr TextField end_time{"end_time", "Count up to then."};
constexpr TextField format{"format", "Of the export: json or csv."};
constexpr TextField limit_namespaces{"limit_namespaces", "At most so many namespaces."};
constexpr TextField enabled{"enabled", "\"default\" and \"disable\": clients are not counted."};
constexpr RefusedField default_report_months{"default_report_months", "How many months a report is about."};
constexpr RefusedField retention_months{"retention_months", "For how many months counts are kept."};

}  // namespace

Result<Reply> Sys::count_tokens(Call& call) {
  json::Object total, kinds, data;
  total.put("total", TRY(core_.tokens().count(call.storage().transaction())));
  data.put("counters", kinds.put("service_tokens", total));
  return Reply::data(std::move(data));
}

// There are no entities without identity.
Result<Reply> Sys::count_entities(Call&) {
  json::Object total, kinds, data;
  data.put("counters", kinds.put("entities", total.put("total", 0)));
  return Reply::data(std::move(data));
}

Result<Reply> Sys::count_requests(Call&) { return fail(Code::not_found, "The functionality has been removed on this path"); }

Result<Reply> Sys::read_activity(Call&) { return Reply::empty().status(204); }

Result<Reply> Sys::read_activity_of_month(Call&) {
  json::Object data;
  for (const auto* name : {"acme_clients", "clients", "distinct_entities", "entity_clients", "non_entity_clients", "non_entity_tokens", "secret_syncs"}) data.put(name, 0);
  data.put("by_namespace", json::Array()).put("months", json::Array());
  return Reply::data(std::move(data));
}

Result<Reply> Sys::read_activity_config(Call&) {
  json::Object data;
  data.put("default_report_months", 12)
      .put("enabled", "default-disabled")
      .put("minimum_retention_months", 48)
      .put("queries_available", false)
      .put("reporting_enabled", false)
      .put("retention_months", 48);
  return Reply::data(std::move(data));
}

Result<Reply> Sys::write_activity_config(Call& call) {
  const std::string_view wanted = call[enabled];
  if (wanted == "enable") return fail(Code::invalid, "clients are not counted: \"enabled\" must be \"default\" or \"disable\"");
  if (!wanted.empty() && wanted != "default" && wanted != "disable") return fail(Code::invalid, "enabled must be one of \"default\", \"enable\", \"disable\"");
  return Reply::empty();
}

std::vector<Route> counter_routes() {
  const FieldList period{&start_time, &end_time, &limit_namespaces};
  return {
      {.paths = {"internal/counters/tokens"}, .help = "How many service tokens there are.", .verbs = {on<&Sys::count_tokens>(Op::read, "Count them.")}},
      {.paths = {"internal/counters/entities"}, .help = "How many entities there are.", .verbs = {on<&Sys::count_entities>(Op::read, "Count them.")}},
      {.paths = {"internal/counters/requests"}, .help = "Removed, as in Vault.", .verbs = {on<&Sys::count_requests>(Op::read, "Says so.")}},
      {.paths = {"internal/counters/activity"},
       .help = "The clients of past months, which are not counted.",
       .fields = period,
       .verbs = {on<&Sys::read_activity>(Op::read, "Nothing: 204.")}},
      {.paths = {"internal/counters/activity/export"},
       .help = "The clients of past months one by one, which are not counted.",
       .fields = {&start_time, &end_time, &format},
       .verbs = {on<&Sys::read_activity>(Op::read, "Nothing: 204.")},
       .access = Access::root},
      {.paths = {"internal/counters/activity/monthly"},
       .help = "The clients of this month, which are not counted.",
       .verbs = {on<&Sys::read_activity_of_month>(Op::read, "Noughts.")}},
      {.paths = {"internal/counters/config"},
       .help = "Whether clients are counted.",
       .fields = {&enabled, &default_report_months, &retention_months},
       .verbs = {on<&Sys::read_activity_config>(Op::read, "Read it."), on<&Sys::write_activity_config>(Op::update, "Leave it at that.")}},
  };
}

}  // namespace sr::sys
