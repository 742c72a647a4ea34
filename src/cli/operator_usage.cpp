// operator usage: how many clients a server has counted. Vault counts them; other servers say that they do not.
#include "cli/bare_answer.h"
#include "cli/commands.h"

namespace sr::cli {
namespace {

// "2024-01", "2024-01-31" and RFC 3339 as the API takes times; seconds since 1970 as they are. "" is left to the server.
Result<std::string> api_time(const std::string& text) {
  const auto like = [&text](std::string_view form) {
    return text.size() == form.size() && std::ranges::equal(text, form, [](char c, char f) { return f == '0' ? c >= '0' && c <= '9' : c == f; });
  };
  if (like("0000-00")) return text + "-01T00:00:00Z";
  if (like("0000-00-00")) return text + "T00:00:00Z";
  const bool seconds = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  const bool whole = text.size() > 19 && text[10] == 'T' && (text.ends_with('Z') || text.find_first_of("+-", 19) != std::string::npos);
  if (seconds || whole) return text;
  return fail(Code::invalid, "could not parse time \"" + text + "\": take YYYY-MM, YYYY-MM-DD, RFC 3339 or seconds since 1970");
}

Row counts_row(std::string name, const json::Value* counts) {
  const auto number = [counts](std::string_view key, std::string_view older) {
    const json::Value* value = counts == nullptr || !counts->is_object() ? nullptr : counts->find(key);
    if (value == nullptr && counts != nullptr && counts->is_object()) value = counts->find(older);
    return std::to_string(number_of(value));
  };
  return {std::move(name), number("entity_clients", "distinct_entities"), number("non_entity_clients", "non_entity_tokens"), number("secret_syncs", ""), number("acme_clients", ""),
          number("clients", "")};
}

int usage(Call& call) {
  client::Query query;
  for (const auto& [flag, name] : {std::pair("start-time", "start_time"), std::pair("end-time", "end_time")}) {
    const auto time = api_time(call.flags.text(flag));
    if (!time) return call.wrong("invalid value for flag -" + std::string(flag) + ": " + time.error().message);
    if (!time->empty()) query.emplace_back(name, *time);
  }
  const MaybeAnswer answer = call.session().fetch("sys/internal/counters/activity", std::move(query));
  if (!answer && (answer.error().status == 404 || answer.error().status == 405)) {
    call.ui.error("Error retrieving client counts: this server does not count clients. Its audit log tells who asked for what.");
    return remote_error;
  }
  if (!answer) return call.refused("Error retrieving client counts", answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed("No data is available for the given time range.");
  if (!call.table()) return print_answer(call.ui, call.style, **answer);
  std::vector<Row> rows{{"Namespace path", "Entity Clients", "Non-Entity Clients", "Secret Syncs", "ACME Clients", "Active clients"}};
  if (const json::Value* spaces = (*answer)->find("by_namespace"); spaces != nullptr && spaces->is_array()) {
    for (const json::Value& space : spaces->items) {
      if (!space.is_object()) continue;
      const std::string_view path = text_of(space.find("namespace_path"));
      rows.push_back(counts_row(path.empty() ? "[root]" : std::string(path), space.find("counts")));
    }
  }
  rows.push_back(counts_row("Total", (*answer)->find("total")));
  call.ui.out("Period start: " + std::string(text_of((*answer)->find("start_time"))) + "\nPeriod end: " + std::string(text_of((*answer)->find("end_time"))) + "\n");
  call.ui.out(print_table(std::move(rows)));
  return success;
}

constexpr Flag flags[] = {
    {.name = "start-time", .help = "From when on: YYYY-MM, YYYY-MM-DD, RFC 3339 or seconds since 1970. By default what the server reports on by default."},
    {.name = "end-time", .help = "Until when, in the same forms."},
};
constexpr Example examples[] = {{"The clients of one quarter:", "operator usage -start-time=2024-01 -end-time=2024-03"}};

constexpr Command commands[] = {
    {.name = "operator usage", .summary = "Lists historical client counts", .arguments = "[options]",
     .text = "Shows how many clients a Vault server has counted, by namespace. Servers that count no clients say so.", .examples = examples, .flags = flags, .output = format, .run = usage},
};

}  // namespace

std::span<const Command> operator_usage_command() { return commands; }

}  // namespace sr::cli
