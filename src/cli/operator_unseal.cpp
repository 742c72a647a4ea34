// operator unseal, seal, step-down, members: one server's part in answering.
#include "cli/bare_answer.h"
#include "cli/commands.h"
#include "cli/go_text.h"
#include "cli/ordered_json.h"
#include "cli/seal_status.h"

namespace sr::cli {
namespace {

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
  const std::string body = "{\"key\":" + quoted_json(key) + ",\"reset\":false,\"migrate\":" + go_bool(call.flags.on("migrate")) + "}";
  const auto state = ask(call, {.method = "PUT", .path = "sys/unseal", .body = body});
  if (!state) return call.refused("Error unsealing", state.error());
  return show_seal(call, **state);
}

int seal(Call& call) {
  if (const auto sealed = tell(call, {.method = "PUT", .path = "sys/seal"}); !sealed) return call.refused("Error sealing", sealed.error());
  call.ui.out("Success! Vault is sealed.");
  return success;
}

int step_down(Call& call) {
  if (const auto done = tell(call, {.method = "PUT", .path = "sys/step-down"}); !done) return call.refused("Error stepping down", done.error());
  call.ui.out("Success! Stepped down: " + call.session().client().options().address);
  return success;
}

int members(Call& call) {
  const auto answer = ask(call, {.method = "GET", .path = "sys/ha-status"});
  if (!answer) return call.failed(answer.error().text);
  std::vector<Row> rows{{"Host Name", "API Address", "Cluster Address", "Active Node", "Version", "Upgrade Version", "Last Echo"}};
  std::string nodes;
  const json::Value* list = (*answer)->find("nodes");
  if (list != nullptr && list->is_array()) {
    for (const json::Value& node : list->items) {
      if (!node.is_object()) continue;
      const auto text = [&node](std::string_view key) { return text_of(node.find(key)); };
      const bool active = flag_of(node.find("active_node"));
      const std::string_view echo = text("last_echo");
      // A time without its fraction, as the table has it.
      const std::size_t fraction = std::min(echo.find('.'), echo.size());
      rows.push_back({std::string(text("hostname")), std::string(text("api_address")), std::string(text("cluster_address")), go_bool(active), std::string(text("version")),
                      std::string(text("upgrade_version")), std::string(echo.substr(0, fraction)) + (fraction < echo.size() ? "Z" : "")});
      OrderedObject one;
      one.put("hostname", text("hostname")).put("api_address", text("api_address")).put("cluster_address", text("cluster_address")).put("active_node", active);
      if (echo.empty()) one.put_raw("last_echo", "null");
      else one.put("last_echo", echo);
      for (const std::string_view key : {"version", "upgrade_version", "redundancy_zone"})
        if (!text(key).empty()) one.put(key, text(key));
      nodes.append(nodes.empty() ? "" : ",").append(one.text());
    }
  }
  return print_rows(call.ui, call.style, std::move(rows), "{\"Nodes\":[" + nodes + "]}");
}

constexpr Flag unseal_flags[] = {
    {.name = "reset", .type = FlagType::boolean, .help = "Forget the shares that were entered so far.", .standard = "false"},
    {.name = "migrate", .type = FlagType::boolean, .help = "The share is part of a move to another seal.", .standard = "false"},
};

constexpr Example unseal_examples[] = {
    {"Enter a share; it is not shown:", "operator unseal"},
    {"Begin again:", "operator unseal -reset"},
};
constexpr Example seal_examples[] = {{"Stop serving secrets at once; needs sudo:", "operator seal"}};
constexpr Example step_down_examples[] = {{"Let another server of the cluster lead; needs sudo:", "operator step-down"}};
constexpr Example members_examples[] = {{"Who is there, and who leads:", "operator members"}};

constexpr Command commands[] = {
    {.name = "operator unseal", .summary = "Unseals the server", .arguments = "[options] [KEY]",
     .text = "Enters a share of the root key. When enough different ones were entered, the server can read its storage. A share on the command line ends up in the shell's history.",
     .examples = unseal_examples, .flags = unseal_flags, .output = format, .arity = {0, 1, "1"}, .run = unseal},
    {.name = "operator seal", .summary = "Seals the server", .arguments = "[options]",
     .text = "Makes the server forget its root key. It answers nothing but requests for its status until it is unsealed.", .examples = seal_examples, .run = seal},
    {.name = "operator step-down", .summary = "Forces the server to resign active duty", .arguments = "[options]",
     .text = "Makes the active server of a cluster stand by for a while, so that another one takes over. A server that is alone goes on.", .examples = step_down_examples, .run = step_down},
    {.name = "operator members", .summary = "Returns the list of nodes in the cluster", .arguments = "[options]", .text = "Lists the servers of the cluster.", .examples = members_examples,
     .output = format, .run = members},
};

}  // namespace

std::span<const Command> operator_unseal_commands() { return commands; }

}  // namespace sr::cli
