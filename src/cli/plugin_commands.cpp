// plugin: what the server has built in. Nothing can be plugged in here; a Vault server's own plugins are listed, too.
#include "cli/call.h"
#include "cli/commands.h"
#include "cli/ordered_json.h"
#include "cli/table.h"

namespace sr::cli {
namespace {

int list(Call& call) {
  const std::string kind = call.args.empty() ? std::string() : trimmed(call.args[0]);
  if (!kind.empty() && kind != "auth" && kind != "database" && kind != "secret") return call.failed("Error parsing type: \"" + kind + "\" is not a supported plugin type");
  const MaybeAnswer answer = call.session().fetch("sys/plugins/catalog");
  if (!answer) return call.refused("Error listing available plugins", answer.error());
  if (!*answer || (*answer)->data == nullptr) return call.failed("No response from server when listing plugins");
  const bool all = call.flags.on("detailed");
  std::vector<Row> rows{all ? Row{"Name", "Type", "Version", "Deprecation Status"} : kind.empty() ? Row{"Name", "Type", "Version"} : Row{"Name", "Version"}};
  std::string details;
  const json::Value* listed = (*answer)->find("detailed");
  if (listed != nullptr && listed->is_array())
    for (const json::Value& plugin : listed->items) {
      if (!plugin.is_object()) continue;
      const auto text = [&plugin](std::string_view key) { return std::string(text_of(plugin.find(key))); };
      if (!kind.empty() && text("type") != kind) continue;
      details += (details.empty() ? "" : ",") + json::to_text(plugin);
      if (all) rows.push_back({text("name"), text("type"), text("version"), text("deprecation_status")});
      else if (kind.empty()) rows.push_back({text("name"), text("type"), text("version")});
      else rows.push_back({text("name"), text("version")});
    }
  if (call.table()) {
    call.ui.out(print_table(std::move(rows)));
    return success;
  }
  OrderedObject out;
  for (const std::string_view one : {"auth", "database", "secret"})
    if (const json::Value* names = kind.empty() || kind == one ? (*answer)->find(one) : nullptr) out.put_raw(one, json::to_text(*names));
  out.put_raw("details", "[" + details + "]");
  return print_json(call.ui, call.style, out.text());
}

constexpr Flag flags[] = {{.name = "detailed", .type = FlagType::boolean, .help = "Show whether each is deprecated, too.", .standard = "false"}};
constexpr Example examples[] = {
    {"All that there is:", "plugin list"},
    {"The auth methods alone:", "plugin list auth"},
};
constexpr Command commands[] = {
    {.name = "plugin", .summary = "Interact with plugins", .arguments = "<subcommand> [options] [args]", .text = "What a server has to be mounted.", .examples = examples},
    {.name = "plugin list", .summary = "Lists available plugins", .arguments = "[options] [TYPE]",
     .text = "Shows the secrets engines and auth methods that the server has, or those of one type: \"auth\", \"database\" or \"secret\".", .examples = examples, .flags = flags, .output = format,
     .arity = {0, 1, "0 or 1"}, .run = list},
};

}  // namespace

std::span<const Command> plugin_commands() { return commands; }

}  // namespace sr::cli
